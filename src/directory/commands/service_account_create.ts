// The account of a relying system: what it binds as over LDAP (cn=CODE,ou=systems), and the credential of its OpenID
// Connect client.
import { OperationError } from '../../errors.ts';
import { accountFields } from '../account.ts';
import { parseFields, parseText } from '../field.ts';
import type { CheckedHash } from '../password_policy.ts';
import type { Command, CommandContext } from '../ports.ts';
import type { AccountRow, CredentialRow } from '../tables.ts';
import { authorise, existing } from './authorise.ts';
import { passwordCredential } from './password_set.ts';

/** One secret, in the two forms that it is kept in. */
export interface ServiceSecret {
  /** argon2id hash of its secret, for binds. */
  password_hash: CheckedHash;
  /**
   * Its OpenID Connect client secret as KeyWrap wraps it under clientSecretContext(code), in base64: the provider needs
   * the secret itself to check an HMAC. Omitted: it has no confidential client.
   */
  wrapped_client_secret?: string;
}

export interface CreateServiceAccountInput extends ServiceSecret {
  relying_system: string;
  uid: string;
  expires_at?: Date | null;
}

const wrappedSecret = {
  max: 1024,
  pattern: { expression: /^[A-Za-z0-9+/]{40,}={0,2}$/, form: 'octets in base64' },
};

/** Error: already_exists, when the system has an account. */
export const createServiceAccount: Command<CreateServiceAccountInput, { account: AccountRow }> = {
  name: 'service_account.create',
  async execute(context, input) {
    const { tx, now } = context;
    const { uid, expires_at } = parseFields(accountFields, input);
    const system = await existing(context, 'relying_system', input.relying_system);
    await authorise(context, 'relying_system.manage', system.organisation);
    if ((await tx.find('account', { relying_system: system.uuid })).length > 0) {
      throw new OperationError('already_exists', `relying system ${system.code} has a service account`);
    }
    const account: AccountRow = {
      uuid: context.newUuid(),
      uid,
      kind: 'service',
      person: null,
      relying_system: system.uuid,
      state: 'ACTIVE',
      locked_until: null,
      expires_at,
      sessions_valid_from: now,
      credential_reset_at: null,
      created_at: now,
    };
    await tx.insert('account', account);
    await tx.insert('credential', ...secretCredentials(context, account, input));
    return { account };
  },
};

/** The rows of a service account's secret. Error: invalid_value, when it is neither a hash nor wrapped. */
export function secretCredentials(
  context: CommandContext,
  account: AccountRow,
  input: ServiceSecret,
): CredentialRow[] {
  const password = passwordCredential(context, account, { hash: input.password_hash, must_change: false });
  if (input.wrapped_client_secret === undefined) return [password];
  const secret = parseText('wrapped client secret', input.wrapped_client_secret, wrappedSecret);
  const named = { kind: 'client_secret', label: 'client secret', secret } as const;
  return [password, { ...password, ...named, uuid: context.newUuid() }];
}
