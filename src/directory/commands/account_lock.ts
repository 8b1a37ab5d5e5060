// Locks an account until somebody unlocks it. A lock for a time is of the service alone (account_lock_out.ts).
import type { Command } from '../ports.ts';
import type { AccountRow } from '../tables.ts';
import { moveAccount } from './account_state.ts';
import type { AccountInput } from './account_suspend.ts';
import { authorise, existingAccount, organisationOfAccount } from './authorise.ts';

export const lockAccount: Command<AccountInput, { account: AccountRow }> = {
  name: 'account.lock',
  async execute(context, input) {
    const account = await existingAccount(context, input.account);
    await authorise(context, 'account.manage', await organisationOfAccount(context, account));
    return { account: await moveAccount(context, account, 'LOCKED') };
  },
};
