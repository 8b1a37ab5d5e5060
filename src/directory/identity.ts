// Who is acting: an account, how strongly it was proved, from where, and through which relying system.
// Authentication makes an Identity; access.ts alone decides what it may do.
import type { AccountKind, ClearanceLevel, EmploymentCategory, Role } from './vocabulary.ts';

/** How an identity was proved, weakest first. `console` is the operator's shell beside the database. */
export const strengths = ['none', 'password', 'second_factor', 'certificate', 'console'] as const;
export type Strength = (typeof strengths)[number];

/** The strengths that a relying system may require of people. */
export const systemStrengths = ['password', 'second_factor', 'certificate'] as const satisfies Strength[];
export type SystemStrength = (typeof systemStrengths)[number];

export function isAtLeastAsStrong(strength: Strength, required: Strength): boolean {
  return strengths.indexOf(strength) >= strengths.indexOf(required);
}

export type Origin = 'ldap' | 'oidc' | 'scim' | 'est' | 'portal' | 'feed' | 'cli' | 'job';

export interface RoleGrant {
  role: Role;
  organisation: string | null; // scope; null is the whole government
  post: string | null; // the post that the role hangs on; null for the console and jobs
}

export interface Identity {
  account: string | null; // null: anonymous
  uid: string | null;
  kind: AccountKind | null;
  person: string | null;
  strength: Strength;
  origin: Origin;
  address: string | null; // network address of the client
  relyingSystem: string | null; // uuid of the system that a service account belongs to, or that a person came through
  grants: readonly RoleGrant[];
  organisation: string | null; // of the primary post
  category: EmploymentCategory | null;
  clearance: ClearanceLevel; // the person's recorded level, before any ceiling
}

/** Nobody yet: what a connection is before it binds. */
export function anonymous(origin: Origin, address: string | null): Identity {
  return {
    account: null,
    uid: null,
    kind: null,
    person: null,
    strength: 'none',
    origin,
    address,
    relyingSystem: null,
    grants: [],
    organisation: null,
    category: null,
    clearance: 'NONE',
  };
}
