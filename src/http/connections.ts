// Connections of a process's web listeners, HTTP and HTTPS together: bounded by address on all workers of the node, and in
// all for this process. Whoever is connected without being answered (a handshake or a head that is not finished, a body
// that does not come, an answer that is not read, the time between two requests) makes room, the longest quiet first.
import type { ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { addressKey } from '../limits/address.ts';
import type { LevelLimit, Limits } from '../limits/limits.ts';

export interface WebConnectionRules {
  /** Connections of this process. */
  readonly most: number;
  /** Of one address (IPv6: one /64 network), on all workers of the node. */
  readonly mostOfAddress: number;
  /** Holds connections for everybody, as many as there are. */
  readonly isProxy: (address: string) => boolean;
}

/** Connections that are asked whether they are being answered, when one has to go. */
const mostLookedAt = 256;

export class WebConnection {
  readonly socket: Socket;
  readonly group: string;
  readonly leave: () => void;
  /** Requests whose head has come and whose answer is not sent. */
  readonly requests = new Set<ServerResponse>();

  /** `socket` is below TLS. */
  constructor(socket: Socket, group: string, leave: () => void) {
    this.socket = socket;
    this.group = group;
    this.leave = leave;
  }

  /** A whole request waits for our answer: it is not the client that keeps the connection waiting. */
  get isBeingAnswered(): boolean {
    for (const response of this.requests) if (response.req.complete && !response.writableEnded) return true;
    return false;
  }
}

export class WebConnections {
  readonly #rules: WebConnectionRules;
  readonly #places: LevelLimit;
  /** The longest quiet first; so are those of each address. */
  readonly #all = new Set<WebConnection>();
  readonly #byAddress = new Map<string, Set<WebConnection>>();

  constructor(limits: Limits, rules: WebConnectionRules) {
    this.#rules = rules;
    this.#places = limits.level('web connections', rules.mostOfAddress);
  }

  get size(): number {
    return this.#all.size;
  }

  /** Takes the socket in, where need be in another's place. Null: there is no place, and the socket is closed. */
  admit(socket: Socket): WebConnection | null {
    const address = socket.remoteAddress; // undefined: gone already
    const leave = address === undefined ? null : this.#enter(address);
    if (address === undefined || leave === null) {
      socket.destroy();
      return null;
    }
    if (this.#all.size >= this.#rules.most && !this.#dropQuietest(this.#all)) {
      leave();
      socket.destroy();
      return null;
    }
    const connection = new WebConnection(socket, addressKey(address), leave);
    this.#all.add(connection);
    const group = this.#byAddress.get(connection.group) ?? new Set();
    this.#byAddress.set(connection.group, group.add(connection));
    socket.once('close', () => this.#remove(connection));
    return connection;
  }

  begin(connection: WebConnection, response: ServerResponse): void {
    connection.requests.add(response);
  }

  /** The answer is sent, or will never be: the connection is quiet from now on. */
  end(connection: WebConnection, response: ServerResponse): void {
    connection.requests.delete(response);
    const group = this.#byAddress.get(connection.group);
    if (group === undefined || !this.#all.delete(connection)) return;
    this.#all.add(connection);
    group.delete(connection);
    group.add(connection);
  }

  #enter(address: string): (() => void) | null {
    if (this.#rules.isProxy(address)) return () => undefined;
    const place = this.#places.enter(address);
    if (place !== null) return place;
    const own = this.#byAddress.get(addressKey(address));
    return own !== undefined && this.#dropQuietest(own) ? this.#places.enter(address) : null;
  }

  /** False where everybody who is looked at is being answered. */
  #dropQuietest(quietestFirst: Iterable<WebConnection>): boolean {
    let looked = 0;
    for (const connection of quietestFirst) {
      if (!connection.isBeingAnswered) {
        connection.socket.destroy();
        this.#remove(connection);
        return true;
      }
      if (++looked >= mostLookedAt) return false;
    }
    return false;
  }

  #remove(connection: WebConnection): void {
    if (!this.#all.delete(connection)) return;
    connection.leave();
    const group = this.#byAddress.get(connection.group);
    group?.delete(connection);
    if (group?.size === 0) this.#byAddress.delete(connection.group);
  }
}
