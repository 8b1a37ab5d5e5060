// Equal acts one after another. The first is recorded as it happens, those that follow as one event that says how many
// they were, at the latest a minute after: whoever repeats one act thousands of times a second adds a few lines to the
// trail. What is not told yet is lost with a killed process.
import type { Clock } from '../clock.ts';
import { putLast } from '../limits/last_used.ts';
import type { AuditAct, AuditEvent } from './event.ts';
import type { AuditWriter } from './trail.ts';

/** Acts that anybody can repeat as fast as messages are answered. */
const isSummed = {
  'authentication.success': true,
  'authentication.failure': true,
  'authentication.guessing': false,
  'access.refused': true,
  'session.start': false,
  'session.end': false,
  'token.issue': false,
  'token.refused': true,
  'directory.read': false,
  'key.recover': false,
  'service.start': false,
  'service.stop': false,
} as const satisfies Record<AuditAct['act'], boolean>;

type SummedAct = Extract<AuditAct, { times?: number }>;

interface Repeated {
  /** The latest of those not told yet. */
  latest: AuditEvent & { act: SummedAct };
  times: number;
  waitMs: number;
  dueAt: number; // elapsed milliseconds
}

/** Told after this for the first time; each wait after it is twice as long. */
const firstWaitMs = 1_000;
const longestWaitMs = 60_000;
const sweepMs = 500;
/** Acts followed at once; the one that was not repeated for longest is told and forgotten first. */
const mostFollowed = 10_000;

function isRepeatable(event: AuditEvent): event is AuditEvent & { act: SummedAct } {
  return isSummed[event.act.act];
}

/** What makes two acts equal: all but their instant and request. */
function keyOf({ origin, address, account, relying_system, act }: AuditEvent): string {
  return JSON.stringify([origin, address, account, relying_system, act]);
}

export interface AuditSums extends AuditWriter {
  /** Records the sums that are due. */
  sweep(): void;
}

/** One a process, in front of its writer. */
export function sumRepeats(writer: AuditWriter, clock: Clock): AuditSums {
  const followed = new Map<string, Repeated>();

  function tell(repeated: Repeated): void {
    const { latest, times } = repeated;
    if (times === 0) return;
    repeated.times = 0;
    writer.record(times === 1 ? latest : { ...latest, act: { ...latest.act, times } });
  }

  function sweep(): void {
    const now = clock.elapsed();
    for (const [key, repeated] of followed) {
      if (now < repeated.dueAt) continue;
      if (repeated.times === 0 && repeated.waitMs === longestWaitMs) followed.delete(key);
      tell(repeated);
      repeated.waitMs = Math.min(longestWaitMs, 2 * repeated.waitMs);
      repeated.dueAt = now + repeated.waitMs;
    }
  }

  const timer = setInterval(sweep, sweepMs);
  timer.unref();

  return {
    record(event) {
      if (!isRepeatable(event)) return writer.record(event);
      const key = keyOf(event);
      const known = followed.get(key);
      if (known === undefined) writer.record(event);
      else {
        known.latest = event;
        known.times += 1;
      }
      const first = { latest: event, times: 0, waitMs: firstWaitMs, dueAt: clock.elapsed() + firstWaitMs };
      const [, forgotten] = putLast(followed, key, known ?? first, mostFollowed) ?? [];
      if (forgotten !== undefined) tell(forgotten);
    },
    sweep,
    flush: () => writer.flush(),
    async close() {
      clearInterval(timer);
      for (const repeated of followed.values()) tell(repeated);
      followed.clear();
      await writer.close();
    },
  };
}
