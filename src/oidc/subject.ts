// Who a `sub` is: the person's uuid, never reused. People sign in here with their personal account; a privileged account
// is for administration only, and services have no browser.
import { mayLearnClearance } from '../directory/access.ts';
import { effectiveClearance } from '../directory/clearance.ts';
import { type Strength, strengths } from '../directory/identity.ts';
import type { ClearanceLevel } from '../directory/vocabulary.ts';
import type { AccountRecord, ReadModel, SystemRecord } from '../x500/read_model.ts';

export function subjectOf(account: AccountRecord): string | undefined {
  return account.kind === 'personal' && account.person !== null ? account.person : undefined;
}

export function accountOfSubject(
  readModel: Pick<ReadModel, 'accountOfPerson'>,
  subject: string,
): AccountRecord | undefined {
  const account = readModel.accountOfPerson(subject);
  return account !== undefined && subjectOf(account) === subject ? account : undefined;
}

/** The strength that an `acr` value names; whoever came without one proved nothing beyond a password. */
export function strengthOf(acr: unknown): Strength {
  return strengths.find((strength) => strength === acr) ?? 'password';
}

/**
 * When something proved at a whole second (`auth_time`, `iat`) was proved, at the latest: sign-in and the end of older
 * sessions may share a second, and sessions that ended are deleted besides (session_end.ts).
 */
export function provedAt(epochSeconds: number): Date {
  return new Date(epochSeconds * 1000 + 999);
}

/** What the person may read in that system; undefined for a system that may not learn it. */
export function releasedClearance(
  account: AccountRecord,
  system: SystemRecord | undefined,
  strength: Strength,
): ClearanceLevel | undefined {
  if (system === undefined || !mayLearnClearance(system)) return undefined;
  return effectiveClearance({
    recorded: account.clearance,
    category: account.category,
    organisationCeiling: account.clearance_ceiling,
    strength,
    systemClassification: system.classification,
  });
}
