// Opens a locked account again; its owner signs in anew. An account that holds a role and was locked by an administrator
// is opened by who could grant the role.
import { OperationError } from '../../errors.ts';
import type { Command } from '../ports.ts';
import type { AccountRow } from '../tables.ts';
import { moveAccount } from './account_state.ts';
import type { AccountInput } from './account_suspend.ts';
import { authorise, existingAccount, organisationOfAccount } from './authorise.ts';
import { requireRolesOfAccount } from './role_rights.ts';

export const unlockAccount: Command<AccountInput, { account: AccountRow }> = {
  name: 'account.unlock',
  async execute(context, input) {
    const account = await existingAccount(context, input.account);
    await authorise(context, 'account.unlock', await organisationOfAccount(context, account));
    if (account.state === 'LOCKED') {
      await requireRolesOfAccount(context, account, `unlocking account ${account.uid}`);
      return { account: await moveAccount(context, account, 'ACTIVE', { locked_until: null }) };
    }
    if (account.locked_until === null) throw new OperationError('invalid_state', 'the account is not locked');
    return { account: await context.tx.update('account', account.uuid, { locked_until: null }) };
  },
};
