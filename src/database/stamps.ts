// modified_at of published objects: a change to a fact about an object (a mail address, a membership) is a change of
// the object. Objects that a command wrote themselves were stamped with the write.
import type { Knex } from 'knex';
import type { RecordedRow, RowChange } from '../directory/change.ts';
import type { TableName } from '../directory/tables.ts';
import { isStamped, type StampedTable } from './columns.ts';

/** Which published objects each fact belongs to: columns of the fact, by the object's table. */
const owners: Partial<Record<TableName, Partial<Record<StampedTable, string>>>> = {
  post_role: { post: 'post' },
  mail_address: { person: 'person' },
  employment: { person: 'person' },
  assignment: { person: 'person', post: 'post' },
  clearance: { person: 'person' },
  account: { person: 'person', relying_system: 'relying_system' },
  group_member: { group: 'group' },
  certificate: { person: 'person' },
};

/** Sets modified_at of every object that `rows` tell of and that was not written itself. */
export async function stampOwners(knex: Knex, rows: readonly RowChange[], at: Date): Promise<void> {
  const stale = new Map<StampedTable, Set<string>>();
  const add = (table: StampedTable, uuid: unknown): void => {
    if (typeof uuid !== 'string') return;
    const uuids = stale.get(table) ?? new Set();
    stale.set(table, uuids.add(uuid));
  };
  for (const row of rows) {
    if (isStamped(row.table) && row.after !== null) add(row.table, row.uuid); // touched ones are not written
    for (const [table, column] of ownersOf(row.table)) {
      for (const side of sidesOf(row)) add(table, side[column]);
    }
  }
  for (const [table, uuids] of [...stale].sort(([one], [other]) => (one < other ? -1 : 1))) {
    await knex.raw('update ?? set modified_at = ? where uuid = any(?::uuid[]) and modified_at < ?', [
      table,
      at,
      [...uuids].sort(),
      at,
    ] as Knex.RawBinding[]);
  }
}

function ownersOf(table: TableName): [StampedTable, string][] {
  return Object.entries(owners[table] ?? {}) as [StampedTable, string][];
}

function sidesOf(row: RowChange): RecordedRow[] {
  return [row.before, row.after].filter((side) => side !== null);
}
