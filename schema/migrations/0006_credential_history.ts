// Hashes of passwords that were in force before.
import type { Knex } from 'knex';

export async function up(knex: Knex): Promise<void> {
  await knex.raw(`
    create table credential_history (
      uuid uuid primary key,
      account uuid not null constraint credential_history_account_exists references account,
      secret text not null,
      ended_at timestamptz not null
    );
    create index credential_history_account on credential_history (account);`);
}

export async function down(knex: Knex): Promise<void> {
  await knex.raw('drop table credential_history');
}
