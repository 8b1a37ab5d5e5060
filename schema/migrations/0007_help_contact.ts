// Whom the people of a bureau or department ask for help with their accounts.
import type { Knex } from 'knex';

export async function up(knex: Knex): Promise<void> {
  await knex.raw(`
    alter table organisation add column help_contact_en text;
    alter table organisation add column help_contact_zh text;`);
}

export async function down(knex: Knex): Promise<void> {
  await knex.raw('alter table organisation drop column help_contact_en, drop column help_contact_zh');
}
