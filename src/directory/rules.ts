// What the rules of commands depend on and is decided elsewhere: numbers that an operator sets (settings.ts), and what the
// LDAP schema allows (x500/extension.ts).

import { defaultPasswordNumbers, type PasswordPolicies, passwordPolicies } from './password_policy.ts';

/** Kinds of objects that may carry extension attributes. */
export type ExtensibleKind = 'organisation' | 'post' | 'person';

/** Why an extension attribute is refused, as the end of a sentence that begins with its name; null when it may stand. */
export type RefuseExtension = (
  kind: ExtensibleKind,
  description: string,
  values: readonly string[],
) => string | null;

export interface Rules {
  passwords: PasswordPolicies;
  /** Hours for which acts of weight are refused to a password that somebody else has set (settled_proof.ts). */
  resetCoolingHours: number;
  refuseExtension: RefuseExtension;
  /** The one spelling of an attribute description: shared by all that mean the same attribute with the same options. */
  spellDescription(description: string): string;
  groups: GroupBounds;
}

/** What one owner's groups may cost every replica, which keeps all groups and members in memory. */
export interface GroupBounds {
  /** Groups of one organisation, or of the government as a whole. */
  mostOfOwner: number;
  /** Those of them that follow a rule: whoever meets it is a member, in numbers that nobody had to list. */
  mostByRule: number;
  /** Listed members of one group. */
  mostListed: number;
}

/** Room for every group that people name, and for all 190,000 officers of the government in one. */
export const groupBounds: GroupBounds = { mostOfOwner: 5_000, mostByRule: 200, mostListed: 250_000 };

/** As the settings have them by default, without a schema: no extension attribute is known. */
export const defaultRules: Rules = {
  passwords: passwordPolicies(defaultPasswordNumbers),
  resetCoolingHours: 24,
  refuseExtension: () => 'is not defined by the schema',
  spellDescription: (description) => description,
  groups: groupBounds,
};
