// TLS of the LDAP face (RFC 4511 4.14, RFC 4513 section 3): LDAPS and StartTLS are the same from the handshake on.
import type { Socket } from 'node:net';
import { createSecureContext, type SecureContext, TLSSocket } from 'node:tls';
import { OperationError } from '../errors.ts';
import type { Log } from '../log.ts';

export interface TlsMaterial {
  readonly key: string; // PEM
  readonly certificate: string; // PEM chain, leaf first
}

/**
 * Wraps sockets under the certificate that `material` gives at that moment, so that a renewed one serves new connections
 * without a restart. A renewed pair that is not usable is logged, and the one before it goes on serving.
 * Error: configuration, when the first one is not usable.
 */
export function createTlsWrapper(material: () => TlsMaterial, log: Log): (socket: Socket) => TLSSocket {
  let current = material();
  let secureContext: SecureContext;
  try {
    secureContext = contextOf(current);
  } catch (cause) {
    const detail = 'the key and certificate for LDAP over TLS are not usable';
    throw new OperationError('configuration', detail, { cause });
  }
  return (socket) => {
    const next = material();
    if (next.key !== current.key || next.certificate !== current.certificate) {
      current = next;
      try {
        secureContext = contextOf(next);
      } catch (error) {
        log.error(
          { err: error },
          'the renewed certificate for LDAP is not usable; the last one goes on serving',
        );
      }
    }
    return new TLSSocket(socket, { isServer: true, secureContext });
  };
}

function contextOf({ key, certificate }: TlsMaterial): SecureContext {
  return createSecureContext({ key, cert: certificate, minVersion: 'TLSv1.2', honorCipherOrder: true });
}
