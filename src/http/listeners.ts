// HTTP and HTTPS servers of one Koa application: strict time limits, and a close that lets requests in progress finish.
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

const timeouts = {
  headersTimeout: 10_000, // a slow head is an attack or a dead peer
  requestTimeout: 60_000, // whole request, body included
  keepAliveTimeout: 65_000, // longer than usual proxies keep theirs, so that they close first
  connectionsCheckingInterval: 5_000,
  maxHeaderSize: 16 * 1024,
};

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

/**
 * Sockets by whether a request is under way on them. Node's own closeIdleConnections leaves those alone on which nothing
 * was ever sent, and browsers open such in advance: each would hold a restart up until its deadline.
 */
function trackSockets(server: Server, event: 'connection' | 'secureConnection') {
  const requests = new Map<Socket, number>();
  let closing = false;
  server.on(event, (socket: Socket) => {
    requests.set(socket, 0);
    socket.once('close', () => requests.delete(socket));
  });
  server.on('request', ({ socket }: IncomingMessage, response: ServerResponse) => {
    requests.set(socket, (requests.get(socket) ?? 0) + 1);
    response.once('close', () => {
      const left = (requests.get(socket) ?? 1) - 1;
      if (requests.has(socket)) requests.set(socket, left); // gone, where the socket closed first
      if (closing && left === 0) socket.end();
    });
  });
  return {
    closeIdle() {
      closing = true;
      for (const [socket, underWay] of requests) if (underWay === 0) socket.destroy();
    },
  };
}

function listenerOf(server: Server, sockets: { closeIdle(): void }): WebListener {
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
        sockets.closeIdle();
      }),
  };
}

/**
 * Listens. `tls` makes it HTTPS (TLS 1.2 and later). Error: configuration, naming the `setting` that the port is of, when
 * it cannot be had.
 */
export function listenWeb(
  handler: RequestListener,
  options: { host: string; port: number; setting?: string; tls?: TlsMaterial },
): Promise<WebListener> {
  const { host, port, setting = 'port', tls } = options;
  const server =
    tls === undefined
      ? createServer(timeouts, handler)
      : createTlsServer({ ...timeouts, key: tls.key, cert: tls.certificate, minVersion: 'TLSv1.2' }, handler);
  server.maxHeadersCount = 100;
  const sockets = trackSockets(server, tls === undefined ? 'connection' : 'secureConnection');
  return new Promise((resolve, reject) => {
    server.once('error', (cause: NodeJS.ErrnoException) => {
      const reason = cause.code === 'EADDRINUSE' ? 'is already in use' : `cannot be opened (${cause.code})`;
      reject(new OperationError('configuration', `${setting} ${port} ${reason} on ${host}`, { cause }));
    });
    server.listen({ host, port }, () => resolve(listenerOf(server, sockets)));
  });
}
