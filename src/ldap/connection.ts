// One connection as a session (RFC 4511 sections 3.1 and 5): requests in order, one write for everything that a burst of
// them is answered. Reading stops while answers cannot be sent, while a bind is under way and when others must have their
// turn.
import type { Socket } from 'node:net';
import { type AuditAct, auditEvent } from '../audit/event.ts';
import type { Visibility } from '../directory/access.ts';
import { anonymous, type Identity } from '../directory/identity.ts';
import { isOperationError } from '../errors.ts';
import { addressKey } from '../limits/address.ts';
import { type Answer, answer } from './answer.ts';
import type { ConnectionEnd } from './metrics.ts';
import { type Host, perform } from './operations.ts';
import type { Outstanding } from './outstanding.ts';
import { provesAnew } from './password_modify.ts';
import { OpenWalks } from './readings.ts';
import { RESULT_CODE, RESULT_CODE_OF } from './result_code.ts';
import type { Service } from './session.ts';
import type { Strangers } from './strangers.ts';
import { Stream, type StreamOwner } from './stream.ts';
import type { Turn, Turns } from './turns.ts';
import { UnderWay } from './under_way.ts';
import type { DecodeLimits } from './wire/decode_limits.ts';
import type { RequestDecoder } from './wire/decode_request.ts';
import { MessageFramer } from './wire/framing.ts';
import {
  type DecodedMessage,
  RESPONSE_OF,
  type RequestMessage,
  type RequestOperation,
} from './wire/message.ts';
import { RESPONSE_TAG, type ResultTag } from './wire/tag.ts';

type Kind = RequestOperation['kind'];

/** What the listener lends to each of its connections. */
export interface Hub extends Service {
  readonly decoder: RequestDecoder;
  readonly decodeLimits: { readonly bound: DecodeLimits; readonly anonymous: DecodeLimits };
  readonly strangers: Strangers;
  readonly outstanding: Outstanding;
  readonly turns: Turns;
  /** Wraps a socket that TLS begins on now; null when there is no certificate. */
  readonly wrapTls: ((socket: Socket) => Socket) | null;
  /** The session is bound as `account` (null: as nobody) from now on. */
  bound(connection: Connection, account: string | null): void;
  /** The session proved a password of the account that must be changed. */
  mustChange(connection: Connection, account: string): void;
  closed(connection: Connection): void;
}

/** Octets waiting for the peer beyond which nothing more is made for it; less for those nobody knows. */
const HIGH_WATER = 256 * 1024;
const HIGH_WATER_ANONYMOUS = 64 * 1024;
/** A burst's answers are sent when they reach this, not only at its end. */
const BURST = 64 * 1024;
/** How long one burst of requests may keep others waiting, in milliseconds. */
const BURST_MS = 4;

export class Connection implements Host, StreamOwner {
  readonly service: Hub;
  readonly id: string;
  readonly underWay = new UnderWay();
  mustChange: string | null = null;
  readonly walks = new OpenWalks((messageId, reading) => this.record(messageId, reading));
  readonly #stream: Stream;
  readonly #framer: MessageFramer;
  #identity: Identity;
  #visibility: Visibility;
  #provedAt: Date;
  #holds = 0;
  #lastRequest: number;
  #waiting: Turn[] = [];
  #deferred: RequestMessage | null = null;
  #startingTls = false;
  #endWhenIdle = false;

  constructor(hub: Hub, id: string, socket: Socket, tlsFromStart: boolean) {
    this.service = hub;
    this.id = id;
    this.#stream = new Stream(socket, hub.clock, this);
    this.#framer = new MessageFramer(hub.settings.ldapMaxMessageAnonymous);
    this.#identity = anonymous('ldap', this.address);
    this.#visibility = hub.visibilityOf(this.#identity);
    this.#provedAt = hub.clock.now();
    this.#lastRequest = hub.clock.elapsed();
    if (tlsFromStart) this.#beginTls();
  }

  get address(): string {
    return this.#stream.address;
  }

  get encrypted(): boolean {
    return this.#stream.encrypted;
  }

  get confidential(): boolean {
    const onLoopback = /^(::ffff:)?127\.|^::1$/.test(this.address);
    return this.encrypted || onLoopback || !this.service.requireTls;
  }

  get identity(): Identity {
    return this.#identity;
  }

  get provedAt(): Date {
    return this.#provedAt;
  }

  get visibility(): Visibility {
    return this.#visibility;
  }

  get owner(): string {
    return this.#identity.account ?? addressKey(this.address);
  }

  get clogged(): boolean {
    return this.#stream.clogged;
  }

  get offersTls(): boolean {
    return this.service.wrapTls !== null;
  }

  get backlog(): number {
    return this.#stream.backlog;
  }

  // What operations ask.

