// Locks an account: until an instant, when it opens by itself, or until somebody unlocks it.
import { OperationError } from '../../errors.ts';
import { parseOptionalInstant } from '../field.ts';
import { requireMove } from '../lifecycle.ts';
import type { Command } from '../ports.ts';
import type { AccountRow } from '../tables.ts';
import { moveAccount } from './account_state.ts';
import { authorise, existing, organisationOfAccount } from './authorise.ts';

export interface LockAccountInput {
  account: string;
  until: Date | null; // null: until it is unlocked
}

/** A lock for a time leaves sessions alone: it answers guesses at the password, not its owner. */
export const lockAccount: Command<LockAccountInput, { account: AccountRow }> = {
  name: 'account.lock',
  async execute(context, input) {
    const account = await existing(context, 'account', input.account);
    await authorise(context, 'account.manage', await organisationOfAccount(context, account));
    const locked_until = parseOptionalInstant('until', input.until);
    if (locked_until === null) return { account: await moveAccount(context, account, 'LOCKED') };
    if (locked_until <= context.now) throw new OperationError('invalid_value', 'until must be in the future');
    requireMove(account.state, 'LOCKED');
    return { account: await context.tx.update('account', account.uuid, { locked_until }) };
  },
};
