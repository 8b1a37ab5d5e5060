// Threads of our own for hashing: libuv's pool serves files, DNS, TLS and compression too, and must not wait behind
// guesses. One thread is reserved for those who succeeded lately. A thread that dies fails its job and is replaced.
import { createRequire } from 'node:module';
import { extname } from 'node:path';
import { Worker } from 'node:worker_threads';
import { OperationError } from '../errors.ts';
import { type HashPlace, HashQueue, type QueuePlaces } from './hash_queue.ts';
import type { ThreadAnswer, ThreadJob, ThreadOptions } from './hash_thread.ts';

export interface HashThreads {
  /** Whether a job would find a place in the queue now. */
  hasPlace(place: HashPlace): boolean;
  /** Errors: rate_limited (no place in the queue), unavailable (the thread died, or the threads are closed). */
  run(place: HashPlace, job: ThreadJob): Promise<ThreadAnswer>;
  /** Ends the threads; what is under way or waits fails with unavailable. */
  close(): Promise<void>;
}

interface Waiting {
  job: ThreadJob;
  resolve(answer: ThreadAnswer): void;
  reject(error: OperationError): void;
}

interface Slot {
  readonly isReserved: boolean;
  worker: Worker | null; // started when first needed
  running: Waiting | null;
}

const extension = extname(import.meta.url);
const program = new URL(`./hash_thread${extension}`, import.meta.url);

/** From the build, or from source under tsx, whose loader does not reach into threads by itself. */
function startThread(options: ThreadOptions): Worker {
  if (extension !== '.ts') return new Worker(program, { workerData: options });
  const loader = createRequire(import.meta.url).resolve('tsx/cjs/api');
  const source = `require(${JSON.stringify(loader)}).require('${program.href}', '${program.href}')`;
  return new Worker(source, { eval: true, workerData: options });
}
/** Strangers' threads yield to the event loops of the service. */
const strangersNiceness = 10;

const died = (cause?: unknown): OperationError =>
  new OperationError('unavailable', 'a password could not be checked; try again', { cause });

/** `threads`: at least 2, one of them reserved. `newThread` replaces the thread in tests of its death. */
export function openHashThreads(
  threads: number,
  places: QueuePlaces,
  newThread: (options: ThreadOptions) => Worker = startThread,
): HashThreads {
  const queue = new HashQueue<Waiting>(places);
  const slots: Slot[] = Array.from({ length: threads }, (_, place) => ({
    isReserved: place === 0,
    worker: null,
    running: null,
  }));
  let closed = false;

  function start(slot: Slot): Worker {
    const worker = newThread({ niceness: slot.isReserved ? 0 : strangersNiceness });
    const gone = (cause?: unknown): void => {
      if (slot.worker !== worker) return;
      slot.worker = null;
      finish(slot, (waiting) => waiting.reject(died(cause)));
    };
    worker.on('message', (answer: ThreadAnswer) => finish(slot, (waiting) => waiting.resolve(answer)));
    worker.on('error', gone);
    worker.on('messageerror', gone);
    worker.on('exit', (status) => gone(`it ended with status ${status}`));
    return worker;
  }

  function finish(slot: Slot, settle: (waiting: Waiting) => void): void {
    const { running } = slot;
    slot.running = null;
    slot.worker?.unref(); // an idle thread keeps no process alive
    if (running !== null) settle(running);
    dispatch();
  }

  function dispatch(): void {
    for (const slot of slots) {
      if (slot.running !== null || closed) continue;
      const waiting = queue.next(slot.isReserved);
      if (waiting === undefined) continue;
      slot.running = waiting;
      try {
        slot.worker ??= start(slot);
        slot.worker.ref();
        slot.worker.postMessage(waiting.job);
      } catch (error) {
        slot.running = null; // no memory for a thread, as a rule: the next job tries again
        waiting.reject(died(error));
      }
    }
  }

  return {
    hasPlace: (place) => queue.hasPlace(place),
    run(place, job) {
      if (closed) return Promise.reject(died());
      return new Promise((resolve, reject) => {
        const displaced = queue.add(place, { job, resolve, reject });
        displaced?.reject(
          new OperationError('rate_limited', 'too many passwords are being checked; try again shortly'),
        );
        dispatch();
      });
    },
    async close() {
      closed = true;
      for (let waiting = queue.next(false); waiting !== undefined; waiting = queue.next(false))
        waiting.reject(died());
      await Promise.all(slots.map((slot) => slot.worker?.terminate()));
    },
  };
}
