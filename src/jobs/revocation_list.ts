// Keeps the revocation lists true: a new one within half a second of a revocation, and one before half the life of the
// last is over. Runs in one process of the cluster, which holds the lock (ports.ts ClusterLock) meanwhile.
import { randomUUID } from 'node:crypto';
import { builtinIdentity } from '../directory/builtin.ts';
import type { Change } from '../directory/change.ts';
import type { ChangeFeed, RequestOrigin } from '../directory/ports.ts';
import type { Log } from '../log.ts';
import { type AuthorityName, authorityNames } from '../pki/authority.ts';
import { abandonIntentions } from '../pki/commands/certificate_abandon.ts';
import type { Authorities } from '../pki/hierarchy.ts';
import { publishRevocationList, type RevocationListPorts } from '../pki/publish_revocation_list.ts';
import { createRest } from './rest.ts';

export interface RevocationListJobPorts extends RevocationListPorts {
  feed: ChangeFeed;
  authorities: Authorities;
  log: Log;
}

export interface RevocationListJob {
  /** A hint that the feed may have grown. */
  wake(): void;
  /** Resolves when nothing runs any more. */
  stop(): Promise<void>;
}

/** Milliseconds. A leaver's certificates are revoked one by one: waiting a little makes one list of them. */
const settle = { quiet: 50, longest: 500 };
/** NOTIFY is a hint: without any, the feed is read this often. */
const pollInterval = 1_000;
const retryInterval = 500;
const batch = 500;

function jobOrigin(): RequestOrigin {
  return { identity: builtinIdentity('job'), request: randomUUID() };
}

/** Authorities whose list a change makes untrue: a certificate was revoked, put on hold, or released. */
function touchedBy(change: Change): AuthorityName[] {
  return change.rows.flatMap(({ table, before, after }) => {
    if (table !== 'certificate' || (before?.state !== 'revoked' && after?.state !== 'revoked')) return [];
    const authority = after?.authority ?? before?.authority;
    return authorityNames.filter((name) => name === authority);
  });
}

export function runRevocationListJob(ports: RevocationListJobPorts): RevocationListJob {
  const { feed, clock, log } = ports;
  const stale = new Set<AuthorityName>();
  let position: number | null = null; // null until the first lists of this run are out
  let staleSince = 0;
  const { rest, wake, stop, stopped } = createRest();

  /** Reads the feed; true when it made a list untrue. The position moves first: what comes later comes again. */
  async function readFeed(): Promise<boolean> {
    if (position === null) {
      // A revocation made while nobody ran this job is in the inventory: begin with fresh lists of everything.
      position = await feed.last();
      for (const name of authorityNames) stale.add(name);
      return true;
    }
    let found = false;
    for (;;) {
      const changes = await feed.read(position, batch);
      for (const change of changes) {
        for (const name of touchedBy(change)) {
          stale.add(name);
          found = true;
        }
        position = change.number;
      }
      if (changes.length < batch) return found;
    }
  }

  /** Half its life before a list ends there is a new one; what nobody finished is settled on the way. */
  async function markDue(): Promise<void> {
    for (const row of await ports.reader.find('certificate_authority', {})) {
      const name = authorityNames.find((one) => one === row.name);
      if (name === undefined) continue;
      const from = row.crl_this_update?.getTime() ?? 0;
      const to = row.crl_next_update?.getTime() ?? 0;
      const now = clock.now().getTime();
      // Dated in the future by a clock that was wrong: relying parties refuse it until then.
      if (from > now || now >= (from + to) / 2) stale.add(name);
    }
  }

  async function publishStale(): Promise<void> {
    for (const name of [...stale]) {
      const origin = jobOrigin();
      const { output } = await ports.runner.run(abandonIntentions, { authority: name }, origin);
      if (output.serials.length > 0) log.warn({ serials: output.serials }, 'unfinished certificates revoked');
      const published = await publishRevocationList(ports, ports.authorities[name], origin);
      stale.delete(name);
      log.info({ authority: name, ...published }, 'revocation list published');
    }
  }

  async function work(): Promise<void> {
    let nextDueCheck = 0;
    while (!stopped()) {
      try {
        const wasStale = stale.size > 0;
        const found = await readFeed();
        if (clock.elapsed() >= nextDueCheck) {
          await markDue();
          nextDueCheck = clock.elapsed() + 60_000;
        }
        if (!wasStale && stale.size > 0) staleSince = clock.elapsed();
        const waited = clock.elapsed() - staleSince;
        if (stale.size > 0 && (!found || waited >= settle.longest)) await publishStale();
        await rest(stale.size > 0 ? settle.quiet : pollInterval);
      } catch (error) {
        log.warn({ err: error }, 'revocation list not published; trying again');
        await rest(retryInterval);
      }
    }
  }

  const done = work();
  return {
    wake,
    async stop() {
      stop();
      await done;
    },
  };
}
