// The Transaction port: the rows as one command sees and changes them, every write recorded for its change.
import type { Knex } from 'knex';
import type { Transaction } from '../directory/ports.ts';
import type { TableName, Tables } from '../directory/tables.ts';
import { OperationError } from '../errors.ts';
import { columnNames, isStamped } from './columns.ts';
import { groupAncestors, organisationAncestors } from './hierarchy.ts';
import type { Recorder } from './recorder.ts';
import { countRows, findRows, insertRows, parameter, sameValue } from './rows.ts';
import { speaking } from './sqlstate.ts';

type Row<T extends TableName> = Tables[T];

/**
 * Opens the port on a transaction of Knex. READ COMMITTED: a row that `get` returned is locked and cannot change under
 * the command; what must hold across rows is held by constraints and by hierarchy.ts.
 */
export function openTransaction(knex: Knex.Transaction, recorder: Recorder, now: Date): Transaction {
  /** Rows locked by this transaction as they are now: a `get` before an `update` costs no second read. */
  const locked = new Map<string, Row<TableName>>();
  const key = (table: TableName, uuid: string): string => `${table}/${uuid}`;

  async function lockRow<T extends TableName>(table: T, uuid: string): Promise<Row<T> | undefined> {
    const known = locked.get(key(table, uuid));
    if (known !== undefined) return known as Row<T>;
    const row: Row<T> | undefined = await knex(table)
      .select(columnNames(table))
      .where('uuid', parameter(table, 'uuid', uuid))
      .forUpdate()
      .first();
    if (row !== undefined) locked.set(key(table, uuid), row);
    return row;
  }

  async function requireRow<T extends TableName>(table: T, uuid: string): Promise<Row<T>> {
    const row = await lockRow(table, uuid);
    if (row === undefined) throw new OperationError('not_found', `no such ${table}: ${uuid}`);
    return row;
  }

  /** Keeps our own view true after a write and tells the recorder. */
  function wrote<T extends TableName>(table: T, uuid: string, before: Row<T> | null, after: Row<T> | null) {
    if (after === null) locked.delete(key(table, uuid));
    else locked.set(key(table, uuid), after);
    recorder.wrote(table, uuid, before, after);
  }

  return {
    get: (table, uuid) =>
      speaking(async () => {
        const row = await lockRow(table, uuid);
        return row === undefined ? undefined : { ...row };
      }),

    find: (table, where) => speaking(() => findRows(knex, table, where)),
    count: (table, where) => speaking(() => countRows(knex, table, where)),
    hold: (table, where) => speaking(() => findRows(knex, table, where, { hold: true })),

    insert: (table, ...rows) =>
      speaking(async () => {
        const stamps = isStamped(table) ? { created_at: now, modified_at: now } : {};
        await insertRows(knex, table, rows, stamps);
        for (const row of rows) wrote(table, row.uuid, null, { ...row });
      }),

    update: (table, uuid, patch) =>
      speaking(async () => {
        const before = await requireRow(table, uuid);
        const different = Object.entries(patch).filter(
          ([column, value]) => !sameValue(Reflect.get(before, column), value),
        );
        if (different.length === 0) return { ...before }; // nothing to write, nothing to tell
        const changes: Record<string, Knex.Value> = Object.fromEntries(
          different.map(([column, value]) => [column, parameter(table, column, value)]),
        );
        if (isStamped(table)) changes.modified_at = now;
        await knex(table)
          .update(changes)
          .where('uuid', parameter(table, 'uuid', uuid));
        const after = { ...before, ...patch };
        wrote(table, uuid, before, after);
        return { ...after };
      }),

    remove: (table, uuid) =>
      speaking(async () => {
        const before = await requireRow(table, uuid);
        await knex(table)
          .delete()
          .where('uuid', parameter(table, 'uuid', uuid));
        wrote(table, uuid, before, null);
      }),

    touch: (table, uuid) =>
      speaking(async () => {
        const row = await requireRow(table, uuid);
        recorder.wrote(table, uuid, row, row);
      }),

    accountByUid: (uid) =>
      speaking(async () => {
        const row: Tables['account'] | undefined = await knex('account')
          .select(columnNames('account'))
          .whereRaw('lower(uid) = lower(?)', [uid])
          .first();
        return row;
      }),

    groupAncestors: (group) => speaking(() => groupAncestors(knex, group)),
    organisationAncestors: (organisation) => speaking(() => organisationAncestors(knex, organisation)),

    alone: (rule) =>
      speaking(async () => {
        await knex.raw('select pg_advisory_xact_lock(hashtextextended(?, 0))', [`rule ${rule}`]);
      }),

    advanceCursor: (job, to) =>
      speaking(async () => {
        await knex('job_state')
          .insert({ name: job, cursor: JSON.stringify(to) })
          .onConflict('name')
          .merge(['cursor']);
      }),
  };
}
