// realSearchControlValue of the Simple Paged Results control (RFC 2696 section 2).
import { OperationError } from '../../errors.ts';
import { BerReader } from './ber_reader.ts';
import { BerWriter } from './ber_writer.ts';
import { UNIVERSAL } from './tag.ts';

export const PAGED_RESULTS = '1.2.840.113556.1.4.319';

export interface PagedResults {
  /** Entries wanted in a request; in a response the estimate of all, or 0. */
  readonly size: number;
  /** Ours to choose and to check; empty in the first request and in the last response. */
  readonly cookie: Buffer;
}

/** Reads a controlValue; the cookie is a view of it. Error: invalid_request. */
export function decodePagedResults(value: Buffer): PagedResults {
  const reader = new BerReader(value);
  const outer = reader.enter(UNIVERSAL.sequence);
  const size = reader.integer();
  if (size < 0) throw new OperationError('invalid_request', 'the page size must not be negative');
  const cookie = reader.octetString();
  reader.leave(outer);
  reader.finish();
  return { size, cookie };
}

export function encodePagedResults({ size, cookie }: PagedResults): Buffer {
  const writer = new BerWriter(16 + cookie.length);
  const sequence = writer.begin(UNIVERSAL.sequence);
  writer.integer(size);
  writer.octetString(cookie);
  writer.end(sequence);
  return writer.take();
}
