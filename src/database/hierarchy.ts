// What lies above an organisation or a group, and the check that nothing ends up above itself.
import type { Knex } from 'knex';
import type { RowChange } from '../directory/change.ts';
import type { TableName } from '../directory/tables.ts';
import { OperationError } from '../errors.ts';

/** All groups that `group` is (transitively) a member of, itself included. */
export async function groupAncestors(knex: Knex, group: string): Promise<string[]> {
  const { rows } = await knex.raw<{ rows: { uuid: string }[] }>(
    `with recursive above(uuid) as (
       select ?::uuid
       union
       select member."group" from group_member member join above on member.member_group = above.uuid
     )
     select uuid from above`,
    [group],
  );
  return rows.map((row) => row.uuid);
}

/** The organisation and everything above it, nearest first; nothing when there is no such organisation. */
export async function organisationAncestors(knex: Knex, organisation: string): Promise<string[]> {
  const { rows } = await knex.raw<{ rows: { uuid: string }[] }>(
    `with recursive above(uuid, parent, distance) as (
       select uuid, parent, 0 from organisation where uuid = ?::uuid
       union all
       select organisation.uuid, organisation.parent, distance + 1
       from organisation join above on organisation.uuid = above.parent
     ) cycle uuid set looped using path
     select uuid from above where not looped order by distance`,
    [organisation],
  );
  return rows.map((row) => row.uuid);
}

/** The upward edges of each hierarchy: from `child` of a row to `parent` of it. */
const hierarchies = [
  { table: 'organisation', child: 'uuid', parent: 'parent' },
  { table: 'unit', child: 'uuid', parent: 'parent' },
  { table: 'group_member', child: 'member_group', parent: 'group' },
] as const satisfies readonly { table: TableName; child: string; parent: string }[];

/**
 * Refuses a change that puts something above itself. Commands check before they write, but two of them may each add
 * half of a circle. Called while the change counter is held: what committed before is visible, and nothing commits
 * in between. Error: conflict.
 */
export async function requireNoCircle(knex: Knex, rows: readonly RowChange[]): Promise<void> {
  for (const { table, child, parent } of hierarchies) {
    const children = rows
      .filter((row) => row.table === table && row.after?.[parent] != null && row.after[child] != null)
      .filter(
        ({ before, after }) => before?.[parent] !== after?.[parent] || before?.[child] !== after?.[child],
      )
      .map((row) => row.after?.[child]);
    if (children.length === 0) continue;
    const circle = await knex.raw<{ rows: unknown[] }>(
      `with recursive above(start, uuid) as (
         select ??, ?? from ?? where ?? = any(?::uuid[]) and ?? is not null
         union
         select above.start, edge.?? from ?? edge join above on edge.?? = above.uuid where edge.?? is not null
       )
       select 1 from above where start = uuid limit 1`,
      [child, parent, table, child, children, parent, parent, table, child, parent] as Knex.RawBinding[],
    );
    if (circle.rows.length > 0) throw new OperationError('conflict', `${table} would lie above itself`);
  }
}
