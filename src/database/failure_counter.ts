// Failed proofs of identity, counted for all workers. One row an account holds the instants within the window.
import type { Knex } from 'knex';
import type { FailureCounter } from '../directory/ports.ts';
import type { Database } from './pool.ts';
import { speaking } from './sqlstate.ts';

/** Instants kept an account: far above any limit that a setting may name. */
const mostKept = 1_000;

export function createFailureCounter({ knex }: Database): FailureCounter {
  return {
    // One statement: of several failures at the same moment each sees the ones before it.
    add: (account, at, windowSeconds) =>
      speaking(async () => {
        const oldest = new Date(at.getTime() - windowSeconds * 1_000);
        const { rows } = await knex.raw<{ rows: [{ failures: number }] }>(
          `insert into authentication_failure as failure (account, at) values (?::uuid, array[?::timestamptz])
           on conflict (account) do update set at = (array(
             select instant from unnest(failure.at) instant where instant > ? order by instant desc limit ?
           ) || excluded.at)
           returning cardinality(at) as failures`,
          [account, at, oldest, mostKept] as Knex.RawBinding[],
        );
        return rows[0].failures;
      }),

    clear: (account) =>
      speaking(async () => {
        await knex('authentication_failure').delete().where({ account });
      }),
  };
}
