// One connection's life (RFC 4511 section 5): octets in, requests in order, one write for everything that a burst of them
// is answered. Reading stops while answers cannot be sent, while a bind is under way and when others must have their turn.
import type { Socket } from 'node:net';
import type { AuditAct } from '../audit/event.ts';
import { auditEvent } from '../audit/event.ts';
import type { Visibility } from '../directory/access.ts';
import { anonymous, type Identity } from '../directory/identity.ts';
import { isOperationError } from '../errors.ts';
import { type Answer, answer } from './answer.ts';
import type { ConnectionEnd } from './metrics.ts';
import { type Host, perform } from './operations.ts';
import { RESULT_CODE, RESULT_CODE_OF } from './result_code.ts';
import type { Service } from './session.ts';
import type { Turn, Turns } from './turns.ts';
import { UnderWay } from './under_way.ts';
import type { RequestDecoder } from './wire/decode_request.ts';
import { MessageFramer } from './wire/framing.ts';
import { RESPONSE_OF, type RequestMessage, type RequestOperation } from './wire/message.ts';
import { RESPONSE_TAG, type ResultTag } from './wire/tag.ts';

type Kind = RequestOperation['kind'];

/** What the listener lends to each of its connections. */
export interface Hub extends Service {
  readonly decoder: RequestDecoder;
  readonly turns: Turns;
  /** Wraps a socket that TLS begins on now; null when there is no certificate. */
  readonly wrapTls: ((socket: Socket) => Socket) | null;
  /** The session is bound as `account` (null: as nobody) from now on. */
  bound(connection: Connection, account: string | null): void;
  closed(connection: Connection): void;
}

/** Octets waiting for the peer beyond which nothing more is made for it; less for those nobody knows. */
const HIGH_WATER = 256 * 1024;
const HIGH_WATER_ANONYMOUS = 64 * 1024;
/** A burst's answers are sent when they reach this, not only at its end. */
const BURST = 64 * 1024;
/** How long one burst of requests may keep others waiting, in milliseconds. */
const BURST_MS = 4;
const CHECK_EVERY = 8; // requests between two looks at the clock

const STALLED_MS = 60_000;
const HANDSHAKE_MS = 10_000;
const LINGER_MS = 5_000;

export class Connection implements Host {
  readonly service: Hub;
  readonly id: string;
  readonly address: string;
  readonly underWay = new UnderWay();
  readonly #onLoopback: boolean;
  readonly #framer: MessageFramer;
  #socket: Socket;
  #encrypted: boolean;
  #identity: Identity;
  #visibility: Visibility;
  #provedAt: Date;
  #holds = 0;
  #clogged = false;
  /** Clock.elapsed() of the state it is in: when it began to shake hands, clogged, or began to close. */
  #since: number;
  #state: 'handshake' | 'open' | 'closing' | 'closed' = 'open';
  #lastRequest: number;
  #waiting: Turn[] = [];
  #deferredBind: RequestMessage | null = null;
  #startingTls = false;
  #endWhenIdle = false;

  constructor(hub: Hub, id: string, socket: Socket, tlsFromStart: boolean) {
    this.service = hub;
    this.id = id;
    this.address = socket.remoteAddress ?? '';
    this.#onLoopback = /^(::ffff:)?127\.|^::1$/.test(this.address);
    this.#framer = new MessageFramer(hub.settings.ldapMaxMessageAnonymous);
    this.#encrypted = false;
    this.#provedAt = hub.clock.now();
    this.#identity = anonymous('ldap', this.address);
    this.#visibility = hub.visibilityOf(this.#identity);
    this.#since = hub.clock.elapsed();
    this.#lastRequest = this.#since;
    this.#socket = socket;
    this.#listen(socket);
    if (tlsFromStart) this.#beginTls();
  }

  get encrypted(): boolean {
    return this.#encrypted;
  }

  get confidential(): boolean {
    return this.#encrypted || this.#onLoopback || !this.service.requireTls;
  }

  get identity(): Identity {
    return this.#identity;
  }

  get visibility(): Visibility {
    return this.#visibility;
  }

  get clogged(): boolean {
    return this.#clogged;
  }

  get offersTls(): boolean {
    return this.service.wrapTls !== null;
  }

  /** Octets that wait for the peer to read. */
  get backlog(): number {
    return this.#socket.writableLength;
  }

  // --- what operations do

