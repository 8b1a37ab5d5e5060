// The read model as the faces see it: one in-memory replica a worker, answering without the database.
import type { ObjectKind, OrganisationSet, Visibility } from '../directory/access.ts';
import type { RoleGrant, SystemStrength } from '../directory/identity.ts';
import type {
  AccountKind,
  AccountState,
  ClearanceLevel,
  EmploymentCategory,
} from '../directory/vocabulary.ts';
import type { Entry } from './entry.ts';
import type { Filter } from './filter.ts';
import type { Schema } from './schema.ts';

export type SearchScope = 'base' | 'one' | 'subtree' | 'children';

export interface SearchQuery {
  base: string; // DN text, as received
  scope: SearchScope;
  /** Best as simplifyFilter leaves it: what is repeated in it would be planned again. */
  filter: Filter;
  visibility: Visibility;
  /** Entries with an id at or below this were sent already (RFC 2696 paging); 0 to start. */
  after: number;
}

/** Yields matching entries by ascending id. Work is cut in pieces so that one search cannot hold the process. */
export interface SearchCursor {
  /**
   * The next match; 'more' after `budget` candidates without one (call again, perhaps after others had a turn);
   * 'end' when there is none left.
   */
  next(budget: number): Entry | 'more' | 'end';
  /** An upper bound of the matches still to come. */
  readonly estimate: number;
}

/** What authentication and sessions need of an account, kept beside the entries so that binds outlive the database. */
export interface AccountRecord {
  uuid: string;
  uid: string;
  dn: string;
  kind: AccountKind;
  state: AccountState;
  locked_until: Date | null;
  expires_at: Date | null;
  sessions_valid_from: Date;
  person: string | null;
  relying_system: string | null;
  password: { hash: string; must_change: boolean; expires_at: Date | null } | null;
  /** Roles of the posts held now, acting ones included. */
  grants: readonly RoleGrant[];
  organisation: string | null;
  category: EmploymentCategory | null;
  clearance: ClearanceLevel; // of the active clearance record
  /** Lowest of: organisation's and category's ceiling. */
  clearance_ceiling: ClearanceLevel;
}

/** A relying system as the faces need it. */
export interface SystemRecord {
  uuid: string;
  code: string;
  classification: ClearanceLevel;
  minimum_clearance: ClearanceLevel;
  minimum_strength: SystemStrength | null;
  released_attributes: readonly string[];
  population: readonly string[] | null;
  clearance_approved: boolean;
}

export interface ReadModelStatus {
  applied: number; // number of the last change applied
  entries: number;
  connected: boolean; // is the feed being followed now
  staleSince: Date | null; // when the feed was lost
  leftOut: number; // objects that cannot be shown, or only in part
}

export interface ReadModel {
  readonly schema: Schema;
  /** Opens a search. Errors: not_found (no such base, with the matched DN in `cause` as { matchedDn }), invalid_dn. */
  search(query: SearchQuery): SearchCursor;
  entryByDn(dn: string): Entry | undefined;
  entryByUuid(kind: ObjectKind, uuid: string): Entry | undefined;
  /** An account by login name (regardless of case), by uuid, or by the DN of its entry. */
  accountByUid(uid: string): AccountRecord | undefined;
  accountByUuid(uuid: string): AccountRecord | undefined;
  accountByDn(dn: string): AccountRecord | undefined;
  accountOfPerson(person: string): AccountRecord | undefined;
  system(uuid: string): SystemRecord | undefined;
  systemByCode(code: string): SystemRecord | undefined;
  /** The organisations at `tops` and all below them, always as the tree stands when the set is asked. */
  organisationsUnder(tops: readonly string[]): OrganisationSet;
  /** Resolves once the change is applied; error `unavailable` after `timeoutMs`. */
  reached(change: number, timeoutMs: number): Promise<void>;
  /** Calls `listener` after each applied batch with the accounts whose records changed. Returns the unsubscriber. */
  onApplied(listener: (accounts: readonly string[]) => void): () => void;
  status(): ReadModelStatus;
}
