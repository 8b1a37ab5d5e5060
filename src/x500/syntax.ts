// The LDAP syntaxes (RFC 4517 section 3.3, RFC 4523, RFC 4530): what octets are a value of which.
import { isUtf8 } from 'node:buffer';
import { parseDn } from './dn_text.ts';
import {
  normaliseBits,
  normaliseBoolean,
  normaliseInteger,
  normaliseTime,
  normaliseUuid,
} from './normal_forms.ts';
import type { Syntax } from './schema.ts';

type Check = (value: Buffer) => boolean;

const rfc4517 = '1.3.6.1.4.1.1466.115.121.1';

const matches =
  (pattern: RegExp): Check =>
  (value) =>
    pattern.test(value.toString('latin1'));
const some: Check = (value) => value.length > 0;
const any: Check = () => true;
const ascii: Check = (value) => value.every((octet) => octet < 0x80);
const text: Check = (value) => value.length > 0 && isUtf8(value);
const printable = matches(/^[A-Za-z0-9'()+,\-./:? =]+$/);
const der: Check = (value) => value[0] === 0x30 && value.length > 2;
const definition: Check = (value) => isUtf8(value) && /^\(.*\)$/s.test(value.toString('utf8'));
const dn: Check = (value) => {
  if (!isUtf8(value)) return false;
  try {
    parseDn(value.toString('utf8'));
    return true;
  } catch {
    return false; // the one thing that parsing refuses is what this function is asked about
  }
};
const withoutIdentifier = (value: Buffer): Buffer =>
  Buffer.from(value.toString('latin1').replace(/#'[01]*'B$/, ''), 'latin1');
// Telephone numbers are written for people here: the E.123 characters, and what callers add for extensions.
const telephone = matches(/^[A-Za-z0-9'()+,\-./:? =*#;]+$/);
const lines: Check = (value) =>
  text(value) &&
  value
    .toString('utf8')
    .split('$')
    .every((line) => line !== '');

const rows: readonly (readonly [oid: string, description: string, conforms: Check, binary?: 'binary'])[] = [
  ['.3', 'Attribute Type Description', definition],
  ['.5', 'Binary', any, 'binary'],
  ['.6', 'Bit String', (value) => normaliseBits(value) !== null],
  ['.7', 'Boolean', (value) => normaliseBoolean(value) !== null],
  ['.8', 'Certificate', der, 'binary'],
  ['.9', 'Certificate List', der, 'binary'],
  ['.10', 'Certificate Pair', der, 'binary'],
  ['.11', 'Country String', matches(/^[A-Za-z0-9'()+,\-./:? =]{2}$/)],
  ['.12', 'DN', dn],
  ['.14', 'Delivery Method', printable],
  ['.15', 'Directory String', text],
  ['.16', 'DIT Content Rule Description', definition],
  ['.17', 'DIT Structure Rule Description', definition],
  ['.22', 'Facsimile Telephone Number', matches(/^[A-Za-z0-9'()+,\-./:? =]+(?:\$[A-Za-z0-9]+)*$/)],
  ['.23', 'Fax', any],
  ['.24', 'Generalized Time', (value) => normaliseTime(value) !== null],
  ['.25', 'Guide', text],
  ['.26', 'IA5 String', ascii],
  ['.27', 'INTEGER', (value) => normaliseInteger(value) !== null],
  ['.28', 'JPEG', some],
  ['.30', 'Matching Rule Description', definition],
  ['.31', 'Matching Rule Use Description', definition],
  ['.34', 'Name And Optional UID', (value) => dn(withoutIdentifier(value))],
  ['.35', 'Name Form Description', definition],
  ['.36', 'Numeric String', matches(/^[0-9 ]+$/)],
  ['.37', 'Object Class Description', definition],
  ['.38', 'OID', matches(/^(?:[A-Za-z][A-Za-z0-9-]*|(?:0|[1-9][0-9]*)(?:\.(?:0|[1-9][0-9]*))+)$/)],
  ['.40', 'Octet String', any],
  ['.41', 'Postal Address', lines],
  ['.44', 'Printable String', printable],
  ['.50', 'Telephone Number', telephone],
  ['.51', 'Teletex Terminal Identifier', printable],
  ['.52', 'Telex Number', printable],
  ['.54', 'LDAP Syntax Description', definition],
  ['.58', 'Substring Assertion', text],
  ['1.3.6.1.1.15.1', 'X.509 Certificate Exact Assertion', text],
  ['1.3.6.1.1.15.5', 'X.509 Certificate List Exact Assertion', text],
  ['1.3.6.1.1.16.1', 'UUID', (value) => normaliseUuid(value) !== null],
];

/** Every syntax, in the order of the table. */
export const syntaxes: readonly Syntax[] = rows.map(([oid, description, conforms, binary]) => ({
  oid: oid.startsWith('.') ? `${rfc4517}${oid}` : oid,
  description,
  conforms,
  binary: binary !== undefined,
}));
