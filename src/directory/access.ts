// The one decision point: what an Identity may do or see. Faces hold no rule of their own.
// The role table and the attribute audiences are data (schema/access.json), passed in as AccessPolicy.
import { z } from 'zod';
import { OperationError } from '../errors.ts';
import type { Identity, RoleGrant } from './identity.ts';
import type { RelyingSystemRow } from './tables.ts';
import { type Role, roles } from './vocabulary.ts';

/** Every act that needs a right. */
const actions = [
  'organisation.manage',
  'role.grant',
  'post.manage',
  'person.manage',
  'account.manage',
  'account.reset', // a forgotten password, after identity is verified
  'account.unlock',
  'account.lock_out', // after wrong guesses: the service itself
  'assignment.manage',
  'clearance.grant',
  'clearance.withdraw',
  'group.manage',
  'relying_system.manage',
  'certificate.issue',
  'certificate.revoke',
  'key.recover',
  'authority.manage',
  'audit.read',
  'directory.export',
] as const;
export type Action = (typeof actions)[number];

/** Whose view of the directory an attribute belongs to. */
const audiences = [
  'address_book',
  'self',
  'relying_system',
  'clearance',
  'clearance_record',
  'administrator',
  'operational',
] as const;
export type Audience = (typeof audiences)[number];

/** Everything that has an entry. */
export const objectKinds = [
  'suffix',
  'container',
  'organisation',
  'unit',
  'post',
  'person',
  'group',
  'system',
  'authority',
] as const;
export type ObjectKind = (typeof objectKinds)[number];

export interface AccessPolicy {
  /** Which roles may do an act (within the scope of their grant). */
  actions: Record<Action, readonly Role[]>;
  /** Acts that wait after a reset of the password by somebody else (commands/settled_proof.ts). */
  weighty: readonly Action[];
  /** Attribute names (as the schema spells them) by audience; an attribute named nowhere is the administrator's. */
  audiences: Record<Audience, readonly string[]>;
}

/** Organisations, as the directory stands when it is asked. */
export interface OrganisationSet {
  has(uuid: string): boolean;
}

/** What roles open within the scope of their grants, besides what their holder sees everywhere. */
export interface ScopedView {
  /** The organisations that the grants are over, and all below them. */
  readonly organisations: OrganisationSet;
  /** As in Visibility. */
  readonly attributes: ReadonlySet<string> | 'all';
  readonly formerStaff: boolean;
}

/**
 * What a reader of the directory may see. One object per distinct view, interned, so that readers may cache by
 * identity of the object. Where an entry belongs (to the reader, to an organisation in scope, elsewhere) decides what of
 * it is seen: x500/visible_positions.ts.
 */
export interface Visibility {
  /** Attribute names, lower case, that are seen on every entry; 'all' for administrators of the whole government. */
  readonly attributes: ReadonlySet<string> | 'all';
  /** Kinds of objects whose entries exist for this reader. */
  readonly kinds: ReadonlySet<ObjectKind>;
  /** Organisations whose people the reader may see; null is all. */
  readonly population: ReadonlySet<string> | null;
  /** People who left, and all of those who are suspended (lifecycle.ts): not for the address book. */
  readonly formerStaff: boolean;
  /** Empty for everybody without a role over a part of the government. */
  readonly scopes: readonly ScopedView[];
  /** The reader's own person uuid, whose entry shows `selfAttributes` too; null for systems. */
  readonly self: string | null;
  readonly selfAttributes: ReadonlySet<string>;
}

export type { Identity };

const attributeName = z.string().regex(/^[A-Za-z][A-Za-z0-9-]{0,63}$/);
const policyShape = z.strictObject({
  actions: z.record(z.enum(actions), z.array(z.enum(roles))),
  weighty: z.array(z.enum(actions)),
  audiences: z.record(z.enum(audiences), z.array(attributeName)),
});

/**
 * Checks schema/access.json. Every action and audience must stand there, and an attribute in one audience only.
 * Error: configuration, naming each fault.
 */
export function parseAccessPolicy(json: unknown): AccessPolicy {
  const parsed = policyShape.safeParse(json);
  if (!parsed.success) {
    const faults = parsed.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`);
    throw new OperationError('configuration', `access policy: ${faults.join('; ')}`);
  }
  const names = Object.values(parsed.data.audiences).flatMap((list) =>
    list.map((name) => name.toLowerCase()),
  );
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice !== undefined) {
    throw new OperationError('configuration', `access policy: attribute ${twice} stands twice`);
  }
  return parsed.data;
}

/**
 * The right to act, or a refusal. `scope` is the organisation acted in (null: the whole government) and `ancestors` that
 * organisation and all above it (Transaction.organisationAncestors): a grant over a bureau holds in its branches, a grant
 * over a branch never in its bureau. Returns the grant that allows it, null for the console.
 * Error: access_denied.
 */
export function requireAction(
  identity: Identity,
  action: Action,
  scope: string | null,
  policy: AccessPolicy,
  ancestors: readonly string[],
): RoleGrant | null {
  if (identity.strength === 'console') return null;
  const allowing: readonly Role[] = policy.actions[action];
  const grant =
    identity.strength === 'none' || identity.account === null
      ? undefined
      : identity.grants.find((held) => allowing.includes(held.role) && covers(held, scope, ancestors));
  if (grant !== undefined) return grant;
  const where = scope === null ? 'the whole government' : 'this organisation';
  throw new OperationError(
    'access_denied',
    `${action} takes ${allowing.join(' or ') || 'the console'} over ${where}`,
  );
}

function covers(grant: RoleGrant, scope: string | null, ancestors: readonly string[]): boolean {
  if (grant.organisation === null) return true;
  return scope !== null && (grant.organisation === scope || ancestors.includes(grant.organisation));
}

/** Whether a relying system may be told clearances at all (then only effective ones: clearance.ts). */
export function mayLearnClearance(system: Pick<RelyingSystemRow, 'clearance_approved'>): boolean {
  return system.clearance_approved;
}
