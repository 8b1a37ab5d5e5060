// Sets the password of an account from a hash that authentication computed. What was proved before counts no more.
import { OperationError } from '../../errors.ts';
import { parsePasswordHash } from '../account.ts';
import { isCurrent } from '../assignment.ts';
import { parseOptionalInstant } from '../field.ts';
import type { Command, CommandContext } from '../ports.ts';
import type { AccountRow, CredentialRow } from '../tables.ts';
import { authorise, existing, organisationOfAccount } from './authorise.ts';

export interface PasswordInput {
  hash: string; // PHC string of argon2id
  must_change: boolean; // an initial password is changed at the first login
  expires_at?: Date | null;
}

export interface SetPasswordInput extends PasswordInput {
  account: string;
}

/**
 * One's own, or as the help desk may for others. An INVITED account becomes ACTIVE.
 * Errors: access_denied; invalid_state for an account that is disabled or gone.
 */
export const setPassword: Command<SetPasswordInput, { account: AccountRow }> = {
  name: 'account.set_password',
  async execute(context, input) {
    const { tx, identity, now } = context;
    const account = await existing(context, 'account', input.account);
    const own = identity.account === account.uuid && identity.strength !== 'none';
    if (!own) await authoriseReset(context, account);
    if (['DISABLED', 'RETAINED', 'ARCHIVED', 'FINAL_LEAVE'].includes(account.state)) {
      throw new OperationError('invalid_state', `an account that is ${account.state} takes no password`);
    }
    const credential = passwordCredential(context, account.uuid, input);
    const [present] = await tx.find('credential', { account: account.uuid, kind: 'password' });
    if (present === undefined) await tx.insert('credential', credential);
    else await tx.update('credential', present.uuid, { ...credential, uuid: present.uuid });
    const state = account.state === 'INVITED' ? 'ACTIVE' : account.state;
    return { account: await tx.update('account', account.uuid, { state, sessions_valid_from: now }) };
  },
};

/** The row of a password. Error: invalid_value, when it is no hash. */
export function passwordCredential(
  { now, newUuid }: CommandContext,
  account: string,
  input: PasswordInput,
): CredentialRow {
  return {
    uuid: newUuid(),
    account,
    kind: 'password',
    label: 'password',
    secret: parsePasswordHash(input.hash),
    must_change: input.must_change,
    created_at: now,
    expires_at: parseOptionalInstant('expires_at', input.expires_at),
  };
}

/**
 * Whoever can set a password can become its owner, so a reset never reaches further than the asker's own rights: over
 * holders of a role it takes account.manage over that role's scope.
 */
async function authoriseReset(context: CommandContext, account: AccountRow): Promise<void> {
  const { tx, now } = context;
  await authorise(context, 'account.reset', await organisationOfAccount(context, account));
  if (account.person === null) return authorise(context, 'account.manage', null);
  const assignments = await tx.find('assignment', { person: account.person });
  for (const held of assignments.filter((one) => isCurrent(one, now))) {
    for (const role of await tx.find('post_role', { post: held.post })) {
      await authorise(context, 'account.manage', role.organisation);
    }
  }
}
