// Password hashes: argon2id in PHC form (RFC 9106), computed by threads of their own (hash_threads.ts). What finds no
// place in their queue is told to come back before anything is computed.
import { availableParallelism } from 'node:os';
import { OperationError } from '../errors.ts';
import type { Cost } from './hash_cost.ts';
import type { HashPlace, QueuePlaces } from './hash_queue.ts';
import type { ThreadAnswer } from './hash_thread.ts';
import { type HashThreads, openHashThreads } from './hash_threads.ts';

export interface PasswordHasher {
  /** PHC string of a new password. Errors: rate_limited, unavailable. */
  hash(password: string, place?: HashPlace): Promise<string>;
  /**
   * True when the password made the hash. A hash that does not parse matches nothing; hashes that cost less than the
   * current ones take as long. `place`: on whose behalf; the service's own when omitted. Errors: rate_limited, unavailable.
   */
  verify(storedHash: string, password: string, place?: HashPlace): Promise<boolean>;
  /** Whether a hash would find a place in the queue now: asked before anything else is spent on an attempt. */
  hasPlace(place: HashPlace): boolean;
  /** A hash that no password is known for, of the same cost: verified where there is no account to verify. */
  readonly decoy: string;
  /** Ends the threads. */
  close(): Promise<void>;
}

export interface HashCost extends Cost {
  /** Hashes waiting at most, of strangers; of those who succeeded lately four times as many. */
  maxWaiting: number;
  /** Threads of this process: one reserved for those who succeeded lately, the others for everybody. */
  threads?: number;
}

const ownWork: HashPlace = { class: 'pair', address: null };

/** As many threads for everybody as a worker has cores of its own, and the reserved one. */
export function defaultHashThreads(workers: number): number {
  return Math.max(1, Math.floor(availableParallelism() / workers)) + 1;
}

// A salt and a digest that nothing was hashed to: verifying against it costs a whole hash and always fails.
function decoyOf(cost: Cost): string {
  return `$argon2id$v=19$m=${cost.memoryKib},t=${cost.passes},p=1$${'A'.repeat(22)}$${'A'.repeat(43)}`;
}

/** argon2id (RFC 9106) at this cost. `openThreads` is replaced in tests of the threads' death. */
export function createPasswordHasher(
  { memoryKib, passes, maxWaiting, threads = 2 }: HashCost,
  openThreads: (threads: number, places: QueuePlaces) => HashThreads = openHashThreads,
): PasswordHasher {
  const cost = { memoryKib, passes };
  const pool = openThreads(threads, { known: 4 * maxWaiting, strangers: maxWaiting });
  const decoy = decoyOf(cost);
  const unexpected = (answer: ThreadAnswer): OperationError =>
    new OperationError('unavailable', 'a password could not be checked; try again', { cause: answer });
  return {
    decoy,
    async hash(password, place = ownWork) {
      const answer = await pool.run(place, { kind: 'hash', password, cost });
      if (answer.kind !== 'hashed') throw unexpected(answer);
      return answer.hash;
    },
    async verify(storedHash, password, place = ownWork) {
      const answer = await pool.run(place, { kind: 'verify', storedHash, password, cost, decoy });
      if (answer.kind !== 'verified') throw unexpected(answer);
      return answer.proved;
    },
    hasPlace: (place) => pool.hasPlace(place),
    close: () => pool.close(),
  };
}
