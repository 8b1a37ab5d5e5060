// Recently read short strings by their octets. Names and DNs repeat from request to request: finding the string we
// made last time costs less than making it again, and a string met before carries its hash into later look-ups.

const SLOTS = 2048; // a power of two
const LONGEST = 64;

/** A fixed number of slots, each holding the last string that fell on it: a sender of ever new strings only misses. */
export class StringTable {
  readonly #slots: string[] = new Array<string>(SLOTS).fill('');

  /** The text of `octets[start..end)`, or undefined when it holds anything but US-ASCII. */
  ascii(octets: Buffer, start: number, end: number): string | undefined {
    const length = end - start;
    if (length === 0) return '';
    if (length > LONGEST) return asciiText(octets, start, end);
    let hash = length;
    let seen = 0;
    for (let at = start; at < end; at++) {
      const octet = octets[at] as number;
      seen |= octet;
      hash = (Math.imul(hash, 31) + octet) | 0;
    }
    if (seen >= 0x80) return undefined;
    const slot = (hash ^ (hash >>> 15)) & (SLOTS - 1);
    const known = this.#slots[slot] as string;
    if (known.length === length && equals(known, octets, start)) return known;
    const text = octets.toString('latin1', start, end);
    this.#slots[slot] = text;
    return text;
  }
}

function equals(text: string, octets: Buffer, start: number): boolean {
  for (let at = 0; at < text.length; at++) {
    if (text.charCodeAt(at) !== octets[start + at]) return false;
  }
  return true;
}

function asciiText(octets: Buffer, start: number, end: number): string | undefined {
  for (let at = start; at < end; at++) {
    if ((octets[at] as number) >= 0x80) return undefined;
  }
  return octets.toString('latin1', start, end);
}
