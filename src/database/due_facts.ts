// Dated facts by the instants at which they begin and end, and how far each job has come with them.
import type { Knex } from 'knex';
import { dayOf } from '../directory/day.ts';
import type { DueFact, DueFacts, JobCursor } from '../directory/ports.ts';
import type { TableName } from '../directory/tables.ts';
import type { Database } from './pool.ts';
import { speaking } from './sqlstate.ts';

const periodTables = [
  'organisation',
  'unit',
  'post',
  'mail_address',
  'assignment',
  'clearance',
  'group_member',
] as const satisfies readonly TableName[];

/** Days of an employment and how long after their first instant they count: a last day counts when it is over. */
const dayColumns = [
  { column: 'start_date', daysLater: 0 },
  { column: 'last_duty_date', daysLater: 1 },
  { column: 'last_service_date', daysLater: 1 },
] as const;

const boundaries = [
  ...periodTables.flatMap((table) =>
    ['valid_from', 'valid_to'].map(
      (column) => `select '${table}' as "table", uuid, ${column} as at from "${table}"
       where ${column} > :after and ${column} <= :upTo`,
    ),
  ),
  // Compared as days, so that the index on the column serves; day.ts: Hong Kong is UTC+8 all year.
  ...dayColumns.map(
    ({ column, daysLater }) => `select 'employment', uuid,
       cast(${column} + ${daysLater} as timestamp) at time zone interval '+08:00' from employment
     where ${column} > cast(:afterDay as date) - ${daysLater} and ${column} <= cast(:upToDay as date) - ${daysLater}`,
  ),
].join('\nunion all\n');

export function createDueFacts({ knex }: Database): DueFacts {
  return {
    due: (after, upTo, limit) =>
      speaking(async () => {
        const { rows } = await knex.raw<{ rows: DueFact[] }>(
          `${boundaries} order by at fetch first :limit rows with ties`,
          { after, upTo, afterDay: dayOf(after), upToDay: dayOf(upTo), limit } as Knex.ValueDict,
        );
        return rows;
      }),
  };
}

export function createJobCursor({ knex }: Database): JobCursor {
  return {
    read: (job) =>
      speaking(async () => {
        const row: { cursor: string } | undefined = await knex('job_state')
          .select('cursor')
          .where('name', job)
          .first();
        return row === undefined ? null : new Date(row.cursor);
      }),
  };
}
