// Distinguished names as certificates carry them (RFC 5280 4.1.2.4): which attribute, under which string type, how long.
import { holdsForbidden } from '../directory/field.ts';
import { OperationError } from '../errors.ts';
import * as asn1 from './asn1.ts';

/** Longest values are X.520's upper bounds as RFC 5280 appendix A repeats them. */
const attributeTable = {
  C: { oid: '2.5.4.6', text: asn1.printable, longest: 2, form: /^[A-Z]{2}$/ },
  O: { oid: '2.5.4.10', text: asn1.utf8, longest: 64, form: null },
  organizationIdentifier: { oid: '2.5.4.97', text: asn1.utf8, longest: 256, form: null },
  surname: { oid: '2.5.4.4', text: asn1.utf8, longest: 64, form: null },
  givenName: { oid: '2.5.4.42', text: asn1.utf8, longest: 64, form: null },
  serialNumber: { oid: '2.5.4.5', text: asn1.printable, longest: 64, form: /^[A-Za-z0-9 '()+,./:=?-]+$/ },
  CN: { oid: '2.5.4.3', text: asn1.utf8, longest: 64, form: null },
} as const satisfies Record<
  string,
  { oid: string; text: (value: string) => asn1.Node; longest: number; form: RegExp | null }
>;

export type NameAttribute = keyof typeof attributeTable;

/** RDNs in encoded order: the country first, the common name last. */
export type DistinguishedName = readonly { attribute: NameAttribute; value: string }[];

/** True when the value may stand in the attribute: length, alphabet, and nothing that shows nothing. */
export function fitsName(attribute: NameAttribute, value: string): boolean {
  const { longest, form } = attributeTable[attribute];
  const characters = [...value].length;
  if (characters === 0 || characters > longest || value.trim() !== value) return false;
  return form === null ? !holdsForbidden(value) : form.test(value);
}

/** Name as ASN.1. Error: invalid_value, naming the attribute. */
export function nameNode(name: DistinguishedName): asn1.Node {
  return asn1.sequence(
    ...name.map(({ attribute, value }) => {
      if (!fitsName(attribute, value)) {
        throw new OperationError('invalid_value', `${attribute} cannot hold "${value}" in a certificate`);
      }
      const { oid, text } = attributeTable[attribute];
      return asn1.set(asn1.sequence(asn1.oid(oid), text(value)));
    }),
  );
}

function escaped(value: string): string {
  return value
    .replace(/[\\",+;<>]/g, '\\$&')
    .replace(/^[# ]/, '\\$&')
    .replace(/ $/, '\\ ');
}

/** The RFC 4514 text: last RDN first; attributes outside its short list by OID would be less readable than by name. */
export function nameText(name: DistinguishedName): string {
  return [...name]
    .reverse()
    .map(({ attribute, value }) => `${attribute}=${escaped(value)}`)
    .join(',');
}
