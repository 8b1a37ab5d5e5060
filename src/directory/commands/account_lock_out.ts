// Keeps an account shut for a time after too many wrong guesses at its password. No role may do it: whoever answers for a
// person's guesses may open the account again, so a lock that an administrator means is another (account_lock.ts).
import { OperationError } from '../../errors.ts';
import { parseInstant } from '../field.ts';
import { requireMove } from '../lifecycle.ts';
import type { Command } from '../ports.ts';
import type { AccountRow } from '../tables.ts';
import { authorise, existingAccount, organisationOfAccount } from './authorise.ts';

export interface LockOutAccountInput {
  account: string;
  until: Date; // when it opens by itself
}

/** Leaves sessions alone: it answers guesses at the password, not its owner. */
export const lockOutAccount: Command<LockOutAccountInput, { account: AccountRow }> = {
  name: 'account.lock_out',
  async execute(context, input) {
    const account = await existingAccount(context, input.account);
    await authorise(context, 'account.lock_out', await organisationOfAccount(context, account));
    const locked_until = parseInstant('until', input.until);
    if (locked_until <= context.now) throw new OperationError('invalid_value', 'until must be in the future');
    requireMove(account.state, 'LOCKED');
    return { account: await context.tx.update('account', account.uuid, { locked_until }) };
  },
};
