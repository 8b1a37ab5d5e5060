// Attributes whose values name people: by DN, or by login name.
import type { AttributeType } from './schema.ts';

const nameSyntaxes: ReadonlySet<string> = new Set([
  '1.3.6.1.4.1.1466.115.121.1.12', // DN
  '1.3.6.1.4.1.1466.115.121.1.34', // Name and Optional UID
]);
/** Names of the entry itself, its groups (all of which are shown), the schema. */
const namesNobody: ReadonlySet<string> = new Set(['entryDN', 'memberOf', 'subschemaSubentry']);
/** Kept by the directory itself, which leaves out whoever is not in service. */
const listed: ReadonlySet<string> = new Set(['member', 'memberUid', 'roleOccupant']);

export function mayNamePeople(type: AttributeType): boolean {
  return type.name === 'memberUid' || (nameSyntaxes.has(type.syntax.oid) && !namesNobody.has(type.name));
}

/** As mayNamePeople, of what somebody wrote: it may name anybody. */
export function mayNameAnybody(type: AttributeType): boolean {
  return mayNamePeople(type) && !listed.has(type.name);
}
