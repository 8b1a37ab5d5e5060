// What identifies a certificate or a CRL to a matching rule (RFC 4523 sections 2.1 and 2.3): serial number and issuer, or
// issuer and thisUpdate. Read from DER, or from an assertion in GSER text (RFC 3641). Reads no more than it needs.
import { type NamingSchema, normaliseDn } from './dn.ts';
import { type Ava, printDn, type Rdn } from './dn_text.ts';

const longestAssertion = 10_000; // in octets, of one that is text

interface Tlv {
  tag: number;
  start: number; // of the content
  end: number;
}

/** Reads the DER element at `at`; null when it does not lie wholly before `end`. */
function elementAt(der: Buffer, at: number, end: number): Tlv | null {
  const tag = der[at];
  const first = der[at + 1];
  if (tag === undefined || first === undefined || at + 2 > end) return null;
  const size = first < 0x80 ? 0 : first & 0x7f;
  if (first === 0x80 || size > 4 || at + 2 + size > end) return null;
  const start = at + 2 + size;
  const contentEnd = start + (size === 0 ? first : der.readUIntBE(at + 2, size));
  return contentEnd > end ? null : { tag, start, end: contentEnd };
}

/** The elements inside `outer`, at most `most` of them; null when one is malformed. */
function elementsOf(der: Buffer, outer: Tlv, most: number): Tlv[] | null {
  const elements: Tlv[] = [];
  for (let at = outer.start; at < outer.end && elements.length < most; ) {
    const element = elementAt(der, at, outer.end);
    if (element === null) return null;
    elements.push(element);
    at = element.end;
  }
  return elements;
}

function oidOf(der: Buffer, { tag, start, end }: Tlv): string | null {
  if (tag !== 6 || end === start || end - start > 32) return null;
  const arcs: bigint[] = [];
  let arc = 0n;
  for (let at = start; at < end; at++) {
    const octet = der[at] ?? 0;
    arc = (arc << 7n) | BigInt(octet & 0x7f);
    if (octet >= 0x80) continue;
    arcs.push(arc);
    arc = 0n;
  }
  const [first = 0n, ...rest] = arcs;
  const root = first < 40n ? 0n : first < 80n ? 1n : 2n;
  return [root, first - root * 40n, ...rest].join('.');
}

function avaOf(der: Buffer, element: Tlv): Ava | null {
  const [type, value] = elementsOf(der, element, 2) ?? [];
  if (type === undefined || value === undefined) return null;
  const oid = oidOf(der, type);
  if (oid === null) return null;
  const octets = der.subarray(value.start, value.end);
  if (value.tag !== 30) return { type: oid, value: octets };
  if (octets.length % 2 !== 0) return null;
  return { type: oid, value: Buffer.from(Buffer.from(octets).swap16().toString('utf16le'), 'utf8') };
}

/** Normal form of a Name in DER (written there from the root down). */
function nameOf(schema: NamingSchema, der: Buffer, name: Tlv): string | null {
  if (name.tag !== 0x30) return null;
  const rdns: Rdn[] = [];
  for (const set of elementsOf(der, name, 64) ?? []) {
    const avas = (elementsOf(der, set, 16) ?? []).map((element) => avaOf(der, element));
    const rdn = avas.filter((ava) => ava !== null);
    if (rdn.length === 0 || rdn.length !== avas.length) return null;
    rdns.unshift(rdn);
  }
  return normalName(schema, printDn(rdns));
}

function normalName(schema: NamingSchema, dn: string): string | null {
  try {
    return normaliseDn(schema, dn);
  } catch {
    return null; // an issuer that is no DN matches nothing: the rule answers "does not conform"
  }
}

/** The elements of TBSCertificate or TBSCertList. */
function signedElements(der: Buffer): Tlv[] | null {
  const outer = elementAt(der, 0, der.length);
  if (outer === null || outer.tag !== 0x30 || outer.end !== der.length) return null;
  const tbs = elementAt(der, outer.start, outer.end);
  return tbs === null || tbs.tag !== 0x30 ? null : elementsOf(der, tbs, 8);
}

const isGser = (text: string): boolean => text.startsWith('{') && text.endsWith('}');
const gserName = /\bissuer\s+(?:rdnSequence\s*:\s*)?"((?:[^"]|"")*)"/;

/**
 * `serial$issuer` in normal form, of a whole certificate in DER or of a CertificateExactAssertion in GSER
 * (`{ serialNumber 1, issuer rdnSequence:"cn=CA" }`); null when it is neither. It names a certificate; it does not prove
 * that two are the same octets.
 */
export function certificateIdentity(schema: NamingSchema, value: Buffer): string | null {
  if (value[0] === 0x30) {
    const elements = signedElements(value) ?? [];
    const [serial, , issuer] = elements[0]?.tag === 0xa0 ? elements.slice(1) : elements;
    if (serial?.tag !== 2 || serial.end === serial.start || issuer === undefined) return null;
    const name = nameOf(schema, value, issuer);
    const octets = value.subarray(serial.start, serial.end);
    return name === null
      ? null
      : `${BigInt.asIntN(octets.length * 8, BigInt(`0x${octets.toString('hex')}`))}$${name}`;
  }
  const text = value.length <= longestAssertion ? value.toString('utf8').trim() : '';
  const simple = /^(\d{1,60})\s*\$\s*(.+)$/s.exec(text); // the older form: serial$issuer
  if (simple !== null) {
    const name = normalName(schema, simple[2] ?? '');
    return name === null ? null : `${BigInt(simple[1] ?? '')}$${name}`;
  }
  if (!isGser(text)) return null;
  const serial = /\bserialNumber\s+(-?\d{1,60})\b/.exec(text);
  const issuer = gserName.exec(text);
  if (serial === null || issuer === null) return null;
  const name = normalName(schema, (issuer[1] ?? '').replaceAll('""', '"'));
  return name === null ? null : `${BigInt(serial[1] ?? '')}$${name}`;
}

/** `issuer$thisUpdate` of a CRL in DER or of a CertificateListExactAssertion in GSER; null when it is neither. */
export function certificateListIdentity(
  schema: NamingSchema,
  value: Buffer,
  normaliseTime: (text: string) => string | null,
): string | null {
  let name: string | null;
  let update: string;
  if (value[0] === 0x30) {
    const elements = signedElements(value) ?? [];
    const [, issuer, thisUpdate] = elements[0]?.tag === 2 ? elements.slice(1) : elements;
    if (issuer === undefined || thisUpdate === undefined) return null;
    name = nameOf(schema, value, issuer);
    update = value.toString('latin1', thisUpdate.start, thisUpdate.end);
  } else {
    const text = value.length <= longestAssertion ? value.toString('utf8').trim() : '';
    const issuer = gserName.exec(text);
    const time = /\bthisUpdate\s+(?:utcTime|generalizedTime)\s*:\s*"([0-9Z+-]{1,20})"/.exec(text);
    if (!isGser(text) || issuer === null || time === null) return null;
    name = normalName(schema, (issuer[1] ?? '').replaceAll('""', '"'));
    update = time[1] ?? '';
  }
  // UTCTime has two digits for the year: 50 to 99 are of the last century (RFC 5280 4.1.2.5.1).
  const utc = /^\d{12}Z$/.test(update);
  const instant = normaliseTime(utc ? `${update < '5' ? '20' : '19'}${update}` : update);
  return name === null || instant === null ? null : `${name}$${instant}`;
}
