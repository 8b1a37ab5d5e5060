// The program of one hash thread: argon2id (RFC 9106), one job at a time. Strangers' threads run below the event loops
// of the service, so that what their hashes cost is taken from idle time first.
import { setPriority } from 'node:os';
import { parentPort, workerData } from 'node:worker_threads';
import { hashSync, verifySync } from '@node-rs/argon2';
import { type Cost, costOf, paddingOf } from './hash_cost.ts';

export type ThreadJob =
  | { kind: 'hash'; password: string; cost: Cost }
  | { kind: 'verify'; storedHash: string; password: string; cost: Cost; decoy: string };

export type ThreadAnswer =
  | { kind: 'hashed'; hash: string }
  | { kind: 'verified'; proved: boolean }
  | { kind: 'fault'; message: string };

export interface ThreadOptions {
  niceness: number;
}

function hashed(password: string, { memoryKib, passes }: Cost): string {
  return hashSync(password, { memoryCost: memoryKib, timeCost: passes, parallelism: 1 });
}

/**
 * Every verification costs a whole hash of the current cost: a stored hash that is cheaper is followed by the rest, and
 * one that does not parse by a whole one. What was stored at a higher cost than the current one cannot be hidden.
 */
function verified({ storedHash, password, cost, decoy }: Extract<ThreadJob, { kind: 'verify' }>): boolean {
  let proved = false;
  try {
    proved = verifySync(storedHash, password);
  } catch {
    verifySync(decoy, password); // a fault of the import that wrote it; to the asker it is a wrong password
    return false;
  }
  const stored = costOf(storedHash);
  const padding = stored === undefined ? null : paddingOf(stored, cost);
  if (padding !== null) hashed(password, padding);
  return proved;
}

function run(job: ThreadJob): ThreadAnswer {
  try {
    if (job.kind === 'hash') return { kind: 'hashed', hash: hashed(job.password, job.cost) };
    return { kind: 'verified', proved: verified(job) };
  } catch (error) {
    return { kind: 'fault', message: error instanceof Error ? error.message : String(error) };
  }
}

const { niceness } = workerData as ThreadOptions;
try {
  // Linux counts priority by thread; elsewhere this would slow the whole process.
  if (process.platform === 'linux' && niceness > 0) setPriority(0, niceness);
} catch {
  // A sandbox may forbid it: strangers' hashes then compete with everything else, and are still bounded in number.
}
parentPort?.on('message', (job: ThreadJob) => parentPort?.postMessage(run(job)));
