// A small DER writer (X.690) for what is signed often and in bulk: revocation lists. Values come in as octets
// and go out as octets; nothing is kept as a tree. Certificates are built with node-forge in asn1.ts.

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
  return minimal.length === 0 || first >= 0x80 ? tlv(0x02, Buffer.of(0), minimal) : tlv(0x02, minimal);
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
  const text = `${instant.toISOString().slice(0, 19).replace(/[-:T]/g, '')}Z`;
  const year = instant.getUTCFullYear();
  return year < 2050 ? { text: text.slice(2), generalized: false } : { text, generalized: true };
}

/** UTCTime or GeneralizedTime, whichever RFC 5280 wants for the year. */
export function time(instant: Date): Buffer {
  const { text, generalized } = timeText(instant);
  return tlv(generalized ? 0x18 : 0x17, Buffer.from(text, 'latin1'));
}

/** Where the TLV at `at` has its content, in octets that we made or have checked. */
export function tlvAt(octets: Buffer, at: number): { start: number; end: number } {
  const first = octets[at + 1] ?? 0;
  if (first < 0x80) return { start: at + 2, end: at + 2 + first };
  const size = first & 0x7f;
  const start = at + 2 + size;
  return { start, end: start + octets.readUIntBE(at + 2, size) };
}
