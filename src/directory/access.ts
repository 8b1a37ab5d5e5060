// The one decision point: what an Identity may do or see. Faces hold no rule of their own.
// The role table and the attribute audiences are data (schema/access.json), passed in as AccessPolicy.
import type { Identity } from './identity.ts';
import type { Role } from './vocabulary.ts';

/** Every act that needs a right. */
export type Action =
  | 'organisation.manage'
  | 'post.manage'
  | 'person.manage'
  | 'account.manage'
  | 'account.unlock'
  | 'assignment.manage'
  | 'clearance.grant'
  | 'clearance.withdraw'
  | 'group.manage'
  | 'relying_system.manage'
  | 'certificate.issue'
  | 'certificate.revoke'
  | 'key.recover'
  | 'authority.manage'
  | 'audit.read'
  | 'directory.export';

/** Whose view of the directory an attribute belongs to. */
export type Audience =
  | 'address_book'
  | 'self'
  | 'relying_system'
  | 'clearance'
  | 'administrator'
  | 'operational';

export type ObjectKind =
  | 'suffix'
  | 'container'
  | 'organisation'
  | 'unit'
  | 'post'
  | 'person'
  | 'group'
  | 'system'
  | 'authority';

export interface AccessPolicy {
  /** Which roles may do an act (within the scope of their grant). */
  actions: Record<Action, readonly Role[]>;
  /** Attribute names (as the schema spells them) by audience; an attribute named nowhere is the administrator's. */
  audiences: Record<Audience, readonly string[]>;
}

/**
 * What a reader of the directory may see. One object per distinct view, interned, so that readers may cache by
 * identity of the object.
 */
export interface Visibility {
  /** Attribute names, lower case; 'all' for administrators. */
  readonly attributes: ReadonlySet<string> | 'all';
  /** Kinds of objects whose entries exist for this reader. */
  readonly kinds: ReadonlySet<ObjectKind>;
  /** Organisations whose people the reader may see; null is all. */
  readonly population: ReadonlySet<string> | null;
  /** The reader's own person uuid, whose entry shows `selfAttributes` too; null for systems. */
  readonly self: string | null;
  readonly selfAttributes: ReadonlySet<string>;
}

export type { Identity };