  become(identity: Identity | null, provedAt: Date): void {
    const { settings, visibilityOf } = this.service;
    if (identity?.account !== this.#identity.account) this.walks.allGivenUp();
    this.mustChange = null;
    this.#identity = identity ?? anonymous('ldap', this.address);
    this.#visibility = visibilityOf(this.#identity);
    this.#provedAt = provedAt;
    this.#framer.maximum = identity === null ? settings.ldapMaxMessageAnonymous : settings.ldapMaxMessage;
    if (this.#stream.isOpen) this.service.bound(this, this.#identity.account);
  }

  requireChange(account: string, provedAt: Date): void {
    this.become(null, provedAt);
    this.mustChange = account;
    this.service.mustChange(this, account);
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
    if (tag === null || !this.#stream.isOpen) return;
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
    if (this.clogged) this.#waiting.push(turn);
    else this.service.turns.enqueue(turn);
  }

  unbind(): void {
    this.#close();
  }

  hold(): void {
    this.#holds += 1;
    if (this.#holds === 1) this.#stream.pause();
  }

  release(): void {
    this.#holds -= 1;
    if (this.#holds > 0 || !this.#stream.isOpen) return;
    this.#process();
    if (this.#holds === 0) this.#stream.resume();
  }

  flush(): void {
    const { writer } = this.service;
    if (writer.size === 0) return;
    const highWater = this.#identity.account === null ? HIGH_WATER_ANONYMOUS : HIGH_WATER;
    if (this.#stream.send(writer.take(), highWater)) this.hold();
  }

  // What the stream tells.

  received(chunk: Buffer): void {
    if (this.#identity.account === null) this.service.strangers.received(this.address, chunk.length);
    this.#framer.push(chunk);
    if (this.#holds === 0) this.#process();
  }

  drained(): void {
    for (const turn of this.#waiting.splice(0)) this.service.turns.enqueue(turn);
    this.release();
  }

  secured(): void {
    if (!this.#startingTls) return;
    this.#startingTls = false;
    this.release();
  }

  closed(): void {
    this.#forget();
    this.service.closed(this);
  }

  /** Handles what has come in, until it must wait. */
  #process(): void {
    const { clock, strangers } = this.service;
    const isBound = this.#identity.account !== null;
    if (!isBound && this.#framer.pending > 0 && !strangers.allows(this.address)) {
      this.disconnect('overdrawn', RESULT_CODE.busy, 'too much was asked from this address without a bind');
      return;
    }
    const began = clock.elapsed();
    this.#handleBurst();
    this.worked(clock.elapsed() - began);
  }

  /** Counts work done for this connection towards what strangers may cost. */
  worked(milliseconds: number): void {
    if (this.#identity.account === null) this.service.strangers.worked(this.address, milliseconds);
  }

  #handleBurst(): void {
    const { clock, decoder, turns, writer } = this.service;
    const began = clock.elapsed();
    try {
      while (this.#holds === 0 && this.#stream.isOpen) {
        const octets = this.#framer.next();
        if (octets === null) break;
        this.#lastRequest = began;
        this.#handle(decoder.decode(octets, this.#decodeLimits));
        if (writer.size >= BURST) this.flush();
        if (this.#framer.pending > 0 && clock.elapsed() - began >= BURST_MS) {
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

  get #decodeLimits(): DecodeLimits {
    return this.service.decodeLimits[this.#identity.account === null ? 'anonymous' : 'bound'];
  }

  get #nextBurst(): Turn {
    const turn = (): boolean => {
      this.release();
      return false;
    };
    return { owner: this.owner, isLarge: false, turn };
  }

  #handle(message: DecodedMessage): void {
    const { messageId } = message;
    if (this.underWay.has(messageId)) {
      this.disconnect('protocol', RESULT_CODE.protocolError, `message ${messageId} is still under way`);
    } else if (message.kind === 'malformed') {
      const { responseTag, refusal } = message;
      const result = answer(RESULT_CODE_OF[refusal.code], refusal.detail);
      if (responseTag !== null) this.service.writer.result(messageId, responseTag, result);
    } else if (provesAnew(message.operation) && this.underWay.size > 0) {
      // RFC 4511 4.2.1: what was begun before a bind is done before it. Its views of the chunk stay valid.
      this.#deferred = message;
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

  #becomeIdle(): void {
    const bind = this.#deferred;
    this.#deferred = null;
    if (bind !== null) {
      perform(this, bind);
      // Not before the caller is done: the answer that made it idle is still to be sent.
      this.service.turns.enqueue(this.#nextBurst);
    } else if (this.#endWhenIdle) {
      this.endWhenIdle();
    }
  }

  #beginTls(): void {
    const { wrapTls, strangers } = this.service;
    if (wrapTls === null) return;
    if (this.#identity.account === null) strangers.beganTls(this.address);
    this.#stream.beginTls(wrapTls);
  }

  // The end.

  /** A notice of disconnection (RFC 4511 4.4.1), and the end. `reason` is counted; null is an orderly stop. */
  disconnect(reason: ConnectionEnd | null, resultCode: number, text: string): void {
    if (this.#stream.isOpen) {
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
    this.#stream.destroy();
  }

  #close(): void {
    this.#forget();
    this.#stream.close();
  }

  #forget(): void {
    this.underWay.stopAll();
    this.walks.allGivenUp();
    this.#waiting = [];
    this.#deferred = null;
    this.service.bound(this, null);
  }

  // What the sweep asks.

  /** Ends what has been idle, stalled, shaking hands or closing for too long. */
  checkTimes(now: number): void {
    const overdue = this.#stream.overdue(now);
    if (overdue !== null) {
      this.destroy(overdue === 'farewell' ? null : overdue);
      return;
    }
    if (!this.#stream.isOpen || this.clogged || this.underWay.size > 0) return;
    const { ldapIdleSeconds, ldapIdleSecondsAnonymous } = this.service.settings;
    const allowed = this.#identity.account === null ? ldapIdleSecondsAnonymous : ldapIdleSeconds;
    if (now - this.#lastRequest <= allowed * 1000) return;
    this.service.metrics.ended('idle');
    this.#close();
  }

  /** Ends a session whose account may not go on; otherwise what it may see follows what is true now. */
  revalidate(): void {
    const account = this.#identity.account ?? this.mustChange;
    if (account === null || !this.#stream.isOpen) return;
    const proved = { at: this.#provedAt, origin: 'ldap', address: this.address } as const;
    const identity = this.service.authenticator.current(account, proved);
    if (identity === undefined)
      this.disconnect('withdrawn', RESULT_CODE.strongerAuthRequired, 'the account may not go on');
    else if (this.mustChange === null) this.become(identity, this.#provedAt);
  }
}
