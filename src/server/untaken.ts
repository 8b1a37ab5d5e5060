// Node's cluster hands a connection to a worker and waits for its word that it took it. From a worker that was killed none
// comes (lib/internal/cluster/round_robin_handle.js has no path for that): the connection would stay open with nobody
// behind it, and its client wait in vain. Most of all those wait that the death cut off and that connected again at once. Nor
// does a word come from a worker that could not receive the descriptor: Node never offers it a connection again.
import type { Worker } from 'node:cluster';
import type { AcceptedHandle, AcceptQueue } from './accept_queue.ts';

/** As far as Node's own messages are of interest: a connection handed over, and the answer to one. */
function newConnection(message: unknown): number | undefined {
  if (typeof message !== 'object' || message === null) return undefined;
  const { cmd, act, seq } = message as { cmd?: unknown; act?: unknown; seq?: unknown };
  return cmd === 'NODE_CLUSTER' && act === 'newconn' && typeof seq === 'number' ? seq : undefined;
}

/** Connections handed to a worker that it has not taken yet. */
export interface Untaken {
  readonly size: number;
  /** Names the one that has waited longest. */
  readonly oldest: unknown;
}

/** Has connections that the worker did not take before it died closed, so that their clients connect to another. */
export function closeUntaken(worker: Worker, queue: AcceptQueue): Untaken {
  const { process: child } = worker;
  const untaken = new Map<unknown, AcceptedHandle>();
  const send = child.send.bind(child) as (...args: unknown[]) => boolean;
  child.send = (...args: unknown[]): boolean => {
    const [message, handle] = args;
    const number = newConnection(message);
    if (number !== undefined && typeof handle === 'object' && handle !== null) {
      untaken.set(number, handle as AcceptedHandle);
      queue.handedOver(handle as AcceptedHandle);
    }
    return send(...args);
  };
  child.on('internalMessage', (message: { ack?: unknown }) => untaken.delete(message.ack));
  worker.once('exit', () => {
    for (const handle of untaken.values()) handle.close();
    untaken.clear();
  });
  return {
    get size() {
      return untaken.size;
    },
    get oldest() {
      const [number] = untaken.keys();
      return number;
    },
  };
}

/** Calls `deaf`, once, when the same connection was untaken at that many looks in a row, a second apart. */
export function watchUntaken(worker: Worker, untaken: Untaken, looks: number, deaf: () => void): void {
  let last: unknown;
  let seen = 0;
  // Looks are counted rather than time: where this process stood still, the worker's word may be waiting to be read.
  const timer = setInterval(() => {
    const { oldest } = untaken;
    seen = oldest !== undefined && oldest === last ? seen + 1 : 0;
    last = oldest;
    if (seen < looks) return;
    clearInterval(timer);
    deaf();
  }, 1_000);
  timer.unref();
  worker.once('exit', () => clearInterval(timer));
}
