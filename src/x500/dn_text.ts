// The string form of distinguished names (RFC 4514), read leniently and written strictly. Reading also takes what older
// writers produce (RFC 2253 quotes, `;` between RDNs, `OID.` prefixes, spaces around separators).
import { isUtf8 } from 'node:buffer';
import { OperationError } from '../errors.ts';

/** One `type=value` of an RDN: the type as written, the value as octets with escapes resolved. */
export interface Ava {
  readonly type: string;
  readonly value: Buffer;
}
/** A relative distinguished name: one AVA, or several joined by `+`. */
export type Rdn = readonly Ava[];

const longestDn = 8192;
const mostRdns = 64;
const mostAvas = 128;
const attributeType = /^(?:[a-z][a-z0-9-]*|(?:0|[1-9][0-9]*)(?:\.(?:0|[1-9][0-9]*))+)$/i;

function refuse(why: string): never {
  throw new OperationError('invalid_dn', `the distinguished name ${why}`);
}

/** ASN.1 string tags whose content octets are the value itself; BMPString (30) is UTF-16. */
const stringTags: ReadonlySet<number> = new Set([4, 12, 18, 19, 20, 22, 26]);

/** The value in `#hex` form is BER; for a string its content is the value, for anything else the whole encoding. */
function valueOfBer(ber: Buffer): Buffer {
  const size = ber[1] ?? 0x80;
  const header = size < 0x80 ? 2 : 2 + (size & 0x7f);
  if (ber.length < header || size === 0x80 || size > 0x84) refuse('holds a #value that is not BER');
  const length = size < 0x80 ? size : ber.readUIntBE(2, size & 0x7f);
  if (header + length !== ber.length) refuse('holds a #value that is not BER');
  const content = ber.subarray(header);
  if (stringTags.has(ber[0] ?? 0)) return content;
  if (ber[0] === 30 && content.length % 2 === 0) {
    return Buffer.from(Buffer.from(content).swap16().toString('utf16le'), 'utf8');
  }
  return ber;
}

function hexDigitsAt(text: string, at: number): boolean {
  return at + 2 <= text.length && /^[0-9a-f]{2}$/i.test(text.slice(at, at + 2));
}

/** Reads from left to right, once; `at` is the next character. */
class DnReader {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  #skipSpaces(): void {
    while (this.#text[this.#at] === ' ' || this.#text[this.#at] === '\n') this.#at++;
  }

