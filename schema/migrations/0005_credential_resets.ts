// When somebody other than its holder last set the password of an account, and how often an escrowed key was recovered.
import type { Knex } from 'knex';

export async function up(knex: Knex): Promise<void> {
  await knex.raw(`
    alter table account add column credential_reset_at timestamptz;
    alter table key_escrow add column recoveries integer not null default 0;`);
}

export async function down(knex: Knex): Promise<void> {
  await knex.raw(`
    alter table key_escrow drop column recoveries;
    alter table account drop column credential_reset_at;`);
}
