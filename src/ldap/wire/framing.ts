// Cuts LDAPMessages out of a byte stream (RFC 4511 5.1-5.2). A message that lies inside one chunk costs no copy. The
// size limit is checked on the announced length, before anything is kept.
import { OperationError } from '../../errors.ts';
import { UNIVERSAL } from './tag.ts';

const NOTHING = Buffer.alloc(0);

/**
 * Framing of one connection. Push what the socket gives, then call `next` until it returns null. Messages are views of
 * what was pushed; copy what must outlive the operation. After an error the stream has no known position: close it.
 */
export class MessageFramer {
  /** Largest message in octets, header included. May change at any time: it is smaller before authentication. */
  maximum: number;
  #octets: Buffer = NOTHING;
  #at = 0;
  #end = 0;
  /** True when `#octets` is ours to write into behind `#end`. */
  #owned = false;

  constructor(maximum: number) {
    this.maximum = maximum;
  }

  /** Octets received and not given out: must be 0 when TLS takes the stream over (RFC 4511 4.14.1). */
  get pending(): number {
    return this.#end - this.#at;
  }

  push(chunk: Buffer): void {
    if (this.#at === this.#end) {
      this.#octets = chunk;
      this.#at = 0;
      this.#end = chunk.length;
      this.#owned = false;
      return;
    }
    const needed = this.#end - this.#at + chunk.length;
    if (!this.#owned || this.#octets.length - this.#end < chunk.length) this.#rehouse(needed);
    this.#octets.set(chunk, this.#end);
    this.#end += chunk.length;
  }

  /**
   * The next whole message, or null until more has come.
   * Errors: invalid_request (not an LDAPMessage), admin_limit_exceeded (larger than `maximum`).
   */
  next(): Buffer | null {
    const size = this.#announced();
    if (size < 0 || size > this.#end - this.#at) return null;
    const message = this.#octets.subarray(this.#at, this.#at + size);
    this.#at += size;
    if (this.#at === this.#end) this.#release();
    return message;
  }

  /** Lets go of the octets: the messages given out alone keep them alive. */
  #release(): void {
    this.#octets = NOTHING;
    this.#at = 0;
    this.#end = 0;
  }

  /** Moves what is kept into a buffer of our own, at least doubled, so that a slow sender costs linear work. */
  #rehouse(needed: number): void {
    const doubled = 2 * (this.#end - this.#at);
    const house = Buffer.allocUnsafeSlow(Math.max(needed, Math.min(doubled, this.maximum), 512));
    house.set(this.#octets.subarray(this.#at, this.#end));
    this.#end -= this.#at;
    this.#at = 0;
    this.#octets = house;
    this.#owned = true;
  }

  /** Size of the message that begins at the cursor, header included; -1 while its header is incomplete. */
  #announced(): number {
    const octets = this.#octets;
    const at = this.#at;
    const available = this.#end - at;
    if (available === 0) return -1;
    if (octets[at] !== UNIVERSAL.sequence) throw malformed('a message must begin with the tag 0x30');
    if (available < 2) return -1;
    const first = octets[at + 1] as number;
    if (first < 0x80) return this.#checked(2 + first);
    const size = first & 0x7f;
    if (size === 0) throw malformed('the length of a message must be definite');
    if (size > 4) throw malformed('the length of a message must be of at most four octets');
    if (available < 2 + size) return -1;
    let length = 0;
    for (let read = 0; read < size; read++) length = length * 256 + (octets[at + 2 + read] as number);
    return this.#checked(2 + size + length);
  }

  #checked(size: number): number {
    if (size > this.maximum) {
      throw new OperationError('admin_limit_exceeded', `a message must not exceed ${this.maximum} octets`);
    }
    return size;
  }
}

function malformed(detail: string): OperationError {
  return new OperationError('invalid_request', detail);
}
