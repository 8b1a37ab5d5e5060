// The name under which attempts are counted. One name has many spellings: a login name in a form, `u:` and a DN over LDAP,
// each in any case and spacing. All of them come to the same before it is known whether anybody has the name; otherwise
// what attempts cost would tell.
import { prepareValue } from '../x500/string_preparation.ts';

/** What a client named: a login name, or the DN of an entry in its normal form (x500/dn.ts). */
export type AttemptedName = { uid: string } | { dn: string };

/** Entries of persons and systems are named by their login names, as uid or cn. Any other DN is counted whole. */
const nameOfEntry = /^(?:uid|cn)=([^,+]+)(?:,|$)/;

/** Accounts whose DN has this name, or that have it as login name, are one with every other spelling of it. */
export function countedName(name: AttemptedName): string {
  if ('uid' in name) return prepareValue(Buffer.from(name.uid), true) ?? name.uid.toLowerCase();
  const dn = name.dn.toLowerCase();
  return nameOfEntry.exec(dn)?.[1] ?? dn;
}
