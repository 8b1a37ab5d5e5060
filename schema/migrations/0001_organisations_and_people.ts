// Organisations, units, posts, people and who holds which post when (DESIGN.md section 3).
import type { Knex } from 'knex';
import { effectivePeriod, objectStamps, periodIndexes } from './constraint.ts';

/** Exclusion constraints over a uuid and a period need btree_gist, a trusted extension of PostgreSQL's own contrib. */
const extensions = 'create extension if not exists btree_gist;';

const codeLists = `
  create table clearance_level (
    code text primary key check (code in ('NONE', 'RESTRICTED', 'CONFIDENTIAL', 'SECRET', 'TOP_SECRET')),
    ordinal integer not null unique
  );
  insert into clearance_level (code, ordinal) values
    ('NONE', 0), ('RESTRICTED', 1), ('CONFIDENTIAL', 2), ('SECRET', 3), ('TOP_SECRET', 4);
  create table rank (
    uuid uuid primary key,
    code text not null constraint rank_code_is_unique unique,
    name_en text not null,
    name_zh text not null,
    seniority integer not null
  );`;

const organisations = `
  create table organisation (
    uuid uuid primary key,
    code text not null constraint organisation_code_is_upper_case check (code = upper(code) and code <> ''),
    name_en text not null,
    name_zh text not null,
    kind text not null constraint organisation_kind_is_known check (kind in ('bureau', 'branch', 'department', 'office', 'external')),
    parent uuid constraint organisation_parent_exists references organisation,
    mail_domain text,
    stroke_order integer,
    clearance_ceiling text not null
      constraint organisation_clearance_ceiling_is_known check (clearance_ceiling in ('NONE', 'RESTRICTED', 'CONFIDENTIAL', 'SECRET', 'TOP_SECRET')),
    extension jsonb not null default '{}',
    ${effectivePeriod},
    ${objectStamps},
    constraint organisation_is_not_its_own_parent check (parent <> uuid)
  );
  create unique index organisation_code_is_unique on organisation (lower(code));
  create index organisation_parent on organisation (parent);

  create table organisation_succession (
    uuid uuid primary key,
    predecessor uuid not null constraint organisation_succession_predecessor_exists references organisation,
    successor uuid not null constraint organisation_succession_successor_exists references organisation,
    kind text not null constraint organisation_succession_kind_is_known
      check (kind in ('rename', 'merge', 'split', 'transfer')),
    effective timestamptz not null
  );
  create index organisation_succession_predecessor on organisation_succession (predecessor);
  create index organisation_succession_successor on organisation_succession (successor);`;

/** A unit, its parent and the posts in it belong to one organisation; checked at commit, so that a transfer moves all. */
const unitsAndPosts = `
  create table unit (
    uuid uuid primary key,
    organisation uuid not null constraint unit_organisation_exists references organisation,
    parent uuid,
    code text not null,
    name_en text not null,
    name_zh text,
    kind text not null constraint unit_kind_is_known check (kind in ('branch', 'division', 'section', 'team')),
    ${effectivePeriod},
    ${objectStamps},
    constraint unit_uuid_organisation_key unique (uuid, organisation),
    constraint unit_parent_is_of_the_organisation foreign key (parent, organisation)
      references unit (uuid, organisation) deferrable initially deferred,
    constraint unit_is_not_its_own_parent check (parent <> uuid)
  );
  create unique index unit_code_is_unique on unit (organisation, lower(code));
  create index unit_parent on unit (parent);

  create table post (
    uuid uuid primary key,
    organisation uuid not null constraint post_organisation_exists references organisation,
    unit uuid,
    number text not null,
    title_en text not null,
    title_zh text,
    rank text constraint post_rank_exists references rank (code),
    kind text not null constraint post_kind_is_known check (kind in ('permanent', 'supernumerary', 'time_limited')),
    required_clearance text not null
      constraint post_required_clearance_is_known check (required_clearance in ('NONE', 'RESTRICTED', 'CONFIDENTIAL', 'SECRET', 'TOP_SECRET')),
    telephone text,
    fax text,
    room text,
    extension jsonb not null default '{}',
    ${effectivePeriod},
    ${objectStamps},
    constraint post_unit_is_of_the_organisation foreign key (unit, organisation)
      references unit (uuid, organisation) deferrable initially deferred
  );
  create unique index post_number_is_unique on post (organisation, lower(number));
  create index post_unit on post (unit);
  ${periodIndexes('post')}

  create table post_role (
    uuid uuid primary key,
    post uuid not null constraint post_role_post_exists references post,
    role text not null constraint post_role_role_is_known check (role in ('directory_administrator', 'group_manager', 'clearance_officer', 'certificate_officer', 'system_administrator', 'auditor', 'help_desk')),
    organisation uuid constraint post_role_organisation_exists references organisation
  );
  create unique index post_role_is_unique on post_role (post, role, organisation) nulls not distinct;
  create index post_role_organisation on post_role (organisation);`;

