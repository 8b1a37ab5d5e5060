// TLS of the LDAP face (RFC 4511 4.14, RFC 4513 section 3): LDAPS and StartTLS are the same from the handshake on.
import type { Socket } from 'node:net';
import { createSecureContext, type SecureContext, TLSSocket } from 'node:tls';
import { OperationError } from '../errors.ts';

export interface TlsMaterial {
  readonly key: string; // PEM
  readonly certificate: string; // PEM chain, leaf first
}

/**
 * Wraps sockets under the certificate that `material` gives at that moment, so that a renewed one serves new connections
 * without a restart. Error: configuration, when the first one is no usable pair.
 */
export function createTlsWrapper(material: () => TlsMaterial): (socket: Socket) => TLSSocket {
  let made: { material: TlsMaterial; context: SecureContext } | null = null;
  const contextOf = (next: TlsMaterial): SecureContext => {
    if (made?.material.key === next.key && made.material.certificate === next.certificate)
      return made.context;
    const context = createSecureContext({
      key: next.key,
      cert: next.certificate,
      minVersion: 'TLSv1.2',
      honorCipherOrder: true,
    });
    made = { material: next, context };
    return context;
  };
  try {
    contextOf(material());
  } catch (cause) {
    throw new OperationError('configuration', 'the key and certificate for LDAP over TLS are not usable', {
      cause,
    });
  }
  return (socket) => new TLSSocket(socket, { isServer: true, secureContext: contextOf(material()) });
}
