// Service accounts hold generated secrets and are not locked by strangers' guesses: a lock would let anybody stop the
// mail system. Somebody is told instead.
import type { AuditEvent, AuditTrail } from '../audit/event.ts';
import type { Clock } from '../clock.ts';
import type { Log } from '../log.ts';
import type { AccountRecord } from '../x500/read_model.ts';

export interface GuessingAlarm {
  /** A wrong password for a service account. */
  guessed(account: AccountRecord, attempt: Pick<AuditEvent, 'origin' | 'address' | 'request'>): void;
}

interface Count {
  failures: number;
  since: number; // elapsed milliseconds
  toldAt: number | null;
}

/** Told at the first so many failures within a window, then at most once a minute. */
const tellEveryMs = 60_000;

export function createGuessingAlarm(
  { audit, clock, log }: { audit: AuditTrail; clock: Clock; log: Log },
  { failures, windowSeconds }: { failures: number; windowSeconds: number },
): GuessingAlarm {
  const counts = new Map<string, Count>(); // as many as there are service accounts
  return {
    guessed({ uuid, uid, relying_system }, { origin, address, request }) {
      const now = clock.elapsed();
      const known = counts.get(uuid);
      const isRecent = known !== undefined && now - known.since < windowSeconds * 1000;
      const count = isRecent ? known : { failures: 0, since: now, toldAt: null };
      counts.set(uuid, count);
      count.failures += 1;
      if (count.failures < failures) return;
      if (count.toldAt !== null && now - count.toldAt < tellEveryMs) return;
      count.toldAt = now;
      const perMinute = Math.round(count.failures / Math.max(1, (now - count.since) / 60_000));
      log.error({ uid, address, failures: count.failures, perMinute }, 'service account is being guessed at');
      audit.record({
        ...{ at: clock.now(), origin, address, account: uuid, uid, relying_system, request },
        act: { act: 'authentication.guessing', uid, failures: count.failures },
      });
    },
  };
}
