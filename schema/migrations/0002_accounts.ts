// Relying systems, accounts and their credentials, clearances, groups, and the state of sign-on.
import type { Knex } from 'knex';
import { effectivePeriod, objectStamps, periodIndexes } from './constraint.ts';

const relyingSystems = `
  create table relying_system (
    uuid uuid primary key,
    code text not null,
    name_en text not null,
    name_zh text not null,
    organisation uuid not null constraint relying_system_organisation_exists references organisation,
    information_owner text not null,
    classification text not null
      constraint relying_system_classification_is_known check (classification in ('NONE', 'RESTRICTED', 'CONFIDENTIAL', 'SECRET', 'TOP_SECRET')),
    released_attributes text[] not null default '{}',
    population uuid[],
    clearance_approved boolean not null,
    client jsonb,
    ${objectStamps}
  );
  create unique index relying_system_code_is_unique on relying_system (lower(code));
  create index relying_system_organisation on relying_system (organisation);`;

/** A login name is never reused, so its row is never removed. A person has one personal account that is not a tombstone. */
const accounts = `
  create table account (
    uuid uuid primary key,
    uid text not null constraint account_uid_is_not_empty check (uid <> ''),
    kind text not null constraint account_kind_is_known check (kind in ('personal', 'privileged', 'service', 'shared', 'break_glass')),
    person uuid constraint account_person_exists references person,
    relying_system uuid constraint account_relying_system_exists references relying_system,
    state text not null constraint account_state_is_known check (state in ('PENDING', 'INVITED', 'ACTIVE', 'LOCKED', 'SUSPENDED', 'DORMANT', 'FINAL_LEAVE', 'DISABLED', 'RETAINED', 'ARCHIVED')),
    locked_until timestamptz,
    expires_at timestamptz,
    sessions_valid_from timestamptz not null,
    created_at timestamptz not null,
    constraint account_of_a_person check (kind not in ('personal', 'privileged') or person is not null),
    constraint account_of_a_relying_system check (relying_system is null or kind = 'service')
  );
  create unique index account_uid_is_unique on account (lower(uid));
  create unique index account_one_personal on account (person) where kind = 'personal' and state <> 'ARCHIVED';
  create index account_person on account (person);
  create index account_relying_system on account (relying_system);

  create table credential (
    uuid uuid primary key,
    account uuid not null constraint credential_account_exists references account,
    kind text not null constraint credential_kind_is_known check (kind in ('password', 'totp', 'webauthn', 'recovery_code', 'app_password', 'bearer_token', 'client_secret')),
    label text not null,
    secret text not null,
    must_change boolean not null,
    created_at timestamptz not null,
    expires_at timestamptz
  );
  create unique index credential_one_password on credential (account) where kind = 'password';
  create index credential_account on credential (account);`;

const clearances = `
  create table clearance (
    uuid uuid primary key,
    person uuid not null constraint clearance_person_exists references person,
    level text not null constraint clearance_level_is_known check (level in ('NONE', 'RESTRICTED', 'CONFIDENTIAL', 'SECRET', 'TOP_SECRET')),
    check_type text not null constraint clearance_check_type_is_known check (check_type in ('none', 'appointment', 'normal', 'extended')),
    basis text not null,
    granted_by uuid not null constraint clearance_granted_by_exists references account,
    status text not null constraint clearance_status_is_known check (status in ('active', 'withdrawn')),
    ${effectivePeriod},
    constraint clearance_one_active exclude using gist
      (person with =, tstzrange(valid_from, valid_to) with &&) where (status = 'active') deferrable initially deferred
  );
  create index clearance_person on clearance (person);
  ${periodIndexes('clearance')}`;

const groups = `
  create table "group" (
    uuid uuid primary key,
    name text not null constraint group_name_is_not_empty check (name <> ''),
    description text,
    organisation uuid constraint group_organisation_exists references organisation,
    kind text not null constraint group_kind_is_known check (kind in ('static', 'rule', 'approval')),
    rule jsonb,
    gid_number integer constraint group_gid_number_is_positive check (gid_number > 0),
    ${objectStamps},
    constraint group_rule_of_a_rule_group check ((kind = 'rule') = (rule is not null))
  );
  create unique index group_name_is_unique on "group" (lower(name));
  create unique index group_gid_number_is_unique on "group" (gid_number);
  create index group_organisation on "group" (organisation);

  create table group_member (
    uuid uuid primary key,
    "group" uuid not null constraint group_member_group_exists references "group",
    person uuid constraint group_member_person_exists references person,
    member_group uuid constraint group_member_member_group_exists references "group",
    ${effectivePeriod},
    constraint group_member_is_one_member check (num_nonnulls(person, member_group) = 1),
    constraint group_is_not_its_own_member check (member_group <> "group")
  );
  create unique index group_member_person_is_unique on group_member ("group", person)
    where person is not null and valid_to is null;
  create unique index group_member_group_is_unique on group_member ("group", member_group)
    where member_group is not null and valid_to is null;
  create index group_member_group on group_member ("group");
  create index group_member_person on group_member (person) where person is not null;
  create index group_member_member_group on group_member (member_group) where member_group is not null;
  ${periodIndexes('group_member')}`;

/**
 * Kept outside the feed. oidc_artifact lives by short-lived rows: autovacuum has to come often, or index and table grow
 * without end (reports of 22 GB for rows long expired). Its columns repeat what is searched for inside the payload,
 * since an expression over jsonb loses its index under a generic plan.
 */
const signOn = `
  create table authentication_failure (
    account uuid primary key,
    at timestamptz[] not null
  );

  create table oidc_artifact (
    model text not null,
    id text not null,
    payload jsonb not null,
    grant_id text,
    uid text,
    user_code text,
    account_id text,
    consumed_at timestamptz,
    expires_at timestamptz,
    primary key (model, id)
  ) with (fillfactor = 80, autovacuum_vacuum_scale_factor = 0.05, autovacuum_vacuum_threshold = 5000,
          autovacuum_analyze_scale_factor = 0.05);
  create index oidc_artifact_grant_id on oidc_artifact (grant_id) where grant_id is not null;
  create index oidc_artifact_uid on oidc_artifact (model, uid) where uid is not null;
  create index oidc_artifact_user_code on oidc_artifact (model, user_code) where user_code is not null;
  create index oidc_artifact_account_id on oidc_artifact (account_id) where account_id is not null;
  create index oidc_artifact_expires_at on oidc_artifact (expires_at) where expires_at is not null;`;

export async function up(knex: Knex): Promise<void> {
  await knex.raw(relyingSystems + accounts + clearances + groups + signOn);
}

export async function down(knex: Knex): Promise<void> {
  await knex.raw(`drop table oidc_artifact, authentication_failure, group_member, "group", clearance, credential,
    account, relying_system`);
}
