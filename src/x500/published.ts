// The published objects as the database reads them: one record an object, everything its entry shows, as of one instant.
// projection.ts turns a record into an entry's attributes; the replica keeps no relational row.
import type { ObjectKind } from '../directory/access.ts';
import type { Change } from '../directory/change.ts';
import type {
  CertificateAuthorityRow,
  GroupRow,
  OrganisationRow,
  PersonRow,
  PostRow,
  RelyingSystemRow,
  UnitRow,
} from '../directory/tables.ts';
import type { AccountRecord } from './read_model.ts';

/** Times of the object itself and of the last change that touched its published facts. */
export interface Stamps {
  created_at: Date;
  modified_at: Date;
}

export interface HeldPost {
  post: string;
  post_number: string;
  organisation: string;
  organisation_code: string;
  unit: string | null;
  title_en: string;
  title_zh: string | null;
  rank_en: string | null;
  telephone: string | null;
  fax: string | null;
  room: string | null;
  kind: 'substantive' | 'acting' | 'doubling_up' | 'secondment';
  is_primary: boolean;
}

export interface PersonRecord {
  kind: 'person';
  person: PersonRow;
  stamps: Stamps;
  account: Omit<AccountRecord, 'dn'> | null;
  mail: string[]; // primary first
  posts: HeldPost[]; // now; primary first
  organisation: { uuid: string; code: string; name_en: string; name_zh: string } | null;
  unit: { name_en: string; name_zh: string | null } | null;
  staff_number: string | null;
  /** Published certificates, DER, current encryption first. */
  certificates: { profile: string; der: Buffer }[];
}

export interface OrganisationRecord {
  kind: 'organisation';
  organisation: OrganisationRow;
  stamps: Stamps;
}
export interface UnitRecord {
  kind: 'unit';
  unit: UnitRow;
  stamps: Stamps;
}
export interface PostRecord {
  kind: 'post';
  post: PostRow;
  rank_en: string | null;
  /** uids of the accounts of those who hold the post now. */
  holders: string[];
  stamps: Stamps;
}
/** Members come apart (GroupMembers): a group of 100,000 changes one member at a time. */
export interface GroupRecord {
  kind: 'group';
  group: GroupRow;
  stamps: Stamps;
}
export interface SystemRecordRow {
  kind: 'system';
  system: RelyingSystemRow;
  account: Omit<AccountRecord, 'dn'> | null;
  stamps: Stamps;
}
export interface AuthorityRecord {
  kind: 'authority';
  authority: Omit<CertificateAuthorityRow, 'signing_key'>;
  stamps: Stamps;
}

export type PublishedRecord =
  | PersonRecord
  | OrganisationRecord
  | UnitRecord
  | PostRecord
  | GroupRecord
  | SystemRecordRow
  | AuthorityRecord;

/** uuid of the published object itself. */
export function uuidOf(record: PublishedRecord): string {
  switch (record.kind) {
    case 'organisation':
      return record.organisation.uuid;
    case 'unit':
      return record.unit.uuid;
    case 'post':
      return record.post.uuid;
    case 'person':
      return record.person.uuid;
    case 'group':
      return record.group.uuid;
    case 'system':
      return record.system.uuid;
    case 'authority':
      return record.authority.uuid;
  }
}

export interface ObjectReference {
  kind: ObjectKind;
  uuid: string;
}

/** The object that the record is of. */
export function referenceOf(record: PublishedRecord): ObjectReference {
  return { kind: record.kind, uuid: uuidOf(record) };
}

/** The organisation or unit whose entry the record's hangs below; null for one below a container. */
export function superiorOf(record: PublishedRecord): { kind: 'organisation' | 'unit'; uuid: string } | null {
  const below = (unit: string | null, organisation: string | null) =>
    unit !== null
      ? { kind: 'unit' as const, uuid: unit }
      : organisation !== null
        ? { kind: 'organisation' as const, uuid: organisation }
        : null;
  switch (record.kind) {
    case 'organisation':
      return below(null, record.organisation.parent);
    case 'unit':
      return below(record.unit.parent, record.unit.organisation);
    case 'post':
      return below(record.post.unit, record.post.organisation);
    default:
      return null;
  }
}

/** Direct members now: person uuids and group uuids. Rule groups come resolved. */
export interface GroupMembers {
  group: string;
  persons: string[];
  groups: string[];
}

/** The groups by rule that a person is in now; of other groups it says nothing. */
export interface RuleGroups {
  person: string;
  groups: string[];
}

/** What the replica asks of the database. All reads of one call see one snapshot. */
export interface PublishedSource {
  /**
   * Everything published, and the number of the change it is true for. Order: organisations (parents first), units,
   * posts, persons, groups, systems, authorities; then all memberships. Yields batches to keep memory flat.
   */
  snapshot(): AsyncIterable<
    { change: number } | { records: PublishedRecord[] } | { members: GroupMembers[] }
  >;
  /** Changes after `after`, ascending, at most `limit`. */
  changes(after: number, limit: number): Promise<Change[]>;
  /**
   * Reads again what the changes touch, dependents included (a post's holders, an organisation's people …): records
   * of what is published now, and references to what is not any more. Groups by rule come whole when their rule changed
   * (`members`), and by person for people whose posts or terms changed (`ruleGroups`); static ones are followed by their
   * `group_member` rows in the changes.
   */
  touched(changes: readonly Change[]): Promise<{
    records: PublishedRecord[];
    gone: ObjectReference[];
    members: GroupMembers[];
    ruleGroups: RuleGroups[];
  }>;
  listen(wake: () => void): Promise<{ close(): Promise<void> }>;
}
