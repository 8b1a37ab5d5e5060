// What ends sessions remembers: since when each stored object of the OpenID Provider stands, which relying systems are
// yet to be told of a logout, and how far the feed was followed.
import type { Knex } from 'knex';

/** created_at has a default that is the same for all rows, so that the table is not rewritten. */
const sessionEnds = `
  alter table oidc_artifact add column created_at timestamptz not null default now();

  create table logout_notice (
    id bigint generated always as identity primary key,
    client_id text not null,
    subject text not null,
    sid text,
    created_at timestamptz not null,
    attempts integer not null default 0,
    due_at timestamptz not null
  ) with (fillfactor = 80, autovacuum_vacuum_scale_factor = 0.05, autovacuum_vacuum_threshold = 5000);
  create index logout_notice_client_id on logout_notice (client_id, due_at);

  insert into job_state (name, cursor) select 'session ends', to_jsonb(number) from change_counter;`;

export async function up(knex: Knex): Promise<void> {
  await knex.raw(sessionEnds);
}

export async function down(knex: Knex): Promise<void> {
  await knex.raw(`
    delete from job_state where name = 'session ends';
    drop table logout_notice;
    alter table oidc_artifact drop column created_at`);
}