const people = `
  create table person (
    uuid uuid primary key,
    surname text not null,
    given_name text not null,
    english_name text,
    name_zh text,
    aliases text[] not null default '{}',
    preferred_language text not null
      constraint person_preferred_language_is_known check (preferred_language in ('en', 'zh-Hant')),
    extension jsonb not null default '{}',
    ${objectStamps}
  );

  create table mail_address (
    uuid uuid primary key,
    person uuid not null constraint mail_address_person_exists references person,
    address text not null,
    is_primary boolean not null,
    ${effectivePeriod},
    constraint mail_address_one_primary exclude using gist
      (person with =, tstzrange(valid_from, valid_to) with &&) where (is_primary) deferrable initially deferred
  );
  create unique index mail_address_is_unique on mail_address (lower(address));
  create index mail_address_person on mail_address (person);
  ${periodIndexes('mail_address')}

  create table employment (
    uuid uuid primary key,
    person uuid not null constraint employment_person_exists references person,
    organisation uuid not null constraint employment_organisation_exists references organisation,
    source text not null,
    staff_number text not null,
    category text not null constraint employment_category_is_known check (category in ('civil_servant', 'agreement', 'ncsc', 'prsc', 't_contract', 'agency', 'vendor', 'secondee')),
    start_date date not null,
    last_duty_date date,
    last_service_date date,
    constraint employment_uuid_person_key unique (uuid, person),
    constraint employment_duty_ends_after_start check (last_duty_date >= start_date),
    constraint employment_service_ends_after_start check (last_service_date >= start_date),
    constraint employment_service_ends_after_duty check (last_service_date >= last_duty_date)
  );
  create unique index employment_staff_number_is_unique on employment (source, staff_number);
  create index employment_person on employment (person);
  create index employment_organisation on employment (organisation);
  create index employment_start_date on employment (start_date);
  create index employment_last_duty_date on employment (last_duty_date) where last_duty_date is not null;
  create index employment_last_service_date on employment (last_service_date) where last_service_date is not null;

  create table assignment (
    uuid uuid primary key,
    person uuid not null constraint assignment_person_exists references person,
    employment uuid not null,
    post uuid not null constraint assignment_post_exists references post,
    kind text not null constraint assignment_kind_is_known check (kind in ('substantive', 'acting', 'doubling_up', 'secondment')),
    is_primary boolean not null,
    ${effectivePeriod},
    constraint assignment_employment_is_of_the_person foreign key (employment, person)
      references employment (uuid, person),
    constraint assignment_one_primary exclude using gist
      (person with =, tstzrange(valid_from, valid_to) with &&) where (is_primary) deferrable initially deferred
  );
  create index assignment_person on assignment (person);
  create index assignment_employment on assignment (employment);
  create index assignment_post on assignment (post);
  ${periodIndexes('assignment')}`;

export async function up(knex: Knex): Promise<void> {
  await knex.raw(extensions + codeLists + organisations + unitsAndPosts + people);
}

export async function down(knex: Knex): Promise<void> {
  await knex.raw(`drop table assignment, employment, mail_address, person, post_role, post, unit,
    organisation_succession, organisation, rank, clearance_level`);
}
