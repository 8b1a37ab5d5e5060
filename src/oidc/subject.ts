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
 * The whole second that a sign-in proved at `at` is noted under (`auth_time`): the one it lies in, or the next where older
 * sessions ended earlier in the same second. So compared, it counts after that end and not after a later one.
 */
export function signedInAt(at: Date, account: Pick<AccountRecord, 'sessions_valid_from'>): number {
  const second = Math.floor(at.getTime() / 1000);
  const ended = account.sessions_valid_from;
  return ended.getTime() > second * 1000 && ended <= at ? second + 1 : second;
}

/** When a token issued at a whole second (`iat`) was issued, at the latest: tokens that ended are deleted besides. */
export function issuedAt(epochSeconds: number): Date {
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
