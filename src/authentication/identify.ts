// From an account's record to the Identity that access decisions are made from.
import type { Identity, Origin, Strength } from '../directory/identity.ts';
import type { AccountRecord } from '../x500/read_model.ts';

/** `relyingSystem` is the system a person came through; a service account's own system wins. */
export function identify(
  account: AccountRecord,
  proof: { strength: Strength; origin: Origin; address: string | null; relyingSystem: string | null },
): Identity {
  return {
    account: account.uuid,
    uid: account.uid,
    kind: account.kind,
    person: account.person,
    strength: proof.strength,
    origin: proof.origin,
    address: proof.address,
    relyingSystem: account.relying_system ?? proof.relyingSystem,
    grants: account.grants,
    organisation: account.organisation,
    category: account.category,
    clearance: account.clearance,
  };
}
