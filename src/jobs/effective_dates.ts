// The job of effective dates: finds dated facts whose instant came, has them take effect, and remembers how far it came in
// the same transaction. Run it in one process of the cluster at a time (ClusterLock); a crash repeats, and never loses, a fact.
import { randomUUID } from 'node:crypto';
import type { Clock } from '../clock.ts';
import { builtinIdentity } from '../directory/builtin.ts';
import { applyDueFacts, effectiveDatesJob as job } from '../directory/commands/due_facts_apply.ts';
import type { CommandRunner, DueFact, DueFacts, JobCursor } from '../directory/ports.ts';
import { isOperationError } from '../errors.ts';
import type { Log } from '../log.ts';

/** Facts a transaction. */
const chunkSize = 500;

/**
 * How far behind the cursor the job looks again. A fact dated a moment ahead may be committed after the cursor passed
 * its instant; no command's transaction lives this long. Facts dated the instant of their own change come again too, on
 * purpose: a replica whose machine's clock is behind the writer's read them as not begun, or not ended, yet.
 */
const settleMilliseconds = 60_000;

export interface EffectiveDatesPorts {
  dueFacts: DueFacts;
  cursor: JobCursor;
  runner: CommandRunner;
  clock: Clock;
  log: Log;
}

export interface EffectiveDates {
  /**
   * Everything that is due by now. Returns how many facts took effect. Error: unavailable; what was done until then
   * stays done.
   */
  run(): Promise<{ applied: number }>;
}

export function createEffectiveDates(ports: EffectiveDatesPorts): EffectiveDates {
  const { dueFacts, cursor, runner, clock, log } = ports;
  /** Facts of the settling time that took effect already, so that they are not repeated at every run. */
  const settled = new Map<string, Date>();
  const keyOf = (fact: DueFact): string => `${fact.table} ${fact.uuid} ${fact.at.getTime()}`;

  async function apply(facts: readonly DueFact[], to: Date | null): Promise<number> {
    const origin = { identity: builtinIdentity('job'), request: randomUUID() };
    const input = { facts, cursor: to === null ? null : { job, to } };
    const { output } = await runner.run(applyDueFacts, input, origin);
    return output.applied;
  }

  /** One fact that cannot take effect must not hold up the rest: no leaver's door stays open because of a stranger. */
  async function applyOneByOne(facts: readonly DueFact[], to: Date | null): Promise<number> {
    let applied = 0;
    for (const fact of facts) {
      try {
        applied += await apply([fact], null);
      } catch (error) {
        if (isOperationError(error, 'unavailable')) throw error;
        log.error({ err: error, fact }, 'a dated fact could not take effect');
      }
    }
    if (to !== null) await apply([], to);
    return applied;
  }

  async function applyChunk(facts: readonly DueFact[], to: Date | null): Promise<number> {
    try {
      return await apply(facts, to);
    } catch (error) {
      if (facts.length === 0 || isOperationError(error, 'unavailable')) throw error;
      log.warn({ err: error, facts: facts.length }, 'dated facts are taken one by one');
      return applyOneByOne(facts, to);
    }
  }

  /** The cursor reaches `to` with the last chunk. */
  async function applyAll(facts: readonly DueFact[], to: Date): Promise<number> {
    let applied = 0;
    for (let start = 0; start === 0 || start < facts.length; start += chunkSize) {
      const isLast = start + chunkSize >= facts.length;
      applied += await applyChunk(facts.slice(start, start + chunkSize), isLast ? to : null);
    }
    for (const fact of facts) settled.set(keyOf(fact), fact.at);
    return applied;
  }

  return {
    async run() {
      const upTo = clock.now();
      const reached = (await cursor.read(job)) ?? new Date(0);
      let after = new Date(Math.max(0, reached.getTime() - settleMilliseconds));
      for (const [key, at] of settled) if (at <= after) settled.delete(key);

      let applied = 0;
      for (let more = true; more; ) {
        const due = await dueFacts.due(after, upTo, chunkSize);
        more = due.length >= chunkSize;
        const to = more ? (due.at(-1)?.at ?? upTo) : upTo;
        const fresh = due.filter((fact) => !settled.has(keyOf(fact)));
        const behind = to.getTime() - reached.getTime() >= settleMilliseconds;
        if (fresh.length > 0 || behind) applied += await applyAll(fresh, to);
        after = to;
      }
      return { applied };
    },
  };
}
