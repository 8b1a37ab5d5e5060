// Who may enter a relying system: the clearance and the strength of proof that it asks for. Without a strength of its own
// the classification decides.
import type { Knex } from 'knex';

export async function up(knex: Knex): Promise<void> {
  await knex.raw(`
    alter table relying_system
      add column minimum_clearance text not null default 'NONE'
        constraint relying_system_minimum_clearance_is_known
        check (minimum_clearance in ('NONE', 'RESTRICTED', 'CONFIDENTIAL', 'SECRET', 'TOP_SECRET')),
      add column minimum_strength text
        constraint relying_system_minimum_strength_is_known
        check (minimum_strength in ('password', 'second_factor', 'certificate'));`);
}

export async function down(knex: Knex): Promise<void> {
  await knex.raw('alter table relying_system drop column minimum_clearance, drop column minimum_strength');
}