  become(identity: Identity | null, provedAt: Date): void {
    const { settings, visibilityOf } = this.service;
    const next = identity ?? anonymous('ldap', this.address);
    this.#identity = next;
    this.#visibility = visibilityOf(next);
    this.#provedAt = provedAt;
    this.#framer.maximum = identity === null ? settings.ldapMaxMessageAnonymous : settings.ldapMaxMessage;
    if (this.#state !== 'closed') this.service.bound(this, next.account);
  }

  startTls(): boolean {
    if (this.#framer.pending > 0) {
      // Whoever can put requests behind StartTLS in the clear could have them done as if they came through TLS.
      this.disconnect('protocol', RESULT_CODE.protocolError, 'requests must not follow StartTLS before TLS');
      return false;
    }
    this.#startingTls = true;
    this.hold();
    return true;
  }

  record(messageId: number, act: AuditAct): void {
    const { audit, clock } = this.service;
    audit.record(auditEvent(this.#identity, clock.now(), `${this.id}/${messageId}`, act));
  }

  answer(messageId: number, kind: Kind, result: Answer): void {
    const tag: ResultTag | null = RESPONSE_OF[kind];
    if (tag === null || this.#state !== 'open') return;
    const { writer } = this.service;
    if (tag === RESPONSE_TAG.extended && result.response !== undefined)
      writer.extendedResponse(messageId, result, result.response, result.controls);
    else writer.result(messageId, tag, result, result.controls);
  }

  finish(messageId: number, kind: Kind, result: Answer, started: number): void {
    const { clock, metrics } = this.service;
    this.underWay.remove(messageId);
    this.answer(messageId, kind, result);
    metrics.operation(kind, result.resultCode, clock.elapsed() - started);
    if (result.resultCode === RESULT_CODE.insufficientAccessRights && this.#identity.account !== null) {
      const reason = result.diagnosticMessage;
      this.record(messageId, { act: 'access.refused', action: kind, object: null, reason });
    }
    if (this.underWay.size === 0) this.#becomeIdle();
  }

  goOn(turn: Turn): void {
    if (this.#clogged) this.#waiting.push(turn);
    else this.service.turns.enqueue(turn);
  }

  unbind(): void {
    this.#close();
  }

  // --- octets

  #listen(socket: Socket): void {
    socket.on('data', this.#receive);
    socket.on('drain', this.#drained);
    socket.on('close', this.#closed);
    // Resets and broken TLS: 'close' follows, and there is nobody left to tell.
    socket.on('error', () => undefined);
  }

  readonly #receive = (chunk: Buffer): void => {
    if (this.#state !== 'open') return;
    this.#framer.push(chunk);
    if (this.#holds === 0) this.#process();
  };

  #process(): void {
    const { clock, writer, turns } = this.service;
    const began = clock.elapsed();
    try {
      for (let handled = 1; this.#holds === 0 && this.#state === 'open'; handled++) {
        const octets = this.#framer.next();
        if (octets === null) break;
        this.#lastRequest = began;
        this.#handle(octets);
        if (writer.size >= BURST) this.flush();
        const late = handled % CHECK_EVERY === 0 && clock.elapsed() - began >= BURST_MS;
        if (late && this.#framer.pending > 0) {
          this.hold();
          turns.enqueue(this.#nextBurst);
        }
      }
    } catch (error) {
      this.#refuseStream(error);
    }
    this.flush();
    if (this.#startingTls) this.#beginTls();
  }

  readonly #nextBurst: Turn = {
    turn: () => {
      this.release();
      return false;
    },
  };

  #handle(octets: Buffer): void {
    const message = this.service.decoder.decode(octets);
    if (this.underWay.has(message.messageId)) {
      const text = `message ${message.messageId} is still under way`;
      this.disconnect('protocol', RESULT_CODE.protocolError, text);
    } else if (message.kind === 'malformed') {
      const { messageId, responseTag, refusal } = message;
      if (responseTag !== null) {
        this.service.writer.result(
          messageId,
          responseTag,
          answer(RESULT_CODE_OF[refusal.code], refusal.detail),
        );
      }
    } else if (message.operation.kind === 'bind' && this.underWay.size > 0) {
      // RFC 4511 4.2.1: what was begun before a bind is done before it. Its views of the chunk stay valid.
      this.#deferredBind = message;
      this.hold();
    } else {
      perform(this, message);
    }
  }

  /** The stream has no known position any more (RFC 4511 4.1.1), or a fault of ours left it in between. */
  #refuseStream(error: unknown): void {
    if (isOperationError(error)) {
      this.disconnect('protocol', RESULT_CODE_OF[error.code], error.detail);
    } else {
      this.service.log.error({ err: error, connection: this.id }, 'an LDAP connection failed by a fault');
      this.disconnect('protocol', RESULT_CODE.other, 'an internal error occurred');
    }
  }

  flush(): void {
    const { writer } = this.service;
    if (writer.size === 0) return;
    const octets = writer.take();
    if (this.#state === 'closed' || this.#socket.destroyed) return;
    // A small view would keep the whole slab it lies in: what has to wait is copied.
    const waits = this.#socket.writableLength > 0;
    const sent = this.#socket.write(waits ? Buffer.from(octets) : octets);
    if (sent || this.#clogged || this.#state !== 'open') return;
    const highWater = this.#identity.account === null ? HIGH_WATER_ANONYMOUS : HIGH_WATER;
    if (this.#socket.writableLength < highWater) return;
    this.#clogged = true;
    this.#since = this.service.clock.elapsed();
    this.hold();
  }

  readonly #drained = (): void => {
    if (!this.#clogged) return;
    this.#clogged = false;
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const turn of waiting) this.service.turns.enqueue(turn);
    this.release();
  };

  hold(): void {
    this.#holds += 1;
    if (this.#holds === 1 && this.#state === 'open') this.#socket.pause();
  }

  release(): void {
    this.#holds -= 1;
    if (this.#holds > 0 || this.#state !== 'open') return;
    this.#process();
    if (this.#holds === 0 && this.#state === 'open') this.#socket.resume();
  }

  #becomeIdle(): void {
    const bind = this.#deferredBind;
    this.#deferredBind = null;
    if (bind !== null) {
      perform(this, bind);
      // Not before the caller is done: the answer that made it idle is still to be sent.
      this.service.turns.enqueue(this.#nextBurst);
    } else if (this.#endWhenIdle) {
      this.disconnect(null, RESULT_CODE.unavailable, 'the server is going down');
    }
  }

  // --- TLS

  #beginTls(): void {
    const { wrapTls, clock } = this.service;
    const plain = this.#socket;
    if (wrapTls === null || this.#state !== 'open') return;
    plain.off('data', this.#receive).off('drain', this.#drained).off('close', this.#closed);
    const secured = wrapTls(plain);
    this.#socket = secured;
    this.#since = clock.elapsed();
    this.#state = 'handshake';
    this.#listen(secured);
    secured.once('secure', () => {
      if (this.#state !== 'handshake') return;
      this.#state = 'open';
      this.#encrypted = true;
      if (!this.#startingTls) return;
      this.#startingTls = false;
      this.release();
    });
  }

  // --- the end

  /** A notice of disconnection (RFC 4511 4.4.1), and the end. `reason` is counted; null is an orderly stop. */
  disconnect(reason: ConnectionEnd | null, resultCode: number, text: string): void {
    if (this.#state === 'open') {
      this.service.writer.noticeOfDisconnection(resultCode, text);
      this.flush();
    }
    if (reason !== null) this.service.metrics.ended(reason);
    this.#close();
  }

  /** Ends when what is under way has been answered. */
  endWhenIdle(): void {
    this.#endWhenIdle = true;
    if (this.underWay.size === 0) this.disconnect(null, RESULT_CODE.unavailable, 'the server is going down');
  }

  /** Ends now, whatever waits to be sent. */
  destroy(reason: ConnectionEnd | null): void {
    if (reason !== null) this.service.metrics.ended(reason);
    this.#socket.destroy();
  }

  #close(): void {
    if (this.#state === 'closing' || this.#state === 'closed') return;
    if (this.#state === 'handshake') {
      this.#socket.destroy();
      return;
    }
    this.#state = 'closing';
    this.#since = this.service.clock.elapsed();
    this.#forget();
    this.#socket.end();
    this.#socket.resume(); // what still comes is dropped; without reading, the peer's end would never be seen
  }

  #forget(): void {
    this.underWay.stopAll();
    this.#waiting = [];
    this.#deferredBind = null;
    this.service.bound(this, null);
  }

  readonly #closed = (): void => {
    if (this.#state === 'closed') return;
    this.#state = 'closed';
    this.#forget();
    this.service.closed(this);
  };

  // --- what the sweep asks

  /** Ends what has been idle, stalled, shaking hands or closing for too long. */
  checkTimes(now: number): void {
    const { ldapIdleSeconds, ldapIdleSecondsAnonymous } = this.service.settings;
    const inState = now - this.#since;
    if (this.#state === 'closing' && inState > LINGER_MS) this.destroy(null);
    else if (this.#state === 'handshake' && inState > HANDSHAKE_MS) this.destroy('handshake');
    else if (this.#clogged && inState > STALLED_MS) this.destroy('stalled');
    else if (this.#state === 'open' && !this.#clogged && this.underWay.size === 0) {
      const allowed = this.#identity.account === null ? ldapIdleSecondsAnonymous : ldapIdleSeconds;
      if (now - this.#lastRequest <= allowed * 1000) return;
      this.service.metrics.ended('idle');
      this.#close();
    }
  }

  /** Ends a session whose account may not go on; otherwise what it may see follows what is true now. */
  revalidate(): void {
    const { account } = this.#identity;
    if (account === null || this.#state !== 'open') return;
    const proved = { at: this.#provedAt, origin: 'ldap', address: this.address } as const;
    const identity = this.service.authenticator.current(account, proved);
    if (identity !== undefined) this.become(identity, this.#provedAt);
    else this.disconnect('withdrawn', RESULT_CODE.strongerAuthRequired, 'the account may not go on');
  }
}
