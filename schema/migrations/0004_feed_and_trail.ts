// The change feed with its gapless counter, the hash-chained audit trail, and what jobs remember between runs.
import type { Knex } from 'knex';

/**
 * The counters are one row each, locked from the moment a number is taken until the transaction ends: numbers are
 * committed in their order and none is lost. A sequence promises neither. The free space keeps every update within
 * its page (HOT), so that the row does not drag its index along.
 */
const feed = `
  create table change_counter (
    only_row boolean primary key default true check (only_row),
    number bigint not null
  ) with (fillfactor = 10, autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 1000);
  insert into change_counter (number) values (0);

  create table change (
    number bigint primary key,
    at timestamptz not null,
    command text not null,
    account uuid,
    post uuid,
    origin text not null,
    request text not null,
    rows jsonb not null
  );
  create index change_at on change (at);`;

const trail = `
  create table audit_counter (
    only_row boolean primary key default true check (only_row),
    number bigint not null,
    hash bytea not null
  ) with (fillfactor = 10, autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 1000);
  insert into audit_counter (number, hash) values (0, '');

  create table audit_event (
    number bigint primary key,
    at timestamptz not null,
    origin text not null,
    address text,
    account text,
    uid text,
    relying_system text,
    request text not null,
    event jsonb not null,
    previous_hash bytea not null,
    hash bytea not null
  );
  create index audit_event_at on audit_event (at);`;

const jobs = `
  create table job_state (
    name text primary key,
    cursor jsonb not null
  );`;

export async function up(knex: Knex): Promise<void> {
  await knex.raw(feed + trail + jobs);
}

export async function down(knex: Knex): Promise<void> {
  await knex.raw('drop table job_state, audit_event, audit_counter, change, change_counter');
}
