// Ends the sessions of accounts that closed, lost a clearance or changed a password, and tells the relying systems
// (OpenID Connect Back-Channel Logout 1.0). Follows the feed in batches, in one process of the cluster; what fails is
// tried again until it is done. A notice is sent at least once: whoever crashes between sending and noting it repeats it.
import type { Clock } from '../clock.ts';
import type { ChangeFeed, LogoutNotice, SessionEndStore } from '../directory/ports.ts';
import { type SessionEnd, sessionEndsOf } from '../directory/session_end.ts';
import type { Log } from '../log.ts';
import { createRest } from './rest.ts';

/** The part of the OpenID Provider that knows its clients. */
export interface LogoutNotifier {
  /** One attempt; done, too, where the client asked for no notices. Rejects when it was not received. */
  send(notice: { clientId: string; subject: string; sid: string | null }): Promise<void>;
  /** Records that a client's session ended. */
  record(ended: { clientId: string; subject: string }, reason: string): void;
}

export interface SessionEndsPorts {
  feed: ChangeFeed;
  store: SessionEndStore;
  notifier: LogoutNotifier;
  clock: Clock;
  log: Log;
}

export interface SessionEnds {
  /** A hint that the feed may have grown. */
  wake(): void;
  /** Resolves when nothing runs any more. */
  stop(): Promise<void>;
}

/** Changes read at once, and accounts whose sessions one statement ends. */
const batch = 500;
/** Notices that one relying system is sent at once. */
const noticesAtOnce = 8;
/** NOTIFY is a hint: without any, the feed is read, and notices are looked for, this often. Milliseconds. */
const pollInterval = 1_000;
const retryInterval = 500;
/** Pause after the first failed attempt; each further is four times as long, up to the longest. */
const backOff = { first: 500, longest: 5 * 60_000 };
/** A relying system that was away for so long is told no more; its sessions have ended by themselves by then. */
const giveUpAfter = 24 * 3_600_000;

/** One end for each person: of several the latest. */
function perSubject(ends: readonly SessionEnd[]): SessionEnd[] {
  const latest = new Map<string, SessionEnd>();
  for (const end of ends) {
    const known = latest.get(end.subject);
    if (known === undefined || known.until <= end.until) latest.set(end.subject, end);
  }
  return [...latest.values()];
}

export function runSessionEnds(ports: SessionEndsPorts): SessionEnds {
  const { feed, store, notifier, clock, log } = ports;
  const following = createRest();
  const telling = createRest();
  /** Each relying system for itself: one that does not answer holds up no other. */
  const underWay = new Map<string, Promise<void>>();

  async function end(ends: readonly SessionEnd[], position: number): Promise<void> {
    const reasons = new Map(ends.map(({ subject, reason }) => [subject, reason]));
    const ended = await store.end(ends, position, clock.now());
    for (const one of ended) notifier.record(one, reasons.get(one.subject) ?? '');
    if (ended.length > 0) telling.wake();
  }

  /** The position moves with the last batch of the changes read: a failure before it repeats them, which ends no more. */
  async function follow(): Promise<void> {
    let position = await store.position();
    while (!following.stopped()) {
      const changes = await feed.read(position, batch);
      const last = changes.at(-1);
      if (last === undefined) return;
      const ends = perSubject(changes.flatMap(sessionEndsOf));
      for (let start = 0; start === 0 || start < ends.length; start += batch) {
        const isLast = start + batch >= ends.length;
        await end(ends.slice(start, start + batch), isLast ? last.number : position);
      }
      position = last.number;
      if (changes.length < batch) return;
    }
  }

  function nextAttempt({ attempts }: LogoutNotice): Date {
    const pause = Math.min(backOff.longest, backOff.first * 4 ** attempts);
    return new Date(clock.now().getTime() + pause);
  }

  /** True while it is worth going on with this relying system. */
  async function tellSome(clientId: string): Promise<boolean> {
    const notices = await store.due(clientId, clock.now(), noticesAtOnce);
    if (notices.length === 0) return false;
    const outcomes = await Promise.allSettled(notices.map((notice) => notifier.send(notice)));
    const failed = notices.filter((_, index) => outcomes[index]?.status === 'rejected');
    const isOld = (notice: LogoutNotice) =>
      clock.now().getTime() - notice.created_at.getTime() >= giveUpAfter;
    const given = failed.filter(isOld);
    const later = failed.filter((notice) => !isOld(notice));
    const settled = notices.filter((notice) => !later.includes(notice)).map(({ id }) => id);
    await store.settle(
      settled,
      later.map((notice) => ({ id: notice.id, at: nextAttempt(notice) })),
    );
    if (failed.length > 0) {
      const reason: unknown = outcomes.find((outcome) => outcome.status === 'rejected')?.reason;
      const counts = { client: clientId, failed: failed.length, givenUp: given.length };
      log.warn({ err: reason, ...counts }, 'back-channel logouts were not received');
    }
    return failed.length < notices.length;
  }

  async function tell(clientId: string): Promise<void> {
    try {
      while (!telling.stopped() && (await tellSome(clientId)));
    } catch (error) {
      log.warn({ err: error, client: clientId }, 'back-channel logouts wait; trying again');
    }
  }

  async function tellDue(): Promise<void> {
    for (const clientId of await store.clientsDue(clock.now())) {
      if (underWay.has(clientId)) continue;
      const work = tell(clientId).finally(() => underWay.delete(clientId));
      underWay.set(clientId, work);
    }
  }

  async function repeat(rest: typeof following, work: () => Promise<void>, failure: string): Promise<void> {
    while (!rest.stopped()) {
      let pause = pollInterval;
      try {
        await work();
      } catch (error) {
        log.warn({ err: error }, failure);
        pause = retryInterval;
      }
      await rest.rest(pause);
    }
  }

  const done = Promise.all([
    repeat(following, follow, 'sessions that should end wait; trying again'),
    repeat(telling, tellDue, 'back-channel logouts wait; trying again'),
  ]);
  return {
    wake: () => following.wake(),
    async stop() {
      following.stop();
      telling.stop();
      await done;
      await Promise.all(underWay.values());
    },
  };
}
