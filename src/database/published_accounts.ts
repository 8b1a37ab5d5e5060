// The account of each person or relying system, with the hash of its password.
import type { AccountRow, CredentialRow } from '../directory/tables.ts';
import type { AccountKind } from '../directory/vocabulary.ts';
import type { AccountRecord } from '../x500/read_model.ts';
import { groupBy, type PublishedReader, type Selection } from './published_reader.ts';

type Secret = Pick<CredentialRow, 'secret' | 'must_change'>;

/** An account as its own rows tell it, before what its holder's posts and clearance add. */
export type PlainAccount = Pick<
  AccountRecord,
  | 'uuid'
  | 'uid'
  | 'kind'
  | 'state'
  | 'locked_until'
  | 'expires_at'
  | 'sessions_valid_from'
  | 'person'
  | 'relying_system'
  | 'password'
>;

type AccountAndPassword = Omit<AccountRow, 'created_at'> & {
  [Column in keyof Secret]: Secret[Column] | null;
} & { password_expires_at: Date | null };

/** Of several accounts of one holder the first of these stands for them; a tombstone only when there is no other. */
const preference: Record<AccountKind, number> = {
  personal: 0,
  service: 1,
  privileged: 2,
  shared: 3,
  break_glass: 4,
};

/** The account that stands for each holder, by the holder's uuid. */
export async function readAccounts(
  reader: PublishedReader,
  holder: 'person' | 'relying_system',
  selection: Selection,
): Promise<Map<string, PlainAccount>> {
  const rows = await reader.rows<AccountAndPassword>(
    `select account.uuid, uid, account.kind, person, relying_system, state, locked_until, account.expires_at,
            sessions_valid_from, secret, must_change, credential.expires_at as password_expires_at
     from account left join credential on credential.account = account.uuid and credential.kind = 'password'
     where ${selection.where(`account.${holder}`)}
     order by account.uuid`,
    selection.values,
  );
  const chosen = new Map<string, PlainAccount>();
  for (const [owner, accounts] of groupBy(rows, (row) => row[holder])) {
    const [first, ...others] = accounts;
    if (owner === null || first === undefined) continue;
    chosen.set(
      owner,
      plainAccount(others.reduce((best, one) => (rank(one) < rank(best) ? one : best), first)),
    );
  }
  return chosen;
}

const rank = (account: AccountAndPassword): number =>
  preference[account.kind] + (account.state === 'ARCHIVED' ? 10 : 0);

function plainAccount(row: AccountAndPassword): PlainAccount {
  const { secret, must_change, password_expires_at, ...account } = row;
  const password =
    secret === null
      ? null
      : { hash: secret, must_change: must_change === true, expires_at: password_expires_at };
  return { ...account, password };
}
