// A small DER writer (X.690) for what is signed often and in bulk, revocation lists, and a reader of octets that were
// checked before. Nothing is kept as a tree. Certificates are built with node-forge in asn1.ts.

function lengthOctets(length: number): Buffer {
  if (length < 0x80) return Buffer.of(length);
  const octets: number[] = [];
  for (let rest = length; rest > 0; rest = Math.floor(rest / 256)) octets.unshift(rest % 256);
  return Buffer.of(0x80 | octets.length, ...octets);
}

/** One TLV with the given identifier octet. */
export function tlv(identifier: number, ...parts: readonly Buffer[]): Buffer {
  const length = parts.reduce((sum, part) => sum + part.length, 0);
  return Buffer.concat([Buffer.of(identifier), lengthOctets(length), ...parts]);
}

export function sequence(...parts: readonly Buffer[]): Buffer {
  return tlv(0x30, ...parts);
}

/** INTEGER from unsigned big-endian octets: leading zeros stripped, a sign octet put where the value needs one. */
export function unsignedInteger(octets: Buffer): Buffer {
  let start = 0;
  while (start < octets.length - 1 && octets[start] === 0) start++;
  const minimal = octets.subarray(start);
  const first = minimal[0] ?? 0;
  const sign = minimal.length === 0 || first >= 0x80 ? 1 : 0;
  const length = minimal.length + sign;
  if (length >= 0x80) return tlv(0x02, Buffer.alloc(sign), minimal);
  const written = Buffer.alloc(2 + length); // the common case, a hundred thousand times a list
  written[0] = 0x02;
  written[1] = length;
  minimal.copy(written, 2 + sign);
  return written;
}

/** INTEGER of a non-negative safe integer. */
export function integer(value: number): Buffer {
  const hex = value.toString(16);
  return unsignedInteger(Buffer.from(hex.length % 2 === 0 ? hex : `0${hex}`, 'hex'));
}

export function enumerated(value: number): Buffer {
  return tlv(0x0a, Buffer.of(value));
}

export function octetString(...parts: readonly Buffer[]): Buffer {
  return tlv(0x04, ...parts);
}

/** BIT STRING of whole octets. */
export function bitString(octets: Buffer): Buffer {
  return tlv(0x03, Buffer.of(0), octets);
}

/** OBJECT IDENTIFIER from its dotted form. */
export function objectIdentifier(dotted: string): Buffer {
  const [first = 0, second = 0, ...rest] = dotted.split('.').map(Number);
  const octets: number[] = [];
  for (const arc of [first * 40 + second, ...rest]) {
    const group = [arc % 128];
    for (let left = Math.floor(arc / 128); left > 0; left = Math.floor(left / 128)) {
      group.unshift((left % 128) | 0x80);
    }
    octets.push(...group);
  }
  return tlv(0x06, Buffer.from(octets));
}

/** Content of a Time: `YYMMDDHHMMSSZ` to 2049, `YYYYMMDDHHMMSSZ` after (RFC 5280 4.1.2.5). */
export function timeText(instant: Date): { text: string; generalized: boolean } {
  const iso = instant.toISOString();
  const day = iso.slice(2, 4) + iso.slice(5, 7) + iso.slice(8, 10);
  const text = `${day}${iso.slice(11, 13)}${iso.slice(14, 16)}${iso.slice(17, 19)}Z`;
  const generalized = instant.getUTCFullYear() >= 2050;
  return { text: generalized ? iso.slice(0, 2) + text : text, generalized };
}

/** UTCTime or GeneralizedTime, whichever RFC 5280 wants for the year. */
export function time(instant: Date): Buffer {
  const { text, generalized } = timeText(instant);
  return tlv(generalized ? 0x18 : 0x17, Buffer.from(text, 'latin1'));
}

/** One TLV as it lies in octets that were checked before (bounded lengths, definite form). */
export interface Element {
  readonly identifier: number;
  /** The whole TLV. */
  readonly octets: Buffer;
  readonly content: Buffer;
}

/** The elements that stand one after another in checked octets: the content of a SEQUENCE, say. */
export function elements(checked: Buffer): Element[] {
  const found: Element[] = [];
  for (let at = 0; at < checked.length; ) {
    const first = checked[at + 1] ?? 0;
    const size = first < 0x80 ? 0 : first & 0x7f;
    const start = at + 2 + size;
    const end = start + (size === 0 ? first : checked.readUIntBE(at + 2, size));
    found.push({
      identifier: checked[at] ?? 0,
      octets: checked.subarray(at, end),
      content: checked.subarray(start, end),
    });
    at = end;
  }
  return found;
}

/** What stands inside a constructed element; nothing inside a primitive one, whose octets nobody checked. */
export function childrenOf(element: Element | undefined): Element[] {
  return element === undefined || (element.identifier & 0x20) === 0 ? [] : elements(element.content);
}
