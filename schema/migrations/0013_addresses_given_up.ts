// An address that a person, post or group gave up still receives what was meant for it: mail_name keeps it with its former
// holder, and for a year nobody else takes it.
import type { Knex } from 'knex';

const holders = `
  alter table mail_name add column holder uuid, add column ended_at timestamptz;
  update mail_name set holder = person from mail_address where mail_name.address = lower(mail_address.address);
  update mail_name set holder = uuid from post where mail_name.address = lower(post.mail);
  update mail_name set holder = uuid from "group" where mail_name.address = lower("group".mail);
  alter table mail_name alter column holder set not null;

  create or replace function keep_names_of_people() returns trigger language plpgsql
    security definer set search_path = public, pg_temp as $$
  declare
    taken bigint;
    wanted bigint;
  begin
    if tg_op <> 'INSERT' then
      update mail_name set ended_at = now() from gone
        where mail_name.address = lower(gone.address) and mail_name.holder = gone.person;
    end if;
    if tg_op <> 'DELETE' then
      insert into mail_name (address, holder)
        select distinct on (lower(address)) lower(address), person from added
        on conflict (address) do update set holder = excluded.holder, ended_at = null
          where mail_name.holder = excluded.holder or mail_name.ended_at <= now() - interval '1 year';
      get diagnostics taken = row_count;
      select count(*) into wanted from added;
      if taken < wanted then
        raise unique_violation using message = 'a mail address is held or held back', constraint = 'mail_name_is_unique';
      end if;
    end if;
    return null;
  end $$;

  create or replace function keep_names_of_others() returns trigger language plpgsql
    security definer set search_path = public, pg_temp as $$
  declare
    taken bigint;
    wanted bigint;
  begin
    if tg_op <> 'INSERT' then
      update mail_name set ended_at = now() from gone
        where mail_name.address = lower(gone.mail) and mail_name.holder = gone.uuid;
    end if;
    if tg_op <> 'DELETE' then
      insert into mail_name (address, holder)
        select distinct on (lower(mail)) lower(mail), uuid from added where mail is not null
        on conflict (address) do update set holder = excluded.holder, ended_at = null
          where mail_name.holder = excluded.holder or mail_name.ended_at <= now() - interval '1 year';
      get diagnostics taken = row_count;
      select count(*) into wanted from added where mail is not null;
      if taken < wanted then
        raise unique_violation using message = 'a mail address is held or held back', constraint = 'mail_name_is_unique';
      end if;
    end if;
    return null;
  end $$;
`;

const withoutHolders = `
  delete from mail_name where ended_at is not null;

  create or replace function keep_names_of_people() returns trigger language plpgsql
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

  create or replace function keep_names_of_others() returns trigger language plpgsql
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

  alter table mail_name drop column holder, drop column ended_at;`;

export async function up(knex: Knex): Promise<void> {
  await knex.raw(holders);
}

export async function down(knex: Knex): Promise<void> {
  await knex.raw(withoutHolders);
}
