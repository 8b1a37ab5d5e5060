// Wrong passwords are counted twice: at once in this process, which refuses by itself, and in the database for all
// workers, where the fifth failure locks the account by a command. A refusal never waits for the database, so that the
// time it takes tells nothing and guessing is stopped while the database is away too.
import type { Clock } from '../clock.ts';
import type { FailureCounter } from '../directory/ports.ts';
import type { Log } from '../log.ts';

export interface FailureGuard {
  /** True while this process has seen too many failures of the account. */
  blocked(account: string): boolean;
  failed(account: string): void;
  succeeded(account: string): void;
  /** Resolves when everything counted so far has reached the database or failed to. */
  settled(): Promise<void>;
}

export interface FailureLimits {
  failures: number;
  windowSeconds: number;
  lockSeconds: number;
}

export interface FailureGuardPorts {
  counter: FailureCounter;
  /** Runs the command that locks the account until the given instant. */
  lock(account: string, until: Date): Promise<void>;
  clock: Clock;
  log: Log;
}

/** Accounts remembered at most; the oldest is forgotten first. */
const maxRemembered = 100_000;

/** Counts in memory at once, so that a database away opens no door, and for all workers in the database. */
export function createFailureGuard(ports: FailureGuardPorts, limits: FailureLimits): FailureGuard {
  const { counter, lock, clock, log } = ports;
  const seen = new Map<string, { count: number; firstAt: number }>();
  const pending = new Set<Promise<void>>();

  function track(work: Promise<void>): void {
    const tracked = work
      .catch((error: unknown) => log.warn({ err: error }, 'a password failure could not be counted'))
      .finally(() => pending.delete(tracked));
    pending.add(tracked);
  }

  async function countForAll(account: string): Promise<void> {
    const now = clock.now();
    const total = await counter.add(account, now, limits.windowSeconds);
    if (total < limits.failures) return;
    await lock(account, new Date(now.getTime() + limits.lockSeconds * 1000));
    await counter.clear(account);
    seen.delete(account);
  }

  function current(account: string): { count: number; firstAt: number } | undefined {
    const record = seen.get(account);
    if (record === undefined) return undefined;
    if (clock.elapsed() - record.firstAt < limits.windowSeconds * 1000) return record;
    seen.delete(account);
    return undefined;
  }

  return {
    blocked: (account) => (current(account)?.count ?? 0) >= limits.failures,
    failed(account) {
      const record = current(account);
      if (record === undefined) {
        seen.set(account, { count: 1, firstAt: clock.elapsed() });
        const oldest = seen.size > maxRemembered ? seen.keys().next() : undefined;
        if (oldest?.done === false) seen.delete(oldest.value);
      } else record.count += 1;
      track(countForAll(account));
    },
    succeeded(account) {
      // Only after a failure is there anything to clear: a success must not cost every bind a write.
      if (seen.delete(account)) track(counter.clear(account));
    },
    settled: async () => {
      await Promise.all(pending);
    },
  };
}
