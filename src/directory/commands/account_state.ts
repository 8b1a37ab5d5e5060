// Moves an account to another state. Every move ends what was proved before it.
import { requireMove } from '../lifecycle.ts';
import type { CommandContext } from '../ports.ts';
import type { AccountRow } from '../tables.ts';
import type { AccountState } from '../vocabulary.ts';

/** Error: invalid_state, naming both states. */
export async function moveAccount(
  { tx, now }: CommandContext,
  account: AccountRow,
  to: AccountState,
  patch: Partial<Pick<AccountRow, 'locked_until' | 'expires_at'>> = {},
): Promise<AccountRow> {
  requireMove(account.state, to);
  return tx.update('account', account.uuid, { ...patch, state: to, sessions_valid_from: now });
}

export async function hasPassword({ tx }: CommandContext, account: string): Promise<boolean> {
  return (await tx.find('credential', { account, kind: 'password' })).length > 0;
}
