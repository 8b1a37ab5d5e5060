// Wrong passwords are counted twice: strictly by the node's ledger, before the answer goes out, and in the database for the
// other nodes and for the time after a restart, where the last allowed failure locks the account by a command. No answer
// waits for the database, so that its absence opens no door and the time of an answer tells nothing.
import type { Clock } from '../clock.ts';
import type { FailureCounter } from '../directory/ports.ts';
import type { Log } from '../log.ts';
import type {
  AttemptEnd,
  AttemptLedger,
  AttemptLimits,
  AttemptSubject,
  Outcome,
  Verdict,
} from './attempt_ledger.ts';

export interface FailureGuard {
  /** Begins an attempt, before its hash. Error: unavailable. */
  begin(subject: AttemptSubject): Promise<Verdict>;
  /** Ends an attempt that was to be judged or refused, before its answer. Error: unavailable. */
  end(subject: AttemptSubject, outcome: Outcome): Promise<AttemptEnd>;
  /** Resolves when everything counted so far has reached the database or failed to. */
  settled(): Promise<void>;
}

export interface FailureGuardPorts {
  ledger: AttemptLedger;
  counter: FailureCounter;
  /** Runs the command that locks the account until the given instant. */
  lock(account: string, until: Date): Promise<void>;
  clock: Clock;
  log: Log;
}

export function createFailureGuard(ports: FailureGuardPorts, limits: AttemptLimits): FailureGuard {
  const { ledger, counter, lock, clock, log } = ports;
  const pending = new Set<Promise<void>>();

  function track(work: Promise<void>): void {
    const tracked = work
      .catch((error: unknown) => log.warn({ err: error }, 'a password failure could not be counted'))
      .finally(() => pending.delete(tracked));
    pending.add(tracked);
  }

  async function countForAll(account: string, blocked: boolean): Promise<void> {
    const now = clock.now();
    const total = await counter.add(account, now, limits.windowSeconds);
    if (total < limits.failures && !blocked) return;
    await lock(account, new Date(now.getTime() + limits.lockSeconds * 1000));
    await counter.clear(account);
    ledger.lockStored(account);
  }

  return {
    begin: (subject) => ledger.begin(subject),
    async end(subject, outcome) {
      const ended = await ledger.end(subject, outcome);
      // A closed account has nothing to lock.
      if (subject.isAccount && subject.isOpen && ended.counted)
        track(countForAll(subject.key, ended.blocked));
      // Only after a failure is there anything to clear: a success must not cost every bind a write.
      if (subject.isAccount && ended.cleared) track(counter.clear(subject.key));
      return ended;
    },
    settled: async () => {
      await Promise.all(pending);
    },
  };
}
