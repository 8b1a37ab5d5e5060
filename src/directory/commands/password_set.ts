// Sets the password of an account from a hash that authentication computed. What was proved before counts no more.
import { OperationError } from '../../errors.ts';
import { parsePasswordHash } from '../account.ts';
import { mayAuthenticate } from '../lifecycle.ts';
import type { CheckedHash } from '../password_policy.ts';
import type { Command, CommandContext } from '../ports.ts';
import type { AccountRow, CredentialRow } from '../tables.ts';
import { authorise, existingAccount, organisationOfAccount } from './authorise.ts';
import { keepFormerPassword } from './password_history.ts';
import { requireRolesOfAccount } from './role_rights.ts';

const day = 86_400_000;

export interface PasswordInput {
  hash: CheckedHash; // PHC string of argon2id
  must_change: boolean; // an initial password is changed at the first login
}

export interface SetPasswordInput extends PasswordInput {
  account: string;
  /** When its holder proved the password in force; what was changed since then stands. Omitted or null: not by proof. */
  proved_at?: Date | null;
}

/**
 * One's own, or as the help desk may for others. An INVITED account becomes ACTIVE.
 * Errors: access_denied, also to an owner who may not authenticate now; invalid_state for an account that is disabled or gone.
 */
export const setPassword: Command<SetPasswordInput, { account: AccountRow }> = {
  name: 'account.set_password',
  async execute(context, input) {
    const { tx, identity, now } = context;
    const account = await existingAccount(context, input.account);
    const own = identity.account === account.uuid && identity.strength !== 'none';
    if (!own) await authoriseReset(context, account);
    if (input.proved_at && account.sessions_valid_from > input.proved_at) {
      throw new OperationError('invalid_credentials', 'the password was changed meanwhile');
    }
    if (['DISABLED', 'RETAINED', 'ARCHIVED', 'FINAL_LEAVE'].includes(account.state)) {
      throw new OperationError('invalid_state', `an account that is ${account.state} takes no password`);
    }
    if (own && !mayAuthenticate(account.state, null, account.expires_at, now)) {
      throw new OperationError(
        'access_denied',
        `changing the own password requires an account that is ACTIVE now: this one is ${account.state === 'ACTIVE' ? 'expired' : account.state}`,
      );
    }
    const must_change = !own || input.must_change; // whoever set it knows it
    const credential = passwordCredential(context, account, { ...input, must_change });
    const [present] = await tx.find('credential', { account: account.uuid, kind: 'password' });
    if (present === undefined) await tx.insert('credential', credential);
    else {
      await keepFormerPassword(context, account, present);
      await tx.update('credential', present.uuid, { ...credential, uuid: present.uuid });
    }
    const state = account.state === 'INVITED' ? 'ACTIVE' : account.state;
    const credential_reset_at = own ? account.credential_reset_at : now;
    const patch = { state, sessions_valid_from: now, credential_reset_at } as const;
    return { account: await tx.update('account', account.uuid, patch) };
  },
};

/** Refuses whoever may not reset the password of the account; changes nothing. Errors: access_denied, invalid_state. */
export const requireReset: Command<{ account: string }, null> = {
  name: 'account.require_reset',
  async execute(context, input) {
    await authoriseReset(context, await existingAccount(context, input.account));
    return null;
  },
};

/** The row of a password, which ends with the age that the policy allows. Error: invalid_value, when it is no hash. */
export function passwordCredential(
  { rules, now, newUuid }: CommandContext,
  account: Pick<AccountRow, 'uuid' | 'kind'>,
  input: PasswordInput,
): CredentialRow {
  const { maxAgeDays } = rules.passwords[account.kind];
  return {
    uuid: newUuid(),
    account: account.uuid,
    kind: 'password',
    label: 'password',
    secret: parsePasswordHash(input.hash),
    must_change: input.must_change,
    created_at: now,
    expires_at: maxAgeDays === 0 ? null : new Date(now.getTime() + maxAgeDays * day),
  };
}

/** Whoever can set a password can become its owner, so a reset over a holder of roles requires the right to grant them. */
async function authoriseReset(context: CommandContext, account: AccountRow): Promise<void> {
  if (account.kind === 'service') {
    throw new OperationError(
      'invalid_state',
      'a service account has a generated secret: reset that of its system',
    );
  }
  await authorise(context, 'account.reset', await organisationOfAccount(context, account));
  if (account.person === null) return authorise(context, 'account.manage', null);
  await requireRolesOfAccount(context, account, `resetting account ${account.uid}`);
}
