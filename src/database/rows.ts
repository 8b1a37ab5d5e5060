// Rows in and out: values as the driver wants them, rows compared, selected by equality and inserted many at a time.
import { isDeepStrictEqual } from 'node:util';
import type { Knex } from 'knex';
import type { TableName, Tables } from '../directory/tables.ts';
import { columnNames, columnType } from './columns.ts';

/** PostgreSQL counts the parameters of a statement in 16 bits. */
const mostParameters = 65_535;

/** A value as a parameter: the driver would write a JSON array as an array of PostgreSQL. */
export function parameter(table: TableName, column: string, value: unknown): Knex.Value {
  const type = columnType(table, column);
  if (type === undefined) throw new TypeError(`table ${table} has no column ${column}`);
  if (value === undefined) throw new TypeError(`${table}.${column} is undefined: null is meant`);
  return (type === 'json' && value !== null ? JSON.stringify(value) : value) as Knex.Value;
}

export function sameValue(one: unknown, other: unknown): boolean {
  return one === other || isDeepStrictEqual(one, other);
}

/**
 * Rows whose columns equal `where`, by uuid. A null matches null. `hold` locks them until the transaction ends: not shared,
 * because a writer would wait for as long as others keep coming to share the lock, and writers are served in turn.
 */
export async function findRows<T extends TableName>(
  knex: Knex,
  table: T,
  where: Partial<Tables[T]>,
  { hold = false }: { hold?: boolean } = {},
): Promise<Tables[T][]> {
  const query = knex(table).select(columnNames(table)).orderBy('uuid').where(equalTo(table, where));
  if (hold) query.forNoKeyUpdate();
  const rows: Tables[T][] = await query;
  return rows;
}

export async function countRows<T extends TableName>(
  knex: Knex,
  table: T,
  where: Partial<Tables[T]>,
): Promise<number> {
  const [row] = await knex(table).count({ count: '*' }).where(equalTo(table, where));
  return Number(row?.count ?? 0);
}

function equalTo<T extends TableName>(table: T, where: Partial<Tables[T]>): Knex.QueryCallback {
  return (query) => {
    for (const [column, value] of Object.entries(where)) {
      const operand = parameter(table, column, value);
      if (operand === null) query.whereNull(column);
      else query.where(column, operand);
    }
  };
}

/** Inserts rows, with `extra` columns that are the same for all of them. */
export async function insertRows<T extends TableName>(
  knex: Knex,
  table: T,
  rows: readonly Tables[T][],
  extra: Readonly<Record<string, Knex.Value>>,
): Promise<void> {
  const own = columnNames(table);
  const names = [...own, ...Object.keys(extra)];
  const chunk = Math.floor(mostParameters / names.length);
  const tuple = `(${names.map(() => '?').join(', ')})`;
  for (let from = 0; from < rows.length; from += chunk) {
    const some = rows.slice(from, from + chunk);
    const values = some.flatMap((row) => [
      ...own.map((column) => parameter(table, column, Reflect.get(row, column))),
      ...Object.values(extra),
    ]);
    await knex.raw(
      `insert into ?? (${names.map(() => '??').join(', ')}) values ${some.map(() => tuple).join(', ')}`,
      [table, ...names, ...values],
    );
  }
}
