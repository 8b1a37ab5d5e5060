// The account of a relying system: what it binds as over LDAP (cn=CODE,ou=systems) and, with the same secret, its client
// credential over OpenID Connect.
import { OperationError } from '../../errors.ts';
import { accountFields, parsePasswordHash } from '../account.ts';
import { parseFields } from '../field.ts';
import type { Command } from '../ports.ts';
import type { AccountRow, CredentialRow } from '../tables.ts';
import { authorise, existing } from './authorise.ts';
import { passwordCredential } from './password_set.ts';

export interface CreateServiceAccountInput {
  relying_system: string;
  uid: string;
  /** argon2id hash of its secret, for binds. */
  password_hash: string;
  /** argon2id hash of its client secret; omitted: it has no confidential client. */
  client_secret_hash?: string;
  expires_at?: Date | null;
}

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
    const clientSecret: CredentialRow[] =
      input.client_secret_hash === undefined
        ? []
        : [
            {
              ...password,
              uuid: newUuid(),
              kind: 'client_secret',
              label: 'client secret',
              secret: parsePasswordHash(input.client_secret_hash),
            },
          ];
    await tx.insert('account', account);
    await tx.insert('credential', password, ...clientSecret);
    return { account };
  },
};
