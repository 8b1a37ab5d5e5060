// The attacker that sends octets: connections from given addresses, on each of them first a prologue (such as a bind),
// then requests at a fixed pace over all of them. It never has more than `unread` octets on the way on one connection,
// and is bounded by `most` requests in one period.
import { connect, type Socket } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { type AttackCounts, type Period, runAttacker } from './attacker.ts';

export interface FloodOptions {
  port: number;
  /** Source addresses, dealt out to the connections in turn. */
  addresses: string[];
  connections: number;
  /** Sent on each connection, dealt out in turn; the answer is awaited. Empty: nothing is sent first. */
  prologues: Uint8Array[];
  /** Sent in turn. Empty: the connections are only held. */
  requests: Uint8Array[];
  perSecond: number;
  /** Requests in one period, at most. */
  most: number;
  /** A new connection for each request, which takes the place of the one that is oldest. */
  reconnect?: boolean;
  /** False: answers are left unread. */
  reads?: boolean;
}

const unread = 256 * 1024;
const tickMs = 10;
/** Connections opened in one tick: 5,000 a second. */
const openedAtOnce = 50;

class Flood implements Period {
  readonly #options: FloodOptions;
  readonly #sockets: Socket[] = [];
  readonly #timer: NodeJS.Timeout;
  readonly #counts = { sent: 0, opened: 0, cut: 0, octets: 0 };
  #due = 0;
  #next = 0;

  constructor(options: FloodOptions) {
    this.#options = options;
    this.#timer = setInterval(() => this.#tick(), tickMs);
  }

  async open(): Promise<void> {
    const opening: Promise<void>[] = [];
    for (let place = 0; place < this.#options.connections; place++) {
      opening.push(this.#open(place));
      if (place % openedAtOnce === openedAtOnce - 1) await pause(tickMs);
    }
    await Promise.all(opening);
  }

  /** Resolves when the prologue was answered, or the connection is gone. */
  #open(place: number): Promise<void> {
    const { port, addresses, prologues, reads } = this.#options;
    this.#counts.opened++;
    const address = addresses[this.#counts.opened % addresses.length] ?? '127.0.66.1';
    const socket = connect({ port, host: '127.0.0.1', localAddress: address });
    this.#sockets[place] = socket;
    socket.setNoDelay(true);
    if (reads === false) socket.pause();
    const prologue = prologues[place % Math.max(1, prologues.length)];
    if (prologue !== undefined) socket.write(prologue);
    return new Promise((resolve) => {
      if (prologue === undefined || reads === false) socket.on('connect', resolve);
      socket.on('data', (chunk: Buffer) => {
        this.#counts.octets += chunk.length;
        resolve();
      });
      socket.on('error', () => undefined); // resets are what it asks for
      socket.on('close', () => {
        if (this.#sockets[place] === socket) this.#counts.cut++;
        resolve();
      });
    });
  }

  #tick(): void {
    const { requests, perSecond, most, reconnect, connections } = this.#options;
    if (requests.length === 0) return;
    this.#due = Math.min(this.#due + (perSecond * tickMs) / 1000, perSecond);
    for (let tries = 0; this.#due >= 1 && tries < connections * 2; tries++) {
      if (this.#counts.sent >= most) return;
      const place = this.#next++ % connections;
      if (this.#send(place, requests[this.#counts.sent % requests.length], reconnect === true)) this.#due--;
    }
  }

  #send(place: number, request: Uint8Array | undefined, reconnect: boolean): boolean {
    let socket = this.#sockets[place];
    if (request === undefined) return false;
    if (reconnect || socket === undefined || socket.destroyed) {
      const before = socket;
      this.#open(place).catch(() => undefined); // resolves always
      before?.destroy();
      socket = this.#sockets[place];
      if (!reconnect) return false;
    }
    if (socket === undefined || socket.writableLength > unread) return false;
    socket.write(request);
    this.#counts.sent++;
    return true;
  }

  stop(): AttackCounts {
    clearInterval(this.#timer);
    for (const socket of this.#sockets) socket.destroy();
    return { ...this.#counts };
  }
}

runAttacker<FloodOptions>(async (options) => {
  const flood = new Flood(options);
  await flood.open();
  return flood;
});
