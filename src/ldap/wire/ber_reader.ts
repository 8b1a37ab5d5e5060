// Reads BER as RFC 4511 5.1 narrows it: definite lengths, primitive strings, tags of one octet. Every read is bounded
// by the constructed value it stands in; whatever breaks the encoding throws OperationError('invalid_request').
import { isUtf8 } from 'node:buffer';
import { OperationError } from '../../errors.ts';
import type { StringTable } from './string_table.ts';
import { UNIVERSAL } from './tag.ts';

const NOTHING = Buffer.alloc(0);

/** Names of tags are hexadecimal in details: the sender knows them so from any packet dump. */
function hex(tag: number): string {
  return `0x${tag.toString(16).padStart(2, '0')}`;
}

/**
 * A cursor over one buffer. `enter` narrows it to the content of a constructed value and returns the outer limit, which
 * goes back into `leave`. Octet strings come as views of the buffer. Use `reset` to read the next buffer with the same
 * reader: it allocates nothing. `strings` is for a reader that sees the same texts again and again.
 */
export class BerReader {
  readonly #strings: StringTable | null;
  #octets: Buffer = NOTHING;
  #at = 0;
  #limit = 0;
  #sound = true;

  constructor(octets: Buffer = NOTHING, strings: StringTable | null = null) {
    this.#strings = strings;
    this.reset(octets);
  }

  reset(octets: Buffer): void {
    this.#octets = octets;
    this.#at = 0;
    this.#limit = octets.length;
    this.#sound = true;
  }

  /** False once a tag or length was found wrong: whatever follows means nothing. */
  get sound(): boolean {
    return this.#sound;
  }

  /** True while the current constructed value holds more. */
  get more(): boolean {
    return this.#at < this.#limit;
  }

  /** Tag of the next value; -1 at the end of the current constructed value. */
  peek(): number {
    return this.#at < this.#limit ? (this.#octets[this.#at] as number) : -1;
  }

  /** Goes into a constructed value; returns what `leave` needs. */
  enter(tag: number): number {
    const end = this.#header(tag);
    const outer = this.#limit;
    this.#limit = end;
    return outer;
  }

  /** Leaves the constructed value. Components we do not know may follow in it and are skipped (RFC 4511 section 4). */
  leave(outer: number): void {
    while (this.#at < this.#limit) this.skip();
    this.#limit = outer;
  }

  /** Passes over the next value, whatever it is. */
  skip(): void {
    if (!this.more) throw this.#broken('a value is missing');
    this.#at = this.#header(this.peek());
  }

  /** Refuses octets after the last value. */
  finish(): void {
    if (this.#at < this.#limit) throw this.#broken('octets follow the end of the value');
  }

  boolean(tag: number = UNIVERSAL.boolean): boolean {
    const end = this.#header(tag);
    if (end - this.#at !== 1) throw this.#broken('a BOOLEAN must be one octet');
    return this.#octets[this.#at++] !== 0;
  }

  /** INTEGER or ENUMERATED that fits 32 bits, in its shortest form (X.690 8.3.2). */
  integer(tag: number = UNIVERSAL.integer): number {
    const end = this.#header(tag);
    const octets = this.#octets;
    const length = end - this.#at;
    if (length < 1 || length > 4) throw this.#broken('an INTEGER must be one to four octets');
    const first = octets[this.#at] as number;
    let value = (first << 24) >> 24;
    if (length > 1 && value === ((octets[this.#at + 1] as number) << 24) >> 31) {
      throw this.#broken('an INTEGER must have its shortest form');
    }
    while (++this.#at < end) value = (value << 8) | (octets[this.#at] as number);
    return value;
  }

  enumerated(): number {
    return this.integer(UNIVERSAL.enumerated);
  }

  /** A view of the octets, not a copy. */
  octetString(tag: number = UNIVERSAL.octetString): Buffer {
    const end = this.#header(tag);
    const view = this.#octets.subarray(this.#at, end);
    this.#at = end;
    return view;
  }

  /** LDAPString and its kin: text that is refused when it is not UTF-8; `name` says in the detail what it was. */
  text(name: string, tag: number = UNIVERSAL.octetString): string {
    const end = this.#header(tag);
    const start = this.#at;
    this.#at = end;
    const ascii = this.#strings?.ascii(this.#octets, start, end);
    if (ascii !== undefined) return ascii;
    if (!isUtf8(this.#octets.subarray(start, end))) {
      throw new OperationError('invalid_request', `${name} must be UTF-8`);
    }
    return this.#octets.toString('utf8', start, end);
  }

  /** Reads tag and length; the cursor stands on the content afterwards. Returns where the content ends. */
  #header(tag: number): number {
    const octets = this.#octets;
    const limit = this.#limit;
    let at = this.#at;
    if (limit - at < 2) throw this.#broken(at < limit ? 'a length is cut off' : `${hex(tag)} is missing`);
    const found = octets[at++] as number;
    if (found !== tag) throw this.#broken(`found tag ${hex(found)} where ${hex(tag)} must be`);
    if ((found & 0x1f) === 0x1f) throw this.#broken('tags must be of one octet');
    let length = octets[at++] as number;
    if (length >= 0x80) {
      const size = length & 0x7f;
      if (size === 0) throw this.#broken('lengths must be definite');
      if (size > 4) throw this.#broken('lengths must be of at most four octets');
      if (limit - at < size) throw this.#broken('a length is cut off');
      length = 0;
      for (let read = 0; read < size; read++) length = length * 256 + (octets[at++] as number);
    }
    if (length > limit - at) throw this.#broken('a length runs past the value it stands in');
    this.#at = at;
    return at + length;
  }

  #broken(detail: string): OperationError {
    this.#sound = false;
    return new OperationError('invalid_request', detail);
  }
}