  read(): Rdn[] {
    const rdns: Rdn[] = [];
    let avas = 0;
    this.#skipSpaces();
    if (this.#at === this.#text.length) return rdns;
    for (;;) {
      const rdn: Ava[] = [];
      for (;;) {
        rdn.push(this.#ava());
        if (++avas > mostAvas) refuse(`has more than ${mostAvas} attribute values`);
        if (this.#text[this.#at] !== '+') break;
        this.#at++;
      }
      rdns.push(rdn);
      if (rdns.length > mostRdns) refuse(`has more than ${mostRdns} RDNs`);
      if (this.#at === this.#text.length) return rdns;
      this.#at++; // the reader of a value stops at nothing but a separator or the end
    }
  }

  #ava(): Ava {
    const equals = this.#text.indexOf('=', this.#at);
    if (equals < 0) refuse('has an RDN without `=`');
    const type = this.#text
      .slice(this.#at, equals)
      .trim()
      .replace(/^oid\./i, '');
    if (!attributeType.test(type)) refuse('has an RDN whose attribute type is malformed');
    this.#at = equals + 1;
    this.#skipSpaces();
    const first = this.#text[this.#at];
    const value = first === '#' ? this.#hexString() : first === '"' ? this.#quoted() : this.#string();
    return { type, value };
  }

  #expectSeparator(): void {
    this.#skipSpaces();
    if (this.#at < this.#text.length && !',;+'.includes(this.#text.charAt(this.#at))) {
      refuse('has text after a closed value');
    }
  }

  #hexString(): Buffer {
    const start = ++this.#at;
    while (hexDigitsAt(this.#text, this.#at)) this.#at += 2;
    const hex = this.#text.slice(start, this.#at);
    this.#expectSeparator();
    if (hex === '') refuse('holds a #value without hexadecimal digits');
    return valueOfBer(Buffer.from(hex, 'hex'));
  }

  /** The octets of the escape whose backslash was just read. */
  #escaped(): Buffer {
    if (hexDigitsAt(this.#text, this.#at)) {
      this.#at += 2;
      return Buffer.from(this.#text.slice(this.#at - 2, this.#at), 'hex');
    }
    const character = this.#text.charAt(this.#at);
    if (character === '' || !' "#+,;<=>\\'.includes(character)) refuse('has a malformed escape');
    this.#at++;
    return Buffer.from(character);
  }

  #quoted(): Buffer {
    const parts: Buffer[] = [];
    for (let start = ++this.#at; ; ) {
      const character = this.#text.charAt(this.#at);
      if (character === '') refuse('has a quotation without an end');
      if (character !== '"' && character !== '\\') {
        this.#at++;
        continue;
      }
      parts.push(Buffer.from(this.#text.slice(start, this.#at)));
      this.#at++;
      if (character === '"') break;
      parts.push(this.#escaped());
      start = this.#at;
    }
    this.#expectSeparator();
    return Buffer.concat(parts);
  }

  #string(): Buffer {
    const parts: Buffer[] = [];
    let start = this.#at;
    for (; this.#at < this.#text.length; ) {
      const character = this.#text.charAt(this.#at);
      if (character === ',' || character === '+' || character === ';') break;
      if (character === '"' || character === '<' || character === '>' || character === '\0') {
        refuse('has a character that must be escaped');
      }
      this.#at++;
      if (character !== '\\') continue;
      parts.push(Buffer.from(this.#text.slice(start, this.#at - 1)), this.#escaped());
      start = this.#at;
    }
    // Spaces before a separator are no part of the value unless escaped; escaped ones are in `parts` already.
    let end = this.#at;
    while (end > start && (this.#text[end - 1] === ' ' || this.#text[end - 1] === '\n')) end--;
    parts.push(Buffer.from(this.#text.slice(start, end)));
    return Buffer.concat(parts);
  }
}

/** Reads a DN; the empty text is the root's. Error: invalid_dn, also for one past 8 KiB or 64 RDNs. */
export function parseDn(text: string): Rdn[] {
  if (text.length > longestDn) refuse(`is longer than ${longestDn} characters`);
  return new DnReader(text).read();
}

/** `value` as it stands in a DN (RFC 4514 section 2.4). */
export function escapeDnValue(value: string): string {
  if (/^[a-z0-9](?:[a-z0-9 ._@-]*[a-z0-9._@-])?$/i.test(value)) return value;
  return value.replace(/^[ #]|[\\",+;<>]| $|[\0\n]/g, (character) =>
    character === '\0' ? '\\00' : character === '\n' ? '\\0a' : `\\${character}`,
  );
}

/** Octets as the `#hex` form of an OCTET STRING. */
export function hexDnValue(value: Buffer): string {
  const length = value.length;
  const header = length < 0x80 ? [4, length] : [4, 0x82, length >> 8, length & 0xff];
  return `#${Buffer.from(header).toString('hex')}${value.toString('hex')}`;
}

/** Writes a DN as RFC 4514 has it; a value that is no UTF-8 text comes in `#hex` form. */
export function printDn(rdns: readonly Rdn[]): string {
  return rdns.map(printRdn).join(',');
}

export function printRdn(rdn: Rdn): string {
  return rdn
    .map(
      ({ type, value }) => `${type}=${isUtf8(value) ? escapeDnValue(value.toString()) : hexDnValue(value)}`,
    )
    .join('+');
}
