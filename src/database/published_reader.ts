// What the queries of published objects share: the snapshot they read, the objects they are asked for, and what they
// must know of every organisation.
import type { Knex } from 'knex';
import { lowest } from '../directory/clearance.ts';
import { dayOf } from '../directory/day.ts';
import type { OrganisationRow } from '../directory/tables.ts';
import type { ClearanceLevel } from '../directory/vocabulary.ts';
import type { Stamps } from '../x500/published.ts';

/** Which rows a query is about, by the uuid in one of its columns. */
export interface Selection {
  /** A condition with placeholders for `values`. */
  where(column: string): string;
  values: readonly unknown[];
}

export function among(uuids: Iterable<string>): Selection {
  const list = [...uuids];
  return { where: (column) => `${column} = any(?::uuid[])`, values: [list] };
}

/** The whole of a table. */
export const everything: Selection = { where: () => 'true', values: [] };

export interface Query {
  sql: string;
  values: readonly unknown[];
}

/** The rows of a query that is ordered by `key`, in steps: whoever joins several of them holds one batch of each. */
export interface RowStream<Row> {
  /** The next rows; none at the end. */
  next(): Promise<Row[]>;
  /** The next rows whose key is at or below `last`. */
  upTo(last: string): Promise<Row[]>;
}

export interface OrganisationFacts {
  uuid: string;
  code: string;
  name_en: string;
  name_zh: string;
  parent: string | null;
  modified_at: Date;
  /** The lowest clearance ceiling of the organisation and all above it. */
  ceiling: ClearanceLevel;
}

/** One snapshot of the database at one instant of the directory. */
export interface PublishedReader {
  rows<Row>(sql: string, values: readonly unknown[]): Promise<Row[]>;
  stream<Row>(query: Query, key: keyof Row & string): Promise<RowStream<Row>>;
  /** Resolves when no statement is under way. */
  settled(): Promise<void>;
  now: Date;
  /** The calendar day of `now` in Hong Kong. */
  today: string;
  organisations: ReadonlyMap<string, OrganisationFacts>;
}

/** `valid_from <= now < valid_to` of the named table; takes `now` twice. */
export const isValid = (table: string): string =>
  `${table}.valid_from <= ? and (${table}.valid_to is null or ${table}.valid_to > ?)`;

/** The employment has begun and service has not ended; takes `today` twice. */
export const isServing = (table: string): string =>
  `${table}.start_date <= ?::date and (${table}.last_service_date is null or ${table}.last_service_date >= ?::date)`;

/** Rows that a cursor gives at once: few enough that a batch dies young, or the collector takes more time than the rows. */
const step = 1000;

export async function openReader(transaction: Knex.Transaction, now: Date): Promise<PublishedReader> {
  // One statement after another: streams read ahead, so that the database works while we do.
  let last: Promise<unknown> = Promise.resolve();
  const rows = <Row>(sql: string, values: readonly unknown[]): Promise<Row[]> => {
    const result = last.then(async () => {
      const { rows: found } = await transaction.raw<{ rows: Row[] }>(sql, values as Knex.RawBinding[]);
      return found;
    });
    last = result.catch(() => undefined); // whoever asked hears of it
    return result;
  };
  let cursors = 0;
  const stream = async <Row>({ sql, values }: Query, key: keyof Row & string): Promise<RowStream<Row>> => {
    // A cursor is planned for its first tenth unless told that all of it is wanted; sorts of a whole table stay in memory.
    if (cursors === 0)
      await transaction.raw(`set local cursor_tuple_fraction = 1; set local work_mem = '64MB'`);
    const cursor = `published_${cursors++}`;
    await rows(`declare ${cursor} no scroll cursor for ${sql}`, values);
    return openStream(() => rows<Row>(`fetch ${step} from ${cursor}`, []), key);
  };
  const organisations = await rows<Omit<OrganisationFacts, 'ceiling'> & OrganisationRow>(
    'select uuid, code, name_en, name_zh, parent, modified_at, clearance_ceiling from organisation',
    [],
  );
  const byUuid = new Map(organisations.map((row) => [row.uuid, row]));
  const facts = organisations.map(({ clearance_ceiling, ...row }): [string, OrganisationFacts] => {
    let ceiling = clearance_ceiling;
    let above = row.parent === null ? undefined : byUuid.get(row.parent);
    for (let climbed = 0; above !== undefined && climbed < byUuid.size; climbed++) {
      ceiling = lowest(ceiling, above.clearance_ceiling);
      above = above.parent === null ? undefined : byUuid.get(above.parent);
    }
    return [row.uuid, { ...row, ceiling }];
  });
  const settled = async () => {
    await last;
  };
  return { rows, stream, settled, now, today: dayOf(now), organisations: new Map(facts) };
}

function openStream<Row>(fetch: () => Promise<Row[]>, key: keyof Row & string): RowStream<Row> {
  let held: Row[] = [];
  let ended = false;

  let ahead: Promise<Row[]> | null = null;

  async function fetchMore(): Promise<void> {
    const more = await (ahead ?? fetch());
    ended = more.length === 0;
    ahead = ended ? null : fetch();
    ahead?.catch(() => undefined); // heard of when it is awaited, if it ever is
    held = held.length === 0 ? more : [...held, ...more];
  }

  return {
    async next() {
      if (held.length === 0 && !ended) await fetchMore();
      return held.splice(0);
    },
    async upTo(last) {
      while (!ended && (held.length === 0 || String(held.at(-1)?.[key]) <= last)) await fetchMore();
      const beyond = held.findIndex((row) => String(row[key]) > last);
      return held.splice(0, beyond === -1 ? held.length : beyond);
    },
  };
}

/** The two times of an object out of its row, the rest as the row that is published. */
export function partStamps<Row extends Stamps>(row: Row): { stamps: Stamps; rest: Omit<Row, keyof Stamps> } {
  const { created_at, modified_at, ...rest } = row;
  return { stamps: { created_at, modified_at }, rest };
}

export function latest(first: Date, ...others: (Date | undefined)[]): Date {
  return others.reduce<Date>((last, one) => (one !== undefined && one > last ? one : last), first);
}

/** Rows by the value of one column, each list in the order of the rows. */
export function groupBy<Row, Key>(rows: readonly Row[], keyOf: (row: Row) => Key): Map<Key, Row[]> {
  const groups = new Map<Key, Row[]>();
  for (const row of rows) {
    const key = keyOf(row);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [row]);
    else group.push(row);
  }
  return groups;
}
