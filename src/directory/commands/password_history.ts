// Passwords that were in force before, as hashes: what was used lately is not taken again (G3 11.4: eight).
import type { CommandContext } from '../ports.ts';
import type { AccountRow, CredentialRow } from '../tables.ts';

/** Keeps the password that another takes the place of, and forgets those that count no more. */
export async function keepFormerPassword(
  { tx, rules, now, newUuid }: CommandContext,
  account: AccountRow,
  former: CredentialRow,
): Promise<void> {
  const kept = rules.passwords[account.kind].history - 1; // the one in force counts too
  const all = await tx.find('credential_history', { account: account.uuid });
  const newestFirst = all.sort((one, other) => other.ended_at.getTime() - one.ended_at.getTime());
  for (const one of newestFirst.slice(Math.max(0, kept - 1))) await tx.remove('credential_history', one.uuid);
  if (kept < 1) return;
  const row = { uuid: newUuid(), account: account.uuid, secret: former.secret, ended_at: now };
  await tx.insert('credential_history', row);
}
