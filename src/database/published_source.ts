// The published objects out of the tables: all of them as of one change, and those that later changes touch.
// Every call reads one REPEATABLE READ snapshot, with a fixed number of queries a batch and none a row.
import type { Knex } from 'knex';
import type { Clock } from '../clock.ts';
import type { ChangeFeed } from '../directory/ports.ts';
import {
  type GroupMembers,
  type ObjectReference,
  type PublishedRecord,
  type PublishedSource,
  uuidOf,
} from '../x500/published.ts';
import type { Database } from './pool.ts';
import { followChanges, type Touched } from './published_dependents.ts';
import { readMembers, readRuleGroups } from './published_members.ts';
import {
  readAuthorities,
  readGroups,
  readOrganisations,
  readPosts,
  readSystems,
  readUnits,
  streamPosts,
} from './published_objects.ts';
import { readPeople, streamPeople } from './published_people.ts';
import { among, everything, openReader, type PublishedReader } from './published_reader.ts';
import { speaking } from './sqlstate.ts';

/** Groups whose members come in one batch of the snapshot. */
const groupBatchSize = 200;

const snapshotOptions: Knex.TransactionConfig = { isolationLevel: 'repeatable read', readOnly: true };

export interface PublishedSourceOptions {
  database: Database;
  feed: ChangeFeed;
  clock: Clock;
}

type Batch = { change: number } | { records: PublishedRecord[] } | { members: GroupMembers[] };

export function createPublishedSource({ database, feed, clock }: PublishedSourceOptions): PublishedSource {
  return {
    snapshot: () => snapshot(database, clock),
    changes: (after, limit) => feed.read(after, limit),
    touched: (changes) =>
      speaking(() =>
        database.knex.transaction(
          async (transaction) => readTouched(await openReader(transaction, clock.now()), changes),
          snapshotOptions,
        ),
      ),
    listen: (wake) => feed.listen(wake),
  };
}

async function* snapshot(database: Database, clock: Clock): AsyncGenerator<Batch> {
  const transaction = await speaking(() => database.knex.transaction(snapshotOptions));
  try {
    const reader = await speaking(() => openReader(transaction, clock.now()));
    const batches = readEverything(reader);
    try {
      for (;;) {
        const { value, done } = await speaking(() => batches.next());
        if (done === true) return;
        yield value;
      }
    } finally {
      await reader.settled();
    }
  } finally {
    await transaction.rollback().catch(() => undefined); // nothing was written; a broken connection has ended it
  }
}

async function* readEverything(reader: PublishedReader): AsyncGenerator<Batch, void> {
  const [counter] = await reader.rows<{ number: number }>('select number from change_counter', []);
  yield { change: counter?.number ?? 0 };
  yield { records: await readOrganisations(reader, everything) };
  yield { records: await readUnits(reader, everything) };
  for await (const records of streamPosts(reader)) yield { records };
  for await (const records of streamPeople(reader)) yield { records };
  const groups = await readGroups(reader, everything);
  yield { records: groups };
  yield { records: await readSystems(reader, everything) };
  yield { records: await readAuthorities(reader, everything) };
  for (let from = 0; from < groups.length; from += groupBatchSize) {
    yield { members: await readMembers(reader, groups.slice(from, from + groupBatchSize)) };
  }
}

async function readTouched(
  reader: PublishedReader,
  changes: Parameters<PublishedSource['touched']>[0],
): Promise<Awaited<ReturnType<PublishedSource['touched']>>> {
  const { touched, rules } = await followChanges(reader, changes);
  const records: PublishedRecord[] = [
    ...(await someOf(touched.organisation, (uuids) => readOrganisations(reader, among(uuids)))),
    ...(await someOf(touched.unit, (uuids) => readUnits(reader, among(uuids)))),
    ...(await someOf(touched.post, (uuids) => readPosts(reader, among(uuids)))),
    ...(await someOf(touched.person, (uuids) => readPeople(reader, among(uuids)))),
    ...(await someOf(touched.group, (uuids) => readGroups(reader, among(uuids)))),
    ...(await someOf(touched.system, (uuids) => readSystems(reader, among(uuids)))),
    ...(await someOf(touched.authority, (uuids) => readAuthorities(reader, among(uuids)))),
  ];
  const ruled = await someOf(rules.groups, (uuids) => readGroups(reader, among(uuids)));
  return {
    records,
    gone: missing(touched, records),
    members: await readMembers(reader, ruled),
    ruleGroups: rules.people ? await readRuleGroups(reader, touched.person) : [],
  };
}

async function someOf<Found>(
  uuids: ReadonlySet<string>,
  read: (uuids: ReadonlySet<string>) => Promise<Found[]>,
): Promise<Found[]> {
  return uuids.size === 0 ? [] : read(uuids);
}

function missing(touched: Touched, records: readonly PublishedRecord[]): ObjectReference[] {
  const found = new Set(records.map((record) => `${record.kind}/${uuidOf(record)}`));
  return Object.entries(touched).flatMap(([kind, uuids]) =>
    [...uuids]
      .filter((uuid) => !found.has(`${kind}/${uuid}`))
      .map((uuid) => ({ kind: kind as keyof Touched, uuid })),
  );
}
