// A post has one substantive holder at a time; who acts in it or doubles up there stands beside. Where two were recorded, the
// one who came later doubles up.
import type { Knex } from 'knex';

export async function up(knex: Knex): Promise<void> {
  await knex.raw(`
    update assignment later set kind = 'doubling_up'
    where later.kind = 'substantive' and exists (
      select from assignment earlier
      where earlier.post = later.post and earlier.kind = 'substantive'
        and (earlier.valid_from, earlier.uuid) < (later.valid_from, later.uuid)
        and tstzrange(earlier.valid_from, earlier.valid_to) && tstzrange(later.valid_from, later.valid_to)
    );
    alter table assignment add constraint assignment_one_substantive_holder exclude using gist
      (post with =, tstzrange(valid_from, valid_to) with &&) where (kind = 'substantive');`);
}

export async function down(knex: Knex): Promise<void> {
  await knex.raw('alter table assignment drop constraint assignment_one_substantive_holder');
}
