// The PasswordHistory port on PostgreSQL.
import type { PasswordHistory } from '../directory/ports.ts';
import { columnNames } from './columns.ts';
import type { Database } from './pool.ts';
import { speaking } from './sqlstate.ts';

export function createPasswordHistory({ knex }: Database): PasswordHistory {
  return {
    of: (account) =>
      speaking(async () => {
        const [current] = await knex('credential')
          .select(columnNames('credential'))
          .where({ account, kind: 'password' });
        const former: { secret: string }[] = await knex('credential_history')
          .select('secret')
          .where('account', account)
          .orderBy('ended_at', 'desc');
        return { current, former: former.map((one) => one.secret) };
      }),
  };
}
