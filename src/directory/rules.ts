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
}

/** As the settings have them by default, without a schema: no extension attribute is known. */
export const defaultRules: Rules = {
  passwords: passwordPolicies(defaultPasswordNumbers),
  resetCoolingHours: 24,
  refuseExtension: () => 'is not defined by the schema',
  spellDescription: (description) => description,
};
