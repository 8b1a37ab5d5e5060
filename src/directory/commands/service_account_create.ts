// The account of a relying system: what it binds as over LDAP (cn=CODE,ou=systems), and the credential of its OpenID
// Connect client.
import { OperationError } from '../../errors.ts';
import { accountFields } from '../account.ts';
import { parseFields, parseText } from '../field.ts';
import type { Command } from '../ports.ts';
import type { AccountRow } from '../tables.ts';
import { authorise, existing } from './authorise.ts';
import { passwordCredential } from './password_set.ts';

export interface CreateServiceAccountInput {
  relying_system: string;
  uid: string;
  /** argon2id hash of its secret, for binds. */
  password_hash: string;
  /**
   * Its OpenID Connect client secret as KeyWrap wraps it under clientSecretContext(code), in base64: the provider needs
   * the secret itself to check an HMAC. Omitted: it has no confidential client.
   */
  wrapped_client_secret?: string;
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
    const { tx, now, newUuid } = context;
    const { uid, expires_at } = parseFields(accountFields, input);
    const system = await existing(context, 'relying_system', input.relying_system);
    await authorise(context, 'relying_system.manage', system.organisation);
    if ((await tx.find('account', { relying_system: system.uuid })).length > 0) {
      throw new OperationError('already_exists', `relying system ${system.code} has a service account`);
    }
    const account: AccountRow = {
      uuid: newUuid(),
      uid,
      kind: 'service',
      person: null,
      relying_system: system.uuid,
      state: 'ACTIVE',
      locked_until: null,
      expires_at,
      sessions_valid_from: now,
      created_at: now,
    };
    const password = passwordCredential(context, account.uuid, {
      hash: input.password_hash,
      must_change: false,
    });
    await tx.insert('account', account);
    await tx.insert('credential', password);
    if (input.wrapped_client_secret !== undefined) {
      const secret = parseText('wrapped client secret', input.wrapped_client_secret, wrappedSecret);
      const named = { kind: 'client_secret', label: 'client secret', secret } as const;
      await tx.insert('credential', { ...password, ...named, uuid: newUuid() });
    }
    return { account };
  },
};
