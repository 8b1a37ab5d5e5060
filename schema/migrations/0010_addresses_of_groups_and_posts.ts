// Groups and posts may have a mail address. An address belongs to one person, post or group: mail_name holds each once, kept
// by triggers of a statement, so that loading many people costs one statement more and not one each.
import type { Knex } from 'knex';

const names = `
  create table mail_name (address text not null constraint mail_name_is_unique primary key);

  alter table post add column mail text;
  alter table "group" add column mail text;

  insert into mail_name (address) select lower(address) from mail_address;

  create function keep_names_of_people() returns trigger language plpgsql
    security definer set search_path = public, pg_temp as $$
  begin
    if tg_op <> 'INSERT' then
      delete from mail_name where address in (select lower(address) from gone);
    end if;
    if tg_op <> 'DELETE' then
      insert into mail_name (address) select lower(address) from added;
    end if;
    return null;
  end $$;

  create function keep_names_of_others() returns trigger language plpgsql
    security definer set search_path = public, pg_temp as $$
  begin
    if tg_op <> 'INSERT' then
      delete from mail_name where address in (select lower(mail) from gone);
    end if;
    if tg_op <> 'DELETE' then
      insert into mail_name (address) select lower(mail) from added where mail is not null;
    end if;
    return null;
  end $$;

  create trigger mail_address_added after insert on mail_address referencing new table as added
    for each statement execute function keep_names_of_people();
  create trigger mail_address_changed after update on mail_address referencing old table as gone new table as added
    for each statement execute function keep_names_of_people();
  create trigger mail_address_gone after delete on mail_address referencing old table as gone
    for each statement execute function keep_names_of_people();

  create trigger post_mail_added after insert on post referencing new table as added
    for each statement execute function keep_names_of_others();
  create trigger post_mail_changed after update on post referencing old table as gone new table as added
    for each statement execute function keep_names_of_others();
  create trigger post_mail_gone after delete on post referencing old table as gone
    for each statement execute function keep_names_of_others();

  create trigger group_mail_added after insert on "group" referencing new table as added
    for each statement execute function keep_names_of_others();
  create trigger group_mail_changed after update on "group" referencing old table as gone new table as added
    for each statement execute function keep_names_of_others();
  create trigger group_mail_gone after delete on "group" referencing old table as gone
    for each statement execute function keep_names_of_others();`;

export async function up(knex: Knex): Promise<void> {
  await knex.raw(names);
}

export async function down(knex: Knex): Promise<void> {
  await knex.raw(`
    drop function keep_names_of_people() cascade;
    drop function keep_names_of_others() cascade;
    alter table "group" drop column mail;
    alter table post drop column mail;
    drop table mail_name;`);
}
