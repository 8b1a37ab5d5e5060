// Connections that the primary has accepted and no worker has taken yet. Node's cluster keeps them in a list without an
// end (lib/internal/cluster/round_robin_handle.js): whoever connects faster than workers take connections fills it up to
// the limit of open files, and everybody else waits behind. Here the list is bounded, for each address and in all, and a
// connection that was reset before anybody took it never enters it.
import { createHook } from 'node:async_hooks';
import { addressKey } from '../limits/address.ts';

/** What is used of Node's handle of a socket. */
export interface AcceptedHandle {
  close(): void;
  /** Fills in `address`; not zero when the peer is gone. */
  getpeername(into: { address?: string }): number;
}

export interface ListeningHandle {
  onconnection?: (error: number, handle?: AcceptedHandle) => void;
}

export interface AcceptQueueLimits {
  readonly perAddress: number;
  readonly all: number;
}

export class AcceptQueue {
  readonly #limits: AcceptQueueLimits;
  readonly #waiting = new Map<AcceptedHandle, string>();
  readonly #byAddress = new Map<string, number>();

  constructor(limits: AcceptQueueLimits) {
    this.#limits = limits;
  }

  /** How many connections wait for a worker. */
  get size(): number {
    return this.#waiting.size;
  }

  /** Bounds what `listener` accepts from now on. */
  guard(listener: ListeningHandle): void {
    const distribute = listener.onconnection;
    if (distribute === undefined) return;
    listener.onconnection = (error, handle) => {
      if (handle !== undefined && !this.#enter(handle)) handle.close();
      else distribute.call(listener, error, handle);
    };
  }

  /** A worker was given the connection. */
  handedOver(handle: AcceptedHandle): void {
    const key = this.#waiting.get(handle);
    if (key === undefined) return;
    this.#waiting.delete(handle);
    const left = (this.#byAddress.get(key) ?? 1) - 1;
    if (left > 0) this.#byAddress.set(key, left);
    else this.#byAddress.delete(key);
  }

  #enter(handle: AcceptedHandle): boolean {
    const peer: { address?: string } = {};
    if (handle.getpeername(peer) !== 0 || peer.address === undefined) return false;
    const key = addressKey(peer.address);
    const held = this.#byAddress.get(key) ?? 0;
    if (held >= this.#limits.perAddress || this.#waiting.size >= this.#limits.all) return false;
    this.#waiting.set(handle, key);
    this.#byAddress.set(key, held + 1);
    return true;
  }
}

/** Collects the handles of listeners that are made until `stop`, which gives them. Node offers no other way to them. */
export function collectListeners(): { stop(): ListeningHandle[] } {
  const listeners: ListeningHandle[] = [];
  const hook = createHook({
    init(_id, type, _trigger, resource) {
      if (type === 'TCPSERVERWRAP') listeners.push(resource as ListeningHandle);
    },
  });
  hook.enable();
  return {
    stop() {
      hook.disable();
      return listeners.splice(0);
    },
  };
}
