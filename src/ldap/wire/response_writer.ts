// Writes responses straight into the octets that go to the socket (RFC 4511 4.2-4.14). A burst of any number of
// messages is taken as one buffer, for one write.
import { BerWriter, headerSize, integerSize } from './ber_writer.ts';
import type { ByteRanges } from './byte_ranges.ts';
import type { Control, LdapResult } from './message.ts';
import { RESPONSE_TAG, type ResultTag, UNIVERSAL } from './tag.ts';

const SLAB = 64 * 1024;
const REFERRAL = 0xa3;
const SERVER_SASL_CREDS = 0x87;
const EXTENDED = { responseName: 0x8a, responseValue: 0x8b } as const;
const INTERMEDIATE = { responseName: 0x80, responseValue: 0x81 } as const;
const CONTROLS = 0xa0;
/** responseName of the notice of disconnection (RFC 4511 4.4.1). */
const NOTICE_OF_DISCONNECTION = '1.3.6.1.4.1.1466.20036';
const NO_CONTROLS: readonly Control[] = [];

/** An already encoded entry: `attributes` holds PartialAttribute TLVs one after another. */
export interface EncodedEntry {
  readonly dnOctets: Uint8Array;
  readonly attributes: Uint8Array;
  /** The TLVs to send; null for all of them. */
  readonly ranges: ByteRanges | null;
}

/** The responses of one burst. One writer may serve many connections if each takes what it wrote before another writes. */
export class ResponseWriter {
  readonly #ber = new BerWriter(SLAB);

  /** Octets written and not taken. */
  get size(): number {
    return this.#ber.size;
  }

  /** Everything written since the last `take`. It is never written again, so a socket may hold it. */
  take(): Buffer {
    return this.#ber.take();
  }

  /** A response that is an LDAPResult and no more: `tag` from RESPONSE_OF. */
  result(messageId: number, tag: ResultTag, result: LdapResult, controls = NO_CONTROLS): void {
    const message = this.#begin(messageId);
    const operation = this.#beginResult(tag, result);
    this.#ber.end(operation);
    this.#end(message, controls);
  }

  /** `serverSaslCreds`: null leaves them out, which is not the same as empty. */
  bindResponse(
    messageId: number,
    result: LdapResult,
    serverSaslCreds: Uint8Array | null,
    controls = NO_CONTROLS,
  ): void {
    const message = this.#begin(messageId);
    const operation = this.#beginResult(RESPONSE_TAG.bind, result);
    if (serverSaslCreds !== null) this.#ber.octetString(serverSaslCreds, SERVER_SASL_CREDS);
    this.#ber.end(operation);
    this.#end(message, controls);
  }

  extendedResponse(
    messageId: number,
    result: LdapResult,
    response: { name: string | null; value: Uint8Array | null },
    controls = NO_CONTROLS,
  ): void {
    const message = this.#begin(messageId);
    const operation = this.#beginResult(RESPONSE_TAG.extended, result);
    if (response.name !== null) this.#ber.text(response.name, EXTENDED.responseName);
    if (response.value !== null) this.#ber.octetString(response.value, EXTENDED.responseValue);
    this.#ber.end(operation);
    this.#end(message, controls);
  }

  intermediateResponse(
    messageId: number,
    response: { name: string | null; value: Uint8Array | null },
    controls = NO_CONTROLS,
  ): void {
    const message = this.#begin(messageId);
    const operation = this.#ber.begin(RESPONSE_TAG.intermediate);
    if (response.name !== null) this.#ber.text(response.name, INTERMEDIATE.responseName);
    if (response.value !== null) this.#ber.octetString(response.value, INTERMEDIATE.responseValue);
    this.#ber.end(operation);
    this.#end(message, controls);
  }

  searchResultReference(messageId: number, uris: readonly string[], controls = NO_CONTROLS): void {
    const message = this.#begin(messageId);
    const operation = this.#ber.begin(RESPONSE_TAG.searchReference);
    for (const uri of uris) this.#ber.text(uri);
    this.#ber.end(operation);
    this.#end(message, controls);
  }

  /** The hot path: every length is known before the first octet is written, and nothing is allocated. */
  searchResultEntry(messageId: number, entry: EncodedEntry, controls = NO_CONTROLS): void {
    const { dnOctets, attributes, ranges } = entry;
    if (controls.length > 0) {
      this.#entryWithControls(messageId, entry, controls);
      return;
    }
    const ber = this.#ber;
    const list = ranges === null ? attributes.length : ranges.octets;
    const operation = headerSize(dnOctets.length) + dnOctets.length + headerSize(list) + list;
    const message = 2 + integerSize(messageId) + headerSize(operation) + operation;
    ber.reserve(headerSize(message) + message);
    ber.header(UNIVERSAL.sequence, message);
    ber.integer(messageId);
    ber.header(RESPONSE_TAG.searchEntry, operation);
    this.#entry(entry, list);
  }

  #entryWithControls(messageId: number, entry: EncodedEntry, controls: readonly Control[]): void {
    const message = this.#begin(messageId);
    const operation = this.#ber.begin(RESPONSE_TAG.searchEntry);
    this.#entry(entry, entry.ranges === null ? entry.attributes.length : entry.ranges.octets);
    this.#ber.end(operation);
    this.#end(message, controls);
  }

  #entry({ dnOctets, attributes, ranges }: EncodedEntry, list: number): void {
    const ber = this.#ber;
    ber.octetString(dnOctets);
    ber.header(UNIVERSAL.sequence, list);
    if (ranges === null) {
      ber.raw(attributes);
      return;
    }
    for (let range = 0; range < ranges.count; range++) {
      ber.rawRange(attributes, ranges.start(range), ranges.end(range));
    }
  }

  /** Unsolicited notification that the session ends now (RFC 4511 4.4.1). */
  noticeOfDisconnection(resultCode: number, diagnosticMessage: string): void {
    const result = { resultCode, matchedDN: '', diagnosticMessage };
    this.extendedResponse(0, result, { name: NOTICE_OF_DISCONNECTION, value: null });
  }

  #begin(messageId: number): number {
    const message = this.#ber.begin(UNIVERSAL.sequence);
    this.#ber.integer(messageId);
    return message;
  }

  #beginResult(tag: ResultTag, result: LdapResult): number {
    const ber = this.#ber;
    const operation = ber.begin(tag);
    ber.enumerated(result.resultCode);
    ber.text(result.matchedDN);
    ber.text(result.diagnosticMessage);
    if (result.referral !== undefined && result.referral.length > 0) {
      const referral = ber.begin(REFERRAL);
      for (const uri of result.referral) ber.text(uri);
      ber.end(referral);
    }
    return operation;
  }

  #end(message: number, controls: readonly Control[]): void {
    const ber = this.#ber;
    if (controls.length > 0) {
      const list = ber.begin(CONTROLS);
      for (const control of controls) {
        const sequence = ber.begin(UNIVERSAL.sequence);
        ber.text(control.type);
        if (control.criticality) ber.boolean(true); // DEFAULT FALSE is left out (RFC 4511 5.1)
        if (control.value !== null) ber.octetString(control.value);
        ber.end(sequence);
      }
      ber.end(list);
    }
    ber.end(message);
  }
}
