// The columns of every table that commands change, each named once with how its values travel. The types hold this
// table and directory/tables.ts together. Columns that the rows do not show (created_at, modified_at) stand apart.
import type { TableName, Tables } from '../directory/tables.ts';

export type ColumnType =
  | 'uuid'
  | 'text'
  | 'boolean'
  | 'number'
  | 'instant' // Date
  | 'day' // 'YYYY-MM-DD'
  | 'octets' // Buffer
  | 'json'
  | 'list'; // array of text or uuid

type ColumnsOf<T extends TableName> = Record<keyof Tables[T], ColumnType>;

const period = { valid_from: 'instant', valid_to: 'instant' } as const;

export const columns = {
  organisation: {
    uuid: 'uuid',
    code: 'text',
    name_en: 'text',
    name_zh: 'text',
    kind: 'text',
    parent: 'uuid',
    mail_domain: 'text',
    help_contact_en: 'text',
    help_contact_zh: 'text',
    stroke_order: 'number',
    clearance_ceiling: 'text',
    ...period,
    extension: 'json',
  },
  organisation_succession: {
    uuid: 'uuid',
    predecessor: 'uuid',
    successor: 'uuid',
    kind: 'text',
    effective: 'instant',
  },
  unit: {
    uuid: 'uuid',
    organisation: 'uuid',
    parent: 'uuid',
    code: 'text',
    name_en: 'text',
    name_zh: 'text',
    kind: 'text',
    ...period,
  },
  rank: { uuid: 'uuid', code: 'text', name_en: 'text', name_zh: 'text', seniority: 'number' },
  post: {
    uuid: 'uuid',
    organisation: 'uuid',
    unit: 'uuid',
    number: 'text',
    title_en: 'text',
    title_zh: 'text',
    rank: 'text',
    kind: 'text',
    required_clearance: 'text',
    telephone: 'text',
    fax: 'text',
    room: 'text',
    mail: 'text',
    ...period,
    extension: 'json',
  },
  post_role: { uuid: 'uuid', post: 'uuid', role: 'text', organisation: 'uuid' },
  person: {
    uuid: 'uuid',
    surname: 'text',
    given_name: 'text',
    english_name: 'text',
    name_zh: 'text',
    aliases: 'list',
    preferred_language: 'text',
    extension: 'json',
  },
  mail_address: { uuid: 'uuid', person: 'uuid', address: 'text', is_primary: 'boolean', ...period },
  employment: {
    uuid: 'uuid',
    person: 'uuid',
    organisation: 'uuid',
    source: 'text',
    staff_number: 'text',
    category: 'text',
    start_date: 'day',
    last_duty_date: 'day',
    last_service_date: 'day',
  },
  assignment: {
    uuid: 'uuid',
    person: 'uuid',
    employment: 'uuid',
    post: 'uuid',
    kind: 'text',
    is_primary: 'boolean',
    ...period,
  },
  clearance: {
    uuid: 'uuid',
    person: 'uuid',
    level: 'text',
    check_type: 'text',
    basis: 'text',
    granted_by: 'uuid',
    ...period,
    status: 'text',
  },
  account: {
    uuid: 'uuid',
    uid: 'text',
    kind: 'text',
    person: 'uuid',
    relying_system: 'uuid',
    state: 'text',
    locked_until: 'instant',
    expires_at: 'instant',
    sessions_valid_from: 'instant',
    credential_reset_at: 'instant',
    created_at: 'instant',
  },
  credential: {
    uuid: 'uuid',
    account: 'uuid',
    kind: 'text',
    label: 'text',
    secret: 'text',
    must_change: 'boolean',
    created_at: 'instant',
    expires_at: 'instant',
  },
  credential_history: { uuid: 'uuid', account: 'uuid', secret: 'text', ended_at: 'instant' },
  group: {
    uuid: 'uuid',
    name: 'text',
    description: 'text',
    organisation: 'uuid',
    kind: 'text',
    rule: 'json',
    gid_number: 'number',
    mail: 'text',
  },
  group_member: { uuid: 'uuid', group: 'uuid', person: 'uuid', member_group: 'uuid', ...period },
  relying_system: {
    uuid: 'uuid',
    code: 'text',
    name_en: 'text',
    name_zh: 'text',
    organisation: 'uuid',
    information_owner: 'text',
    classification: 'text',
    minimum_clearance: 'text',
    minimum_strength: 'text',
    released_attributes: 'list',
    population: 'list',
    clearance_approved: 'boolean',
    client: 'json',
  },
  certificate: {
    uuid: 'uuid',
    person: 'uuid',
    profile: 'text',
    serial: 'text',
    authority: 'text',
    subject: 'text',
    public_key_hash: 'text',
    mail: 'text',
    not_before: 'instant',
    not_after: 'instant',
    der: 'octets',
    state: 'text',
    revoked_at: 'instant',
    revocation_reason: 'text',
    renewal_of: 'uuid',
  },
  key_escrow: {
    uuid: 'uuid',
    certificate: 'uuid',
    person: 'uuid',
    wrapped_key: 'octets',
    created_at: 'instant',
    recoveries: 'number',
  },
  certificate_authority: {
    uuid: 'uuid',
    name: 'text',
    issuer: 'uuid',
    certificate: 'octets',
    signing_key: 'uuid',
    crl: 'octets',
    crl_number: 'number',
    crl_this_update: 'instant',
    crl_next_update: 'instant',
  },
  signing_key: {
    uuid: 'uuid',
    purpose: 'text',
    algorithm: 'text',
    wrapped_key: 'octets',
    public_key: 'octets',
    certificate: 'octets',
    state: 'text',
    created_at: 'instant',
  },
} as const satisfies { [T in TableName]: ColumnsOf<T> };

/** Tables of published objects: they carry created_at and modified_at beside what their rows show. */
const stampedTables = [
  'organisation',
  'unit',
  'post',
  'person',
  'group',
  'relying_system',
  'certificate_authority',
] as const satisfies readonly TableName[];
export type StampedTable = (typeof stampedTables)[number];

export function isStamped(table: TableName): table is StampedTable {
  return (stampedTables as readonly TableName[]).includes(table);
}

/** The columns of a table, in one order for every statement. */
export function columnNames(table: TableName): string[] {
  return Object.keys(columns[table]);
}

/** How a column travels; undefined when the table has no such column. */
export function columnType(table: TableName, column: string): ColumnType | undefined {
  const ofTable: Partial<Record<string, ColumnType>> = columns[table];
  return Object.hasOwn(ofTable, column) ? ofTable[column] : undefined;
}
