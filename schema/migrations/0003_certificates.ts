// Keys of the service, certificate authorities, certificates of people and the escrow of their encryption keys.
import type { Knex } from 'knex';
import { objectStamps } from './constraint.ts';

const keys = `
  create table signing_key (
    uuid uuid primary key,
    purpose text not null,
    algorithm text not null,
    wrapped_key bytea not null,
    public_key bytea,
    certificate bytea,
    state text not null constraint signing_key_state_is_known check (state in ('next', 'current', 'retired')),
    created_at timestamptz not null
  );
  create unique index signing_key_one_current on signing_key (purpose, algorithm) where state = 'current';`;

const authorities = `
  create table certificate_authority (
    uuid uuid primary key,
    name text not null constraint certificate_authority_name_is_unique unique,
    issuer uuid constraint certificate_authority_issuer_exists references certificate_authority,
    certificate bytea not null,
    signing_key uuid not null constraint certificate_authority_signing_key_exists references signing_key,
    crl bytea,
    crl_number bigint not null,
    crl_this_update timestamptz,
    crl_next_update timestamptz,
    ${objectStamps}
  );`;

const certificates = `
  create table certificate (
    uuid uuid primary key,
    person uuid not null constraint certificate_person_exists references person,
    profile text not null constraint certificate_profile_is_known check (profile in ('signing', 'encryption')),
    serial text not null constraint certificate_serial_is_hexadecimal check (serial ~ '^[0-9a-f]+$'),
    authority text not null constraint certificate_authority_exists references certificate_authority (name),
    subject text not null,
    public_key_hash text not null
      constraint certificate_public_key_hash_is_sha256 check (public_key_hash ~ '^[0-9a-f]{64}$'),
    mail text not null,
    not_before timestamptz not null,
    not_after timestamptz not null,
    der bytea not null,
    state text not null constraint certificate_state_is_known check (state in ('intended', 'valid', 'revoked')),
    revoked_at timestamptz,
    revocation_reason text
      constraint certificate_revocation_reason_is_known check (revocation_reason in ('keyCompromise', 'affiliationChanged', 'superseded', 'cessationOfOperation', 'certificateHold', 'privilegeWithdrawn')),
    renewal_of uuid constraint certificate_renewal_of_exists references certificate,
    constraint certificate_uuid_person_key unique (uuid, person),
    constraint certificate_validity_is_forward check (not_before < not_after),
    constraint certificate_revoked_at_of_revoked check ((state = 'revoked') = (revoked_at is not null)),
    constraint certificate_reason_of_revoked check (revocation_reason is null or state = 'revoked')
  );
  create unique index certificate_serial_is_unique on certificate (authority, serial);
  create index certificate_person on certificate (person);
  create index certificate_public_key_hash on certificate (public_key_hash);
  create index certificate_intended on certificate (authority) where state = 'intended';
  create index certificate_renewal_of on certificate (renewal_of) where renewal_of is not null;
  create index certificate_revoked on certificate (authority, revoked_at) where state = 'revoked';

  create table key_escrow (
    uuid uuid primary key,
    certificate uuid not null,
    person uuid not null,
    wrapped_key bytea not null,
    created_at timestamptz not null,
    constraint key_escrow_certificate_is_of_the_person foreign key (certificate, person)
      references certificate (uuid, person)
  );
  create unique index key_escrow_certificate_is_unique on key_escrow (certificate);
  create index key_escrow_person on key_escrow (person);`;

export async function up(knex: Knex): Promise<void> {
  await knex.raw(keys + authorities + certificates);
}

export async function down(knex: Knex): Promise<void> {
  await knex.raw('drop table key_escrow, certificate, certificate_authority, signing_key');
}
