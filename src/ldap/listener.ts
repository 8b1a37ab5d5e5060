// The LDAP listeners of one process: LDAP with StartTLS, and LDAPS (RFC 4511 section 5). Under node:cluster every worker
// opens them and the primary shares the ports out.
import { randomBytes } from 'node:crypto';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import type { Registry } from 'prom-client';
import { OperationError } from '../errors.ts';
import type { Log } from '../log.ts';
import { Connection, type Hub } from './connection.ts';
import { Connections } from './connections.ts';
import { supportedExtensions } from './extended.ts';
import { LdapMetrics } from './metrics.ts';
import { Outstanding } from './outstanding.ts';
import { createOwnEntries } from './own_entries.ts';
import { PageCookies } from './page_cookies.ts';
import { Selections } from './selections.ts';
import type { LdapPorts, LdapSettings } from './session.ts';
import { createStrangers, type Strangers } from './strangers.ts';
import { createTlsWrapper, type TlsMaterial } from './tls.ts';
import { Turns } from './turns.ts';
import { ANONYMOUS_LIMITS, DEFAULT_LIMITS } from './wire/decode_limits.ts';
import { RequestDecoder } from './wire/decode_request.ts';
import { ResponseWriter } from './wire/response_writer.ts';

export interface LdapListenerOptions {
  readonly ports: LdapPorts;
  readonly registry: Registry;
  readonly settings: LdapSettings;
  readonly host: string;
  readonly ldapPort: number; // 0: the system chooses
  readonly ldapsPort: number;
  /** Asked for each handshake; null: no StartTLS and no LDAPS. */
  readonly tls: (() => TlsMaterial) | null;
  /** False takes passwords in the clear from other machines. */
  readonly requireTls?: boolean;
  readonly vendorVersion: string;
  /** Milliseconds between two looks at idle, stalled and withdrawn sessions. */
  readonly sweepMs?: number;
}

export interface LdapListeners {
  /** `ldaps` is null without a certificate. */
  readonly ports: { readonly ldap: number; readonly ldaps: number | null };
  /** Connections open now. */
  readonly connections: number;
  /** Stops accepting, lets what is under way finish, says good-bye, cuts what is left at the deadline. */
  drain(deadlineMs: number): Promise<void>;
}

const SOCKETS = { noDelay: true, keepAlive: true, keepAliveInitialDelay: 60_000 };
const SWEEP_MS = 1_000;

/** Error: configuration, when a port cannot be had or the certificate is not usable. */
export async function openLdapListeners(options: LdapListenerOptions): Promise<LdapListeners> {
  const { ports, host, settings } = options;
  const strangers = createStrangers(ports.limits, settings);
  const connections = new Connections(ports.clock, strangers, settings.ldapMaxConnectionsAccount);
  const hub = createHub(options, connections, strangers);
  const prefix = `ldap-${randomBytes(6).toString('base64url')}`;
  let serial = 0;

  function accept(socket: Socket, tlsFromStart: boolean): void {
    hub.metrics.opened();
    socket.once('close', () => hub.metrics.closed());
    const { remoteAddress } = socket;
    if (remoteAddress === undefined || !admits(remoteAddress)) {
      hub.metrics.ended('refused');
      socket.destroy();
      return;
    }
    connections.add(new Connection(hub, `${prefix}-${++serial}`, socket, tlsFromStart));
  }

  function admits(address: string): boolean {
    strangers.accepted(address);
    return strangers.allows(address) && connections.makeRoom(address, settings.ldapMaxConnections);
  }

  const open = (port: number, setting: string, tlsFromStart: boolean): Promise<Server> =>
    listen(
      createServer(SOCKETS, (socket) => accept(socket, tlsFromStart)),
      host,
      port,
      setting,
      ports.log,
    );
  const ldap = await open(options.ldapPort, 'BAUHINIA_LDAP_PORT', false);
  let ldaps: Server | null = null;
  try {
    if (hub.wrapTls !== null) ldaps = await open(options.ldapsPort, 'BAUHINIA_LDAPS_PORT', true);
  } catch (error) {
    await close(ldap);
    throw error;
  }
  const forget = ports.readModel.onApplied((accounts) => connections.revalidate(accounts));
  const sweep = setInterval(() => connections.sweep(), options.sweepMs ?? SWEEP_MS);
  sweep.unref();

  return {
    ports: { ldap: portOf(ldap), ldaps: ldaps === null ? null : portOf(ldaps) },
    get connections() {
      return connections.size;
    },
    async drain(deadlineMs) {
      const closed = [ldap, ldaps].map((server) => (server === null ? undefined : close(server)));
      await connections.drain(deadlineMs);
      await Promise.all(closed);
      clearInterval(sweep);
      forget();
    },
  };
}

function createHub(options: LdapListenerOptions, connections: Connections, strangers: Strangers): Hub {
  const { ports, settings, tls } = options;
  const { schema } = ports.readModel;
  return {
    ...ports,
    settings,
    requireTls: options.requireTls ?? true,
    ownEntries: createOwnEntries(schema, {
      suffix: settings.suffix,
      supportedExtensions: supportedExtensions(tls !== null),
      vendorVersion: options.vendorVersion,
      startedAt: ports.clock.now(),
    }),
    pageCookies: new PageCookies(),
    selections: new Selections(schema),
    metrics: new LdapMetrics(options.registry),
    writer: new ResponseWriter(),
    decoder: new RequestDecoder(),
    decodeLimits: {
      bound: {
        ...DEFAULT_LIMITS,
        filterNodes: settings.ldapFilterNodes,
        assertionOctets: settings.ldapAssertionBytes,
      },
      anonymous: {
        ...ANONYMOUS_LIMITS,
        filterNodes: settings.ldapFilterNodesAnonymous,
        assertionOctets: settings.ldapAssertionBytesAnonymous,
      },
    },
    strangers,
    outstanding: new Outstanding(settings.ldapMaxOutstandingAccount),
    turns: new Turns(ports.clock),
    wrapTls: tls === null ? null : createTlsWrapper(tls, ports.log),
    bound: (connection, account) => connections.bound(connection, account),
    mustChange: (connection, account) => connections.mustChange(connection, account),
    closed: (connection) => connections.remove(connection),
  };
}

function listen(server: Server, host: string, port: number, setting: string, log: Log): Promise<Server> {
  return new Promise((resolve, reject) => {
    const refuse = (cause: NodeJS.ErrnoException): void => {
      const reason = cause.code === 'EADDRINUSE' ? 'is already in use' : `cannot be opened (${cause.code})`;
      reject(new OperationError('configuration', `${setting} ${port} ${reason} on ${host}`, { cause }));
    };
    server.once('error', refuse);
    server.listen({ host, port, backlog: 1024 }, () => {
      server.off('error', refuse);
      // Running out of file descriptors, mostly: those who are connected go on.
      server.on('error', (error) => log.error({ err: error }, 'an LDAP connection could not be accepted'));
      resolve(server);
    });
  });
}

function close(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
  });
}

function portOf(server: Server): number {
  return (server.address() as AddressInfo).port;
}
