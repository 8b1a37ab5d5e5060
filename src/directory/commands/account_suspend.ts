// Suspends an account at once (interdiction, suspicion of misuse). No reason is kept: it is not for administrators to read.
import type { Command } from '../ports.ts';
import type { AccountRow } from '../tables.ts';
import { moveAccount } from './account_state.ts';
import { authorise, existingAccount, organisationOfAccount } from './authorise.ts';

export interface AccountInput {
  account: string;
}

export const suspendAccount: Command<AccountInput, { account: AccountRow }> = {
  name: 'account.suspend',
  async execute(context, input) {
    const account = await existingAccount(context, input.account);
    await authorise(context, 'account.manage', await organisationOfAccount(context, account));
    return { account: await moveAccount(context, account, 'SUSPENDED') };
  },
};
