// The octets of one connection: plain or TLS, never more of them waiting for a slow peer than a mark allows, and an end
// that lets the last words through before it cuts. Knows nothing of LDAP.
import type { Socket } from 'node:net';
import type { Clock } from '../clock.ts';

/** Whoever speaks over the stream. */
export interface StreamOwner {
  received(chunk: Buffer): void;
  /** The peer has read what clogged the stream. */
  drained(): void;
  /** The handshake is done. */
  secured(): void;
  /** Called once, when the socket is gone. */
  closed(): void;
}

export type Overdue = 'handshake' | 'stalled' | 'farewell';

const LIMIT_MS = { handshake: 10_000, stalled: 60_000, farewell: 5_000 } as const;

export class Stream {
  /** Empty when the peer was gone before it was accepted. */
  readonly address: string;
  readonly #clock: Clock;
  readonly #owner: StreamOwner;
  #socket: Socket;
  #state: 'handshake' | 'open' | 'closing' | 'closed' = 'open';
  #encrypted = false;
  #clogged = false;
  /** Clock.elapsed() at which it began to shake hands, clogged, or began to close. */
  #since: number;

  constructor(socket: Socket, clock: Clock, owner: StreamOwner) {
    this.address = socket.remoteAddress ?? '';
    this.#clock = clock;
    this.#owner = owner;
    this.#socket = socket;
    this.#since = clock.elapsed();
    this.#listen();
  }

  /** True while octets may be exchanged. */
  get isOpen(): boolean {
    return this.#state === 'open';
  }

  get isClosed(): boolean {
    return this.#state === 'closed';
  }

  get encrypted(): boolean {
    return this.#encrypted;
  }

  /** True from a `send` that passed the mark until the peer has read everything. */
  get clogged(): boolean {
    return this.#clogged;
  }

  /** Octets that wait for the peer to read. */
  get backlog(): number {
    return this.#socket.writableLength;
  }

  /** Sends; returns true when this clogged the stream: `highWater` octets or more are waiting now. */
  send(octets: Buffer, highWater: number): boolean {
    if (this.#state !== 'open' || this.#socket.destroyed) return false;
    // A small view would keep the whole slab it lies in: what has to wait is copied.
    const waits = this.#socket.writableLength > 0;
    if (this.#socket.write(waits ? Buffer.from(octets) : octets) || this.#clogged) return false;
    if (this.#socket.writableLength < highWater) return false;
    this.#clogged = true;
    this.#since = this.#clock.elapsed();
    return true;
  }

  pause(): void {
    if (this.#state === 'open') this.#socket.pause();
  }

  resume(): void {
    if (this.#state === 'open') this.#socket.resume();
  }

  /** From here on the peer speaks TLS; `secured` follows, or the end. */
  beginTls(wrap: (socket: Socket) => Socket): void {
    if (this.#state !== 'open') return;
    const plain = this.#socket;
    plain.off('data', this.#received).off('drain', this.#drained).off('close', this.#closed);
    this.#state = 'handshake';
    this.#since = this.#clock.elapsed();
    this.#socket = wrap(plain);
    this.#listen();
    this.#socket.once('secure', () => {
      if (this.#state !== 'handshake') return;
      this.#state = 'open';
      this.#encrypted = true;
      this.#owner.secured();
    });
  }

  /** Ends once what was sent has gone out; what still comes is dropped. */
  close(): void {
    if (this.#state === 'closing' || this.#state === 'closed') return;
    const shaking = this.#state === 'handshake';
    this.#state = 'closing';
    this.#since = this.#clock.elapsed();
    if (shaking) {
      this.#socket.destroy();
      return;
    }
    this.#socket.end();
    this.#socket.resume(); // without reading, the peer's own end would never be seen
  }

  destroy(): void {
    this.#socket.destroy();
  }

  /** What has taken too long; null when nothing has. */
  overdue(now: number): Overdue | null {
    const phase = this.#phase();
    return phase !== null && now - this.#since > LIMIT_MS[phase] ? phase : null;
  }

  #phase(): Overdue | null {
    if (this.#state === 'closing') return 'farewell';
    if (this.#state === 'handshake') return 'handshake';
    return this.#clogged ? 'stalled' : null;
  }

  #listen(): void {
    const socket = this.#socket;
    socket.on('data', this.#received);
    socket.on('drain', this.#drained);
    socket.on('close', this.#closed);
    // Resets and broken TLS: 'close' follows, and there is nobody left to tell.
    socket.on('error', () => undefined);
  }

  readonly #received = (chunk: Buffer): void => {
    if (this.#state === 'open') this.#owner.received(chunk);
  };

  readonly #drained = (): void => {
    if (!this.#clogged) return;
    this.#clogged = false;
    if (this.#state === 'open') this.#owner.drained();
  };

  readonly #closed = (): void => {
    if (this.#state === 'closed') return;
    this.#state = 'closed';
    this.#owner.closed();
  };
}
