// Ends of sessions and the notices that follow them. Deleting, noting whom to tell, and how far the feed was followed
// are one transaction: a crash loses none of it, and repeats none.
import type { LogoutNotice, SessionEndStore } from '../directory/ports.ts';
import type { Database } from './pool.ts';
import { speaking } from './sqlstate.ts';

const job = 'session ends';

export function createSessionEndStore({ knex }: Database): SessionEndStore {
  return {
    position: () =>
      speaking(async () => {
        const row: { cursor: number } | undefined = await knex('job_state')
          .select('cursor')
          .where('name', job)
          .first();
        return row?.cursor ?? 0;
      }),

    end: (ends, position, now) =>
      speaking(() =>
        knex.transaction(async (transaction) => {
          const touched = ends.map(({ subject, until }) => ({ subject, until: until.toISOString() }));
          const { rows } = await transaction.raw<{ rows: { client_id: string; subject: string }[] }>(
            `with touched as (
               select * from jsonb_to_recordset(cast(:touched as jsonb)) as t (subject text, until timestamptz)
             ), ended as (
               delete from oidc_artifact using touched
               where account_id = touched.subject and created_at <= touched.until
               returning model, account_id, payload
             )
             insert into logout_notice (client_id, subject, sid, created_at, due_at)
             select client.key, ended.account_id, client.value ->> 'sid', :now, :now
             from ended cross join lateral jsonb_each(
               case jsonb_typeof(ended.payload -> 'authorizations') when 'object' then ended.payload -> 'authorizations' end
             ) as client
             where ended.model = 'Session'
             returning client_id, subject`,
            { touched: JSON.stringify(touched), now },
          );
          await transaction('job_state')
            .insert({ name: job, cursor: JSON.stringify(position) })
            .onConflict('name')
            .merge(['cursor']);
          return rows.map(({ client_id, subject }) => ({ clientId: client_id, subject }));
        }),
      ),

    clientsDue: (at) =>
      speaking(() =>
        knex('logout_notice').distinct('client_id').where('due_at', '<=', at).pluck('client_id'),
      ),

    due: (clientId, at, limit) =>
      speaking(async () => {
        const rows: (Omit<LogoutNotice, 'clientId'> & { client_id: string })[] = await knex('logout_notice')
          .select('id', 'client_id', 'subject', 'sid', 'attempts', 'created_at')
          .where('client_id', clientId)
          .where('due_at', '<=', at)
          .orderBy('due_at')
          .orderBy('id')
          .limit(limit);
        return rows.map(({ client_id, ...row }) => ({ clientId: client_id, ...row }));
      }),

    settle: (settled, later) =>
      speaking(() =>
        knex.transaction(async (transaction) => {
          if (settled.length > 0) await transaction('logout_notice').delete().whereIn('id', settled);
          const next = later.map(({ id, at }) => ({ id, at: at.toISOString() }));
          if (next.length === 0) return;
          await transaction.raw(
            `update logout_notice set attempts = attempts + 1, due_at = next.at
             from jsonb_to_recordset(cast(:next as jsonb)) as next (id bigint, at timestamptz)
             where logout_notice.id = next.id`,
            { next: JSON.stringify(next) },
          );
        }),
      ),
  };
}
