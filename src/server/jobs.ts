// Work done once per cluster: every worker asks for the lock, one gets it and does all jobs until it stops or loses it.
import { setTimeout as delay } from 'node:timers/promises';
import type { Clock } from '../clock.ts';
import type { ChangeFeed, ClusterLock, OidcArtifactStore } from '../directory/ports.ts';
import type { EffectiveDates } from '../jobs/effective_dates.ts';
import type { RevocationListJob } from '../jobs/revocation_list.ts';
import type { SessionEnds } from '../jobs/session_ends.ts';
import type { Log } from '../log.ts';

export interface JobPorts {
  lock: ClusterLock;
  feed: ChangeFeed;
  effectiveDates: EffectiveDates;
  startRevocationLists(): RevocationListJob;
  startSessionEnds(): SessionEnds;
  artifacts: OidcArtifactStore;
  clock: Clock;
  log: Log;
}

const lockName = 'bauhinia jobs';
const lockRetryMs = 2_000;
const effectiveDatesMs = 1_000;
const housekeepingMs = 60_000;
const expiredBatch = 5_000;

/** Repeats `work` every `pauseMs` until stopped. One failure is logged and does not end the repetition. */
async function repeat(
  name: string,
  pauseMs: number,
  stop: AbortSignal,
  log: Log,
  work: () => Promise<unknown>,
): Promise<void> {
  while (!stop.aborted) {
    await work().catch((error: unknown) =>
      log.warn({ err: error, job: name }, 'a job failed; it is tried again'),
    );
    await pause(pauseMs, stop);
  }
}

/** Sleeps, or returns early when stopped. */
async function pause(ms: number, stop: AbortSignal): Promise<void> {
  await delay(ms, undefined, { signal: stop }).catch(() => undefined); // rejects only because it was stopped
}

async function runAll(ports: JobPorts, stop: AbortSignal): Promise<void> {
  const { log, clock } = ports;
  log.info('this worker runs the jobs');
  const lists = ports.startRevocationLists();
  const sessionEnds = ports.startSessionEnds();
  const listening = await ports.feed.listen(() => {
    sessionEnds.wake();
    lists.wake();
  });
  await Promise.all([
    repeat('effective dates', effectiveDatesMs, stop, log, () => ports.effectiveDates.run()),
    repeat('expired sign-on state', housekeepingMs, stop, log, () =>
      removeExpired(ports.artifacts, clock, stop),
    ),
  ]);
  await listening.close();
  await Promise.all([lists.stop(), sessionEnds.stop()]);
}

async function removeExpired(artifacts: OidcArtifactStore, clock: Clock, stop: AbortSignal): Promise<void> {
  while (!stop.aborted && (await artifacts.removeExpired(clock.now(), expiredBatch)) === expiredBatch);
}

/** Asks for the lock until it is had, does the jobs, and asks again when the lock was lost. */
export function runJobs(ports: JobPorts): { stop(): Promise<void> } {
  const stopping = new AbortController();
  async function contend(): Promise<void> {
    while (!stopping.signal.aborted) {
      try {
        await ports.lock.exclusively(lockName, (lost) =>
          runAll(ports, AbortSignal.any([stopping.signal, lost])),
        );
      } catch (error) {
        ports.log.warn({ err: error }, 'the jobs’ lock is not to be had');
      }
      await pause(lockRetryMs, stopping.signal);
    }
  }
  const done = contend();
  return {
    async stop() {
      stopping.abort();
      await done;
    },
  };
}
