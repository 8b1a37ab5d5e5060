// The operations of one connection that have not been answered yet, by messageID (RFC 4511 4.1.1.1).
import type { RequestOperation } from './wire/message.ts';

export interface Pending {
  readonly kind: RequestOperation['kind'];
  /** Stops it without an answer; null for what cannot be stopped (RFC 4511 4.11: bind; later, writes). */
  readonly stop: (() => void) | null;
}

export class UnderWay {
  readonly #pending = new Map<number, Pending>();

  get size(): number {
    return this.#pending.size;
  }

  has(messageId: number): boolean {
    return this.#pending.size > 0 && this.#pending.has(messageId);
  }

  add(messageId: number, pending: Pending): void {
    this.#pending.set(messageId, pending);
  }

  remove(messageId: number): void {
    this.#pending.delete(messageId);
  }

  /** Stops one operation. `unknown`: there is none; `kept`: it goes on, because it cannot be stopped. */
  stop(messageId: number): 'unknown' | 'kept' | { kind: RequestOperation['kind'] } {
    const pending = this.#pending.get(messageId);
    if (pending === undefined) return 'unknown';
    if (pending.stop === null) return 'kept';
    this.#pending.delete(messageId);
    pending.stop();
    return { kind: pending.kind };
  }

  /** The connection is gone: everything that can be stopped is, and nobody waits for the rest. */
  stopAll(): void {
    for (const pending of this.#pending.values()) pending.stop?.();
    this.#pending.clear();
  }
}
