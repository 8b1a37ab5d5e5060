// node-forge's ASN.1 tree with its traps closed: text gets its tag by type (a Chinese name as PrintableString is a
// certificate that nobody can parse), integers are unsigned, times carry no fraction, octets go in and out as Buffer.
import forge from 'node-forge';
import { timeText } from './der.ts';

export type Node = forge.asn1.Asn1;

const { asn1 } = forge;
const universal = asn1.Class.UNIVERSAL;

function binary(octets: Buffer): string {
  return octets.toString('latin1');
}

function primitive(type: forge.asn1.Type, value: string): Node {
  return asn1.create(universal, type, false, value);
}

export function sequence(...children: Node[]): Node {
  return asn1.create(universal, asn1.Type.SEQUENCE, true, children);
}

export function set(...children: Node[]): Node {
  return asn1.create(universal, asn1.Type.SET, true, children);
}

export function oid(dotted: string): Node {
  return primitive(asn1.Type.OID, asn1.oidToDer(dotted).getBytes());
}

/** INTEGER from unsigned octets; a sign octet is put where the first bit would make it negative. */
export function unsigned(octets: Buffer): Node {
  const sign = (octets[0] ?? 0) >= 0x80 ? '\0' : '';
  return primitive(asn1.Type.INTEGER, sign + binary(octets));
}

export function integer(value: number): Node {
  return primitive(asn1.Type.INTEGER, asn1.integerToDer(value).getBytes());
}

export function boolean(value: boolean): Node {
  return primitive(asn1.Type.BOOLEAN, value ? '\xff' : '\0');
}

export function nothing(): Node {
  return primitive(asn1.Type.NULL, '');
}

export function octets(value: Buffer): Node {
  return primitive(asn1.Type.OCTETSTRING, binary(value));
}

/** BIT STRING of whole octets. */
export function bits(value: Buffer): Node {
  return primitive(asn1.Type.BITSTRING, `\0${binary(value)}`);
}

/** BIT STRING of named bits, trailing zeros cut as DER wants (X.690 11.2.2). */
export function namedBits(positions: readonly number[]): Node {
  const highest = Math.max(...positions);
  const value = Buffer.alloc(Math.floor(highest / 8) + 1);
  for (const position of positions) {
    const at = Math.floor(position / 8);
    value[at] = (value[at] ?? 0) | (0x80 >> (position % 8));
  }
  return primitive(asn1.Type.BITSTRING, String.fromCharCode(7 - (highest % 8)) + binary(value));
}

export function utf8(text: string): Node {
  return primitive(asn1.Type.UTF8, binary(Buffer.from(text, 'utf8')));
}

export function printable(text: string): Node {
  return primitive(asn1.Type.PRINTABLESTRING, text);
}

/** BMPString, which forge encodes itself; text outside the basic plane must not come here. */
export function bmp(text: string): Node {
  return primitive(asn1.Type.BMPSTRING, text);
}

export function time(instant: Date): Node {
  const { text, generalized } = timeText(instant);
  return primitive(generalized ? asn1.Type.GENERALIZEDTIME : asn1.Type.UTCTIME, text);
}

/** `[tag]` around children. */
export function tagged(tag: number, ...children: Node[]): Node {
  return asn1.create(asn1.Class.CONTEXT_SPECIFIC, tag, true, children);
}

/** `[tag] IMPLICIT` of a primitive value. */
export function implicit(tag: number, value: Buffer): Node {
  return asn1.create(asn1.Class.CONTEXT_SPECIFIC, tag, false, binary(value));
}

export function toDer(node: Node): Buffer {
  return Buffer.from(asn1.toDer(node).getBytes(), 'latin1');
}

/** Parses one DER value whole; what follows it, or nesting deeper than `maxDepth`, throws. */
export function fromDer(der: Buffer, maxDepth = 32): Node {
  const options = { strict: true, parseAllBytes: true, decodeBitStrings: false, maxDepth };
  // The published types know only the older boolean; the package reads the options (lib/asn1.js, asn1.fromDer).
  return (asn1.fromDer as unknown as (bytes: string, options: object) => Node)(binary(der), options);
}

/** Children of a constructed node; empty of a primitive one. */
export function children(node: Node | undefined): Node[] {
  return node !== undefined && Array.isArray(node.value) ? node.value : [];
}

/** Content octets of a primitive node; undefined of a constructed one. */
export function content(node: Node | undefined): Buffer | undefined {
  return node !== undefined && typeof node.value === 'string' ? Buffer.from(node.value, 'latin1') : undefined;
}

export function oidText(node: Node | undefined): string {
  return node !== undefined && typeof node.value === 'string' ? asn1.derToOid(node.value) : '';
}
