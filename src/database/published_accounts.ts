// The account of each person or relying system, with the hash of its password.
import type { AccountRow, CredentialRow } from '../directory/tables.ts';
import type { AccountKind } from '../directory/vocabulary.ts';
import type { AccountRecord } from '../x500/read_model.ts';
import type { Query, Selection } from './published_reader.ts';

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

export type AccountAndPassword = Omit<AccountRow, 'created_at'> & {
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

export type Holder = 'person' | 'relying_system';

export function accountQuery(holder: Holder, selection: Selection): Query {
  return {
    sql: `select account.uuid, uid, account.kind, person, relying_system, state, locked_until, account.expires_at,
            sessions_valid_from, secret, must_change, credential.expires_at as password_expires_at
     from account left join credential on credential.account = account.uuid and credential.kind = 'password'
     where account.${holder} is not null and ${selection.where(`account.${holder}`)}
     order by account.${holder}, account.uuid`,
    values: selection.values,
  };
}

/** The account that stands for each holder, by the holder's uuid. */
export function accountsByHolder(
  rows: readonly AccountAndPassword[],
  holder: Holder,
): Map<string, PlainAccount> {
  const best = new Map<string, AccountAndPassword>();
  for (const row of rows) {
    const owner = row[holder];
    if (owner === null) continue;
    const other = best.get(owner);
    if (other === undefined || rank(row) < rank(other)) best.set(owner, row);
  }
  return new Map([...best].map(([owner, row]) => [owner, plainAccount(row)]));
}

const rank = (account: AccountAndPassword): number =>
  preference[account.kind] + (account.state === 'ARCHIVED' ? 10 : 0);

function plainAccount(row: AccountAndPassword): PlainAccount {
  return {
    uuid: row.uuid,
    uid: row.uid,
    kind: row.kind,
    state: row.state,
    locked_until: row.locked_until,
    expires_at: row.expires_at,
    sessions_valid_from: row.sessions_valid_from,
    person: row.person,
    relying_system: row.relying_system,
    password:
      row.secret === null
        ? null
        : { hash: row.secret, must_change: row.must_change === true, expires_at: row.password_expires_at },
  };
}
