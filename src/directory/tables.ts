// The write model's rows, spelled as their tables (schema/migrations) so that no mapping stands between them.
// Instants are `Date`; calendar days are 'YYYY-MM-DD' in Hong Kong time; references are uuids of the named table.
import type { SystemStrength } from './identity.ts';
import type {
  AccountKind,
  AccountState,
  AssignmentKind,
  CertificateProfileName,
  CertificateState,
  CheckType,
  ClearanceLevel,
  ClearanceStatus,
  CredentialKind,
  EmploymentCategory,
  GroupKind,
  Language,
  OrganisationKind,
  PostKind,
  RevocationReason,
  Role,
  UnitKind,
} from './vocabulary.ts';

/** LDAP attributes without a column of their own: attribute description -> values, checked against the schema. */
export type Extension = Record<string, string[]>;

export interface OrganisationRow {
  uuid: string;
  code: string; // unique, upper case: 'CSB'
  name_en: string;
  name_zh: string;
  kind: OrganisationKind;
  parent: string | null;
  mail_domain: string | null;
  help_contact_en: string | null; // whom its people ask for help with their accounts
  help_contact_zh: string | null;
  stroke_order: number | null; // strokes of the Chinese name: how Chinese lists sort
  clearance_ceiling: ClearanceLevel;
  valid_from: Date;
  valid_to: Date | null;
  extension: Extension;
}

export interface OrganisationSuccessionRow {
  uuid: string;
  predecessor: string;
  successor: string;
  kind: 'rename' | 'merge' | 'split' | 'transfer';
  effective: Date;
}

export interface UnitRow {
  uuid: string;
  organisation: string;
  parent: string | null;
  code: string; // unique within the organisation
  name_en: string;
  name_zh: string | null;
  kind: UnitKind;
  valid_from: Date;
  valid_to: Date | null;
}

/** The code list of ranks; a post names one by its code. */
export interface RankRow {
  uuid: string;
  code: string; // unique, upper case: 'AO-C'
  name_en: string;
  name_zh: string;
  seniority: number; // highest first: how lists of one unit sort
}

export interface PostRow {
  uuid: string;
  organisation: string;
  unit: string | null;
  number: string; // unique within the organisation; names the post's entry
  title_en: string;
  title_zh: string | null;
  rank: string | null; // code of the rank list
  kind: PostKind;
  required_clearance: ClearanceLevel;
  telephone: string | null; // '+852 2867 4608'
  fax: string | null;
  room: string | null;
  mail: string | null; // of the post, whoever holds it
  valid_from: Date;
  valid_to: Date | null;
  extension: Extension;
}

export interface PostRoleRow {
  uuid: string;
  post: string;
  role: Role;
  organisation: string | null; // the scope; null is the whole government
}

export interface PersonRow {
  uuid: string; // never reused; the OIDC `sub`
  surname: string;
  given_name: string; // hyphenated: 'Kwun-chung'
  english_name: string | null; // 'Nathan'
  name_zh: string | null;
  aliases: string[];
  preferred_language: Language;
  extension: Extension;
}

export interface MailAddressRow {
  uuid: string;
  person: string;
  address: string; // stored as sent; unique regardless of case
  is_primary: boolean;
  valid_from: Date;
  valid_to: Date | null;
}

export interface EmploymentRow {
  uuid: string;
  person: string;
  organisation: string;
  source: string; // which HR system says so
  staff_number: string; // opaque; unique within its source
  category: EmploymentCategory;
  start_date: string;
  last_duty_date: string | null; // the account ends with this day
  last_service_date: string | null; // the employment ends with this day (final leave lies between)
}

export interface AssignmentRow {
  uuid: string;
  person: string;
  employment: string;
  post: string;
  kind: AssignmentKind;
  is_primary: boolean;
  valid_from: Date;
  valid_to: Date | null;
}

export interface ClearanceRow {
  uuid: string;
  person: string;
  level: ClearanceLevel;
  check_type: CheckType;
  basis: string; // the officer's reference
  granted_by: string; // account
  valid_from: Date;
  valid_to: Date | null;
  status: ClearanceStatus;
}

export interface AccountRow {
  uuid: string;
  uid: string; // unique regardless of case, never reused
  kind: AccountKind;
  person: string | null;
  relying_system: string | null; // of a service account
  state: AccountState;
  locked_until: Date | null;
  expires_at: Date | null;
  sessions_valid_from: Date; // what was proved before this instant counts no more
  credential_reset_at: Date | null; // when somebody else last set its password
  created_at: Date;
}

export interface CredentialRow {
  uuid: string;
  account: string;
  kind: CredentialKind;
  label: string;
  secret: string; // a hash, or a secret wrapped under the master key; never in the feed, a log or an answer
  must_change: boolean;
  created_at: Date;
  expires_at: Date | null;
}

