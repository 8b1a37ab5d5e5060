// Distinguished names as keys: two DNs name the same entry exactly when their normal forms are the same string
// (RFC 4517 4.2.15 distinguishedNameMatch). A key is itself a DN, and no comma in it is anything but a separator.
import { isUtf8 } from 'node:buffer';
import { OperationError } from '../errors.ts';
import { type Ava, escapeDnValue, hexDnValue, parseDn, printRdn, type Rdn } from './dn_text.ts';
import type { Schema } from './schema.ts';

/** What a DN's normal form depends on. */
export type NamingSchema = Pick<Schema, 'attributeType'>;

// Names of entries here are nearly always plain: types whose canonical name this is and whose equality is
// caseIgnore(IA5)Match, values of letters and digits. For those the normal form is the text in lower case.
const plainDn =
  /^(?:uid|cn|ou|dc|o)=[a-z0-9](?:[a-z0-9._@-]*[a-z0-9])?(?:,(?:uid|cn|ou|dc|o)=[a-z0-9](?:[a-z0-9._@-]*[a-z0-9])?)*$/i;
const longestPlainDn = 512;

function normaliseAva(schema: NamingSchema, { type, value }: Ava): string {
  const known = schema.attributeType(type);
  const name = known === undefined ? type.toLowerCase() : known.name.toLowerCase();
  const rule = known?.equality ?? null;
  if (rule === null || rule.name === 'octetStringMatch') {
    return `${name}=${isUtf8(value) && rule === null ? escapeForKey(value.toString()) : hexDnValue(value)}`;
  }
  const normal = rule.normalise(value);
  if (normal === null) {
    throw new OperationError('invalid_dn', `the distinguished name has a malformed value of ${name}`);
  }
  return `${name}=${escapeForKey(normal)}`;
}

/** Escapes in hexadecimal only, so that a separator stands for itself wherever it stands. */
function escapeForKey(value: string): string {
  if (/^[a-z0-9](?:[a-z0-9 ._@-]*[a-z0-9._@-])?$/.test(value)) return value;
  return value.replace(/^[ #]| $|[\\",+;<>=\0\n]/g, (character) => {
    return `\\${character.charCodeAt(0).toString(16).padStart(2, '0')}`;
  });
}

function normaliseRdn(schema: NamingSchema, rdn: Rdn): string {
  const avas = rdn.map((ava) => normaliseAva(schema, ava));
  return avas.length === 1 ? (avas[0] ?? '') : avas.sort().join('+');
}

/**
 * The key of the entry that `dn` names: canonical attribute names in lower case, values in the normal form of the type's
 * equality rule, AVAs of an RDN in one order. Keys are normal themselves. Error: invalid_dn.
 */
export function normaliseDn(schema: NamingSchema, dn: string): string {
  if (dn.length <= longestPlainDn && plainDn.test(dn)) return dn.toLowerCase();
  return parseDn(dn)
    .map((rdn) => normaliseRdn(schema, rdn))
    .join(',');
}

/** Key of the superior entry: '' (the root) for a single RDN, null for the root itself. */
export function parentKey(key: string): string | null {
  if (key === '') return null;
  const comma = key.indexOf(',');
  return comma < 0 ? '' : key.slice(comma + 1);
}

/** Keys of all superiors, nearest first, the root's '' left out. */
export function superiorKeys(key: string): string[] {
  const keys: string[] = [];
  for (let superior = parentKey(key); superior !== null && superior !== ''; superior = parentKey(superior)) {
    keys.push(superior);
  }
  return keys;
}

/** The first RDN of a DN, and the text of what follows. Error: invalid_dn, also for the root, which has none. */
export function rdnOf(dn: string): { rdn: Rdn; superior: string } {
  const [rdn, ...rest] = parseDn(dn);
  if (rdn === undefined) throw new OperationError('invalid_dn', 'the root has no RDN');
  return { rdn, superior: rest.map(printRdn).join(',') };
}

/** The DN with the RDN `naming` (pairs of attribute name and value) below `superior`. */
export function dnOf(naming: readonly (readonly [type: string, value: string])[], superior: string): string {
  const rdn = naming.map(([type, value]) => `${type}=${escapeDnValue(value)}`).join('+');
  return superior === '' ? rdn : `${rdn},${superior}`;
}
