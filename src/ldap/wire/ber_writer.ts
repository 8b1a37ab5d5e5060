// Writes BER into one growing buffer. Lengths that are known are written at once; a constructed value of unknown length
// reserves one octet and moves its content only if it turns out longer than 127 octets.
import { UNIVERSAL } from './tag.ts';

/** Octets that tag and length of a value with `content` octets take. */
export function headerSize(content: number): number {
  if (content < 0x80) return 2;
  if (content < 0x100) return 3;
  if (content < 0x1_0000) return 4;
  if (content < 0x100_0000) return 5;
  return 6;
}

/** Content octets of an INTEGER that is not negative. */
export function integerSize(value: number): number {
  if (value < 0x80) return 1;
  if (value < 0x8000) return 2;
  if (value < 0x80_0000) return 3;
  return value < 0x8000_0000 ? 4 : 5;
}

/**
 * Appends values to a slab. `take` hands out what was written since the last `take` as a view and goes on behind it in
 * the same slab, which is never written twice: views stay valid for as long as a socket needs them.
 */
export class BerWriter {
  readonly #slabSize: number;
  #octets: Buffer;
  #start = 0;
  #at = 0;

  constructor(slabSize = 256) {
    this.#slabSize = slabSize;
    this.#octets = Buffer.allocUnsafeSlow(slabSize);
  }

  /** Octets written and not taken. */
  get size(): number {
    return this.#at - this.#start;
  }

  take(): Buffer {
    const taken = this.#octets.subarray(this.#start, this.#at);
    this.#start = this.#at;
    return taken;
  }

  /** Makes room for `more` octets, so that one check serves many writes. */
  reserve(more: number): void {
    if (this.#octets.length - this.#at < more) this.#grow(more);
  }

  /** Tag and length of a value whose content the caller writes next. */
  header(tag: number, content: number): void {
    this.reserve(6);
    const octets = this.#octets;
    octets[this.#at++] = tag;
    if (content < 0x80) {
      octets[this.#at++] = content;
      return;
    }
    const size = headerSize(content) - 2;
    octets[this.#at++] = 0x80 | size;
    for (let shift = (size - 1) * 8; shift >= 0; shift -= 8) octets[this.#at++] = (content >>> shift) & 0xff;
  }

  /** Opens a constructed value of unknown length; pass the result to `end`. */
  begin(tag: number): number {
    this.reserve(2);
    this.#octets[this.#at] = tag;
    this.#at += 2;
    return this.#at - this.#start; // relative, because growing moves what is not taken
  }

  end(mark: number): void {
    const start = this.#start + mark;
    const content = this.#at - start;
    const wider = headerSize(content) - 2;
    if (wider > 0) {
      this.reserve(wider);
      const moved = this.#start + mark;
      this.#octets.copyWithin(moved + wider, moved, moved + content);
      this.#at = moved - 2;
      this.header(this.#octets[this.#at] as number, content);
      this.#at += content;
    } else {
      this.#octets[start - 1] = content;
    }
  }

  boolean(value: boolean, tag: number = UNIVERSAL.boolean): void {
    this.header(tag, 1);
    this.reserve(1);
    this.#octets[this.#at++] = value ? 0xff : 0x00; // RFC 4511 5.1: TRUE is FF
  }

  /** INTEGER or ENUMERATED from 0 to 2^32 - 1. */
  integer(value: number, tag: number = UNIVERSAL.integer): void {
    const size = integerSize(value);
    this.header(tag, size);
    this.reserve(size);
    if (size === 5) this.#octets[this.#at++] = 0;
    for (let shift = (Math.min(size, 4) - 1) * 8; shift >= 0; shift -= 8) {
      this.#octets[this.#at++] = (value >>> shift) & 0xff;
    }
  }

  enumerated(value: number): void {
    this.integer(value, UNIVERSAL.enumerated);
  }

  octetString(value: Uint8Array, tag: number = UNIVERSAL.octetString): void {
    this.header(tag, value.length);
    this.raw(value);
  }

  /** Text as UTF-8. */
  text(value: string, tag: number = UNIVERSAL.octetString): void {
    const length = value.length === 0 ? 0 : Buffer.byteLength(value);
    this.header(tag, length);
    if (length === 0) return;
    this.reserve(length);
    this.#octets.write(value, this.#at, length);
    this.#at += length;
  }

  /** Octets that are BER already. */
  raw(value: Uint8Array): void {
    this.reserve(value.length);
    this.#octets.set(value, this.#at);
    this.#at += value.length;
  }

  /** Part of octets that are BER already. */
  rawRange(value: Uint8Array, start: number, end: number): void {
    const length = end - start;
    this.reserve(length);
    if (length <= 48) {
      // Below this a loop beats making the view that a native copy needs.
      const octets = this.#octets;
      let at = this.#at;
      for (let from = start; from < end; from++) octets[at++] = value[from] as number;
    } else {
      this.#octets.set(value.subarray(start, end), this.#at);
    }
    this.#at += length;
  }

  #grow(more: number): void {
    const kept = this.#at - this.#start;
    const needed = kept + more;
    const grown = Buffer.allocUnsafeSlow(needed <= this.#slabSize / 2 ? this.#slabSize : needed * 2);
    grown.set(this.#octets.subarray(this.#start, this.#at));
    this.#octets = grown;
    this.#start = 0;
    this.#at = kept;
  }
}
