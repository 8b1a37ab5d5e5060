// The attempts at passwords, counted in the primary for all workers of the node, and who succeeded lately. The primary
// holds keyed digests and counts; what it loses with a restart, the database's count and the account's lock remember.
import {
  type AttemptLedger,
  type AttemptLimits,
  createNodeLedger,
} from '../authentication/attempt_ledger.ts';
import { createFamiliarity, type Familiarity } from '../authentication/familiarity.ts';
import type { Clock } from '../clock.ts';
import type { Log } from '../log.ts';
import type { Settings } from '../settings.ts';
import type { NodeChannel, WorkerLink } from './node_channel.ts';

/** A worker that does not say within this that it blocked an account is not waited for. */
const blockPatienceMs = 1_000;
/** Longer than anybody waits in the ledger: an attempt that was begun must not be taken for lost. */
const beginPatienceMs = 6_000;

export function attemptLimits(settings: Settings): AttemptLimits {
  return {
    failures: settings.passwordFailures,
    windowSeconds: settings.passwordFailureWindowSeconds,
    lockSeconds: settings.passwordLockSeconds,
  };
}

/** The primary's side. */
export function serveAttempts(channel: NodeChannel, clock: Clock, limits: AttemptLimits): void {
  const block = async (key: string): Promise<void> => {
    const links = [...channel.listening().values()];
    // A worker that dies or stalls answers nobody meanwhile.
    await Promise.allSettled(links.map((link) => link.ask('attempts.block', key, blockPatienceMs)));
  };
  const ledger = createNodeLedger(clock, limits, block);
  const familiarity = createFamiliarity(clock, () => undefined);
  channel.onOpen((link, worker) => {
    link.onAsk('attempts.begin', (subject) => ledger.begin(subject, worker));
    link.onAsk('attempts.end', ({ subject, outcome }) => ledger.end(subject, outcome, worker));
    link.onAsk('attempts.acquaintances', () => familiarity.latest());
    link.onTell('attempts.lock_stored', (key) => ledger.lockStored(key));
    link.onTell('attempts.succeeded', (acquaintance) => {
      familiarity.hear(acquaintance);
      for (const [other, to] of channel.listening())
        if (other !== worker) to.tell('attempts.succeeded', acquaintance);
    });
  });
  channel.onGone((worker) => ledger.forget(worker));
}

/** A worker's side of the ledger. `forget`: drops what was proved earlier of an account. */
export function openNodeLedger(link: WorkerLink, forget: (account: string) => void): AttemptLedger {
  link.onAsk('attempts.block', (key) => {
    forget(key);
    return null;
  });
  return {
    begin: (subject) => link.ask('attempts.begin', subject, beginPatienceMs),
    end: (subject, outcome) => link.ask('attempts.end', { subject, outcome }),
    lockStored: (key) => link.tell('attempts.lock_stored', key),
  };
}

/** Who succeeded lately on any worker of the node, also before this one started. */
export async function openNodeFamiliarity(link: WorkerLink, clock: Clock, log: Log): Promise<Familiarity> {
  const familiarity = createFamiliarity(clock, (acquaintance) =>
    link.tell('attempts.succeeded', acquaintance),
  );
  link.onTell('attempts.succeeded', (acquaintance) => familiarity.hear(acquaintance));
  try {
    for (const acquaintance of await link.ask('attempts.acquaintances', null)) familiarity.hear(acquaintance);
  } catch (error) {
    log.warn({ err: error }, 'the worker starts without knowing who succeeded lately');
  }
  return familiarity;
}
