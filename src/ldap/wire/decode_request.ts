// Octets of one LDAPMessage -> the request they hold (RFC 4511 4.1.1). A broken encoding throws, because section 4.1.1
// then ends the session; content that cannot be meant is returned as malformed, to be answered.
import { isOperationError, OperationError } from '../../errors.ts';
import { BerReader } from './ber_reader.ts';
import { checkLimit, DEFAULT_LIMITS, type DecodeLimits } from './decode_limits.ts';
import { OPERATION_READERS } from './decode_operation.ts';
import { type Control, type DecodedMessage, RESPONSE_OF } from './message.ts';
import { StringTable } from './string_table.ts';
import { UNIVERSAL } from './tag.ts';

const CONTROLS = 0xa0;
const NO_CONTROLS: readonly Control[] = [];

/** Decodes one message after another. Keeps only scratch space: one serves all connections of a process. */
export class RequestDecoder {
  readonly #reader = new BerReader(undefined, new StringTable());

  /**
   * Decodes exactly one message, as MessageFramer cuts it; `limits` are those of whoever sent it.
   * Error: invalid_request, when the octets are no LDAPMessage: send a notice of disconnection, protocolError, and close.
   */
  decode(message: Buffer, limits: DecodeLimits = DEFAULT_LIMITS): DecodedMessage {
    const reader = this.#reader;
    reader.reset(message);
    const outer = reader.enter(UNIVERSAL.sequence);
    const messageId = reader.integer();
    // Zero is reserved for what the server sends unasked (RFC 4511 4.1.1.1).
    if (messageId <= 0) throw new OperationError('invalid_request', 'messageID must be from 1 to 2147483647');
    const row = OPERATION_READERS[reader.peek()];
    if (row === undefined) throw new OperationError('invalid_request', 'protocolOp is not a request');
    try {
      const operation = row.read(reader, limits);
      const controls = reader.peek() === CONTROLS ? this.#controls(limits) : NO_CONTROLS;
      if (reader.peek() === CONTROLS)
        throw new OperationError('invalid_request', 'controls must not come twice');
      reader.leave(outer);
      reader.finish();
      return { kind: 'request', messageId, operation, controls };
    } catch (error) {
      if (!reader.sound || !isOperationError(error)) throw error;
      return { kind: 'malformed', messageId, responseTag: RESPONSE_OF[row.kind], refusal: error };
    }
  }

  #controls(limits: DecodeLimits): Control[] {
    const reader = this.#reader;
    const outer = reader.enter(CONTROLS);
    const controls: Control[] = [];
    while (reader.more) {
      checkLimit(controls.length + 1, limits.controls, 'controls');
      const control = reader.enter(UNIVERSAL.sequence);
      const type = reader.text('controlType');
      const criticality = reader.peek() === UNIVERSAL.boolean && reader.boolean();
      const value = reader.peek() === UNIVERSAL.octetString ? reader.octetString() : null;
      reader.leave(control);
      controls.push({ type, criticality, value });
    }
    reader.leave(outer);
    return controls;
  }
}
