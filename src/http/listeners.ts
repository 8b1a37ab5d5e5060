// HTTP and HTTPS servers of one Koa application: strict time limits, bounded connections, and a close that lets requests in
// progress finish.
import {
  createServer,
  type IncomingMessage,
  type RequestListener,
  type Server,
  type ServerResponse,
} from 'node:http';
import { createServer as createTlsServer, Server as TlsServer } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import { OperationError } from '../errors.ts';
import type { WebConnection, WebConnections } from './connections.ts';

const handshakeTimeout = 10_000; // a slow handshake or head is an attack or a dead peer
const timeouts = {
  headersTimeout: 10_000, // from the connection on, or from the first octet of a later request
  requestTimeout: 30_000, // whole request: our largest body is 64 KiB
  keepAliveTimeout: 65_000, // longer than usual proxies keep theirs, so that they close first
  connectionsCheckingInterval: 2_000,
  maxHeaderSize: 16 * 1024,
};
/** Nothing was sent or received for so long: a client that does not read its answer. */
const silenceTimeout = 60_000;
const maxHeadersCount = 100;

export interface WebListener {
  readonly port: number;
  /** Shows another certificate from the next handshake on; nothing to do without TLS. */
  renew(tls: TlsMaterial): void;
  /** Stops accepting, closes idle connections, waits for requests in progress until the deadline, then cuts. */
  close(deadlineMs: number): Promise<void>;
}

export interface TlsMaterial {
  key: string; // PEM
  certificate: string; // PEM chain, leaf first
}

/** The ends of a TCP connection, which TLS shares with the socket below it. */
function endsOf({ remoteAddress, remotePort, localAddress, localPort }: Socket): string {
  return `${remoteAddress} ${remotePort} ${localAddress} ${localPort}`;
}

/**
 * Connections of this server by whether a request is under way on them. Node's own closeIdleConnections leaves those alone
 * on which nothing was ever sent, and browsers open such in advance: each would hold a restart up until its deadline.
 */
function trackConnections(server: Server, connections: WebConnections) {
  const open = new Set<WebConnection>();
  const inHandshake = new Map<string, WebConnection>();
  const bySocket = new WeakMap<Socket, WebConnection>();
  let closing = false;
  server.on('connection', (socket: Socket) => {
    const connection = connections.admit(socket);
    if (connection === null) return;
    const ends = endsOf(socket);
    open.add(connection);
    bySocket.set(socket, connection);
    if (server instanceof TlsServer) inHandshake.set(ends, connection);
    socket.once('close', () => {
      open.delete(connection);
      if (inHandshake.get(ends) === connection) inHandshake.delete(ends);
    });
  });
  server.on('secureConnection', (socket: Socket) => {
    const ends = endsOf(socket);
    const connection = inHandshake.get(ends);
    inHandshake.delete(ends);
    if (connection === undefined)
      socket.destroy(); // it was closed meanwhile
    else bySocket.set(socket, connection);
  });
  server.on('request', ({ socket }: IncomingMessage, response: ServerResponse) => {
    const connection = bySocket.get(socket);
    if (connection === undefined) return;
    connections.begin(connection, response);
    response.once('close', () => {
      connections.end(connection, response);
      if (closing && connection.requests.size === 0) socket.end();
    });
  });
  return {
    closeIdle() {
      closing = true;
      for (const { requests, socket } of open) if (requests.size === 0) socket.destroy();
    },
  };
}

function listenerOf(server: Server, tracked: { closeIdle(): void }): WebListener {
  return {
    port: (server.address() as AddressInfo).port,
    renew: ({ key, certificate }) => {
      if (server instanceof TlsServer)
        server.setSecureContext({ key, cert: certificate, minVersion: 'TLSv1.2' });
    },
    close: (deadlineMs) =>
      new Promise((resolve) => {
        const cut = setTimeout(() => server.closeAllConnections(), deadlineMs);
        server.close(() => {
          clearTimeout(cut);
          resolve();
        });
        tracked.closeIdle();
      }),
  };
}

/**
 * Listens. `tls` makes it HTTPS (TLS 1.2 and later). Error: configuration, naming the `setting` that the port is of, when
 * it cannot be had.
 */
export function listenWeb(
  handler: RequestListener,
  options: {
    host: string;
    port: number;
    /** One for all listeners of a process. */
    connections: WebConnections;
    setting?: string;
    tls?: TlsMaterial;
  },
): Promise<WebListener> {
  const { host, port, connections, setting = 'port', tls } = options;
  const server =
    tls === undefined
      ? createServer(timeouts, handler)
      : createTlsServer(
          { ...timeouts, handshakeTimeout, key: tls.key, cert: tls.certificate, minVersion: 'TLSv1.2' },
          handler,
        );
  server.maxHeadersCount = maxHeadersCount;
  server.timeout = silenceTimeout;
  const tracked = trackConnections(server, connections);
  return new Promise((resolve, reject) => {
    server.on('error', (cause: NodeJS.ErrnoException) => {
      const reason = cause.code === 'EADDRINUSE' ? 'is already in use' : `cannot be opened (${cause.code})`;
      reject(new OperationError('configuration', `${setting} ${port} ${reason} on ${host}`, { cause }));
    });
    server.listen({ host, port }, () => resolve(listenerOf(server, tracked)));
  });
}