/** A password that was in force before. */
export interface CredentialHistoryRow {
  uuid: string;
  account: string;
  secret: string; // a hash
  ended_at: Date;
}

export interface GroupRow {
  uuid: string;
  name: string; // unique regardless of case
  description: string | null;
  organisation: string | null; // who manages it
  kind: GroupKind;
  rule: { organisation?: string; rank?: string; category?: EmploymentCategory } | null; // of a rule group
  gid_number: number | null; // set: also a posixGroup
  mail: string | null; // reaches its members
}

/** Exactly one of `person` and `member_group` is set. */
export interface GroupMemberRow {
  uuid: string;
  group: string;
  person: string | null;
  member_group: string | null;
  valid_from: Date;
  valid_to: Date | null;
}

export interface RelyingSystemRow {
  uuid: string;
  code: string; // unique; names its entry and its OIDC client
  name_en: string;
  name_zh: string;
  organisation: string; // owner
  information_owner: string;
  classification: ClearanceLevel; // the highest it handles
  minimum_clearance: ClearanceLevel; // of who may enter
  minimum_strength: SystemStrength | null; // of the proof of who enters; null: as the classification requires
  released_attributes: string[]; // LDAP attribute names beyond the address book
  population: string[] | null; // organisations whose people it may see; null is all
  clearance_approved: boolean; // may it learn clearances
  client: ClientMetadata | null; // OIDC; null when it has no client
}

/** OpenID Connect Dynamic Client Registration 1.0 names. The secret is a credential of the service account. */
export interface ClientMetadata {
  redirect_uris: string[];
  post_logout_redirect_uris: string[];
  token_endpoint_auth_method: 'client_secret_basic' | 'client_secret_post' | 'none';
  backchannel_logout_uri?: string;
  scope: string;
  first_party: boolean; // consent is the government's, not asked of each officer
}

export interface CertificateRow {
  uuid: string;
  person: string;
  profile: CertificateProfileName;
  serial: string; // lower-case hex without sign octet
  authority: string; // name of the issuing authority
  subject: string; // RFC 4514
  public_key_hash: string; // SHA-256 of the SPKI, lower-case hex: one key serves one person and one profile
  mail: string;
  not_before: Date;
  not_after: Date;
  der: Buffer; // empty while only intended
  state: CertificateState;
  revoked_at: Date | null;
  revocation_reason: RevocationReason | null;
  renewal_of: string | null;
}

export interface KeyEscrowRow {
  uuid: string;
  certificate: string;
  person: string;
  wrapped_key: Buffer; // PKCS#8 under the master key; see KeyWrap in ports.ts
  created_at: Date;
  recoveries: number; // how often it was handed out
}

export interface CertificateAuthorityRow {
  uuid: string;
  name: string; // 'root', 'issuing'
  issuer: string | null; // certificate_authority; null of the root
  certificate: Buffer;
  signing_key: string;
  crl: Buffer | null;
  crl_number: number;
  crl_this_update: Date | null;
  crl_next_update: Date | null;
}

export interface SigningKeyRow {
  uuid: string;
  purpose: string; // 'oidc', 'cookie', 'ca:issuing', 'tls', …
  algorithm: string; // 'RS256', 'ES256', 'ec-p256', 'secret-256', …
  wrapped_key: Buffer;
  public_key: Buffer | null; // SPKI DER
  certificate: Buffer | null; // DER chain of a TLS key, leaf first, as one PEM text
  state: 'next' | 'current' | 'retired';
  created_at: Date;
}

/** Every table that commands may change, by its name. */
export interface Tables {
  organisation: OrganisationRow;
  organisation_succession: OrganisationSuccessionRow;
  unit: UnitRow;
  rank: RankRow;
  post: PostRow;
  post_role: PostRoleRow;
  person: PersonRow;
  mail_address: MailAddressRow;
  employment: EmploymentRow;
  assignment: AssignmentRow;
  clearance: ClearanceRow;
  account: AccountRow;
  credential: CredentialRow;
  credential_history: CredentialHistoryRow;
  group: GroupRow;
  group_member: GroupMemberRow;
  relying_system: RelyingSystemRow;
  certificate: CertificateRow;
  key_escrow: KeyEscrowRow;
  certificate_authority: CertificateAuthorityRow;
  signing_key: SigningKeyRow;
}
export type TableName = keyof Tables;

/** Columns that hold secrets or bulk octets: the feed records that they changed, never what they hold. */
export const unrecordedColumns: Partial<Record<TableName, readonly string[]>> = {
  credential: ['secret'],
  credential_history: ['secret'],
  certificate: ['der'],
  key_escrow: ['wrapped_key'],
  certificate_authority: ['certificate', 'crl'],
  signing_key: ['wrapped_key', 'public_key', 'certificate'],
};
