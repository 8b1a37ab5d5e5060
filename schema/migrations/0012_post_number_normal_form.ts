// A post is named by its number (cn), and caseIgnoreMatch (RFC 4517 4.2.11) counts neither case nor how many spaces there are:
// so does the index that keeps numbers apart.
import type { Knex } from 'knex';

const normalForm = `lower(regexp_replace(number, ' +', ' ', 'g'))`;

export async function up(knex: Knex): Promise<void> {
  // Which of two equal numbers is wrong, no migration knows; whoever runs it is told which they are.
  await knex.raw(`
    do $$
    declare
      equal text;
    begin
      select string_agg(numbers, '; ') into equal from (
        select organisation.code || ': ' || string_agg(quote_literal(post.number), ', ' order by post.number) as numbers
        from post join organisation on organisation.uuid = post.organisation
        group by organisation.uuid, organisation.code, ${normalForm}
        having count(*) > 1
      ) as twice;
      if equal is not null then
        raise exception 'posts whose numbers differ in case or spaces only: change one of each, then migrate again: %', equal;
      end if;
    end $$;

    drop index post_number_is_unique;
    create unique index post_number_is_unique on post (organisation, ${normalForm});`);
}

export async function down(knex: Knex): Promise<void> {
  await knex.raw(`
    drop index post_number_is_unique;
    create unique index post_number_is_unique on post (organisation, lower(number));`);
}
