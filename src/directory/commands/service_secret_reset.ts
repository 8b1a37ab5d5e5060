// A new secret for a relying system: the old one binds no more, proves no client, and ends what it had opened.
import { OperationError } from '../../errors.ts';
import type { Command } from '../ports.ts';
import type { AccountRow } from '../tables.ts';
import { authorise, existing } from './authorise.ts';
import { type ServiceSecret, secretCredentials } from './service_account_create.ts';

export interface ResetServiceSecretInput extends ServiceSecret {
  relying_system: string;
}

/** Error: not_found, when the system has no service account. */
export const resetServiceSecret: Command<ResetServiceSecretInput, { account: AccountRow }> = {
  name: 'service_account.reset_secret',
  async execute(context, input) {
    const { tx, now } = context;
    const system = await existing(context, 'relying_system', input.relying_system);
    await authorise(context, 'relying_system.manage', system.organisation);
    const [account] = await tx.find('account', { relying_system: system.uuid, kind: 'service' });
    if (account === undefined) {
      throw new OperationError('not_found', `relying system ${system.code} has no service account`);
    }
    for (const kind of ['password', 'client_secret'] as const) {
      for (const { uuid } of await tx.find('credential', { account: account.uuid, kind })) {
        await tx.remove('credential', uuid);
      }
    }
    await tx.insert('credential', ...secretCredentials(context, account, input));
    return { account: await tx.update('account', account.uuid, { sessions_valid_from: now }) };
  },
};
