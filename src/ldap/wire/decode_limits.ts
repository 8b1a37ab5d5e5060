// What one request may make the decoder allocate. The framing bounds its octets; these bound what the octets become.
import { OperationError } from '../../errors.ts';

export interface DecodeLimits {
  readonly filterDepth: number; // nested and, or, not
  readonly filterNodes: number; // filters and substring parts of one search
  readonly assertionOctets: number; // of all values asserted in one search's filter
  readonly attributes: number; // selected, added or modified
  readonly values: number; // of all attributes together
  readonly controls: number;
}

/** `values` lets a group of 100,000 members be added in one request. */
export const DEFAULT_LIMITS: DecodeLimits = {
  filterDepth: 32,
  filterNodes: 1024,
  assertionOctets: 32_768,
  attributes: 1024,
  values: 200_000,
  controls: 16,
};

/** For whoever has not bound: enough for the root DSE, the subschema and a bind. */
export const ANONYMOUS_LIMITS: DecodeLimits = {
  filterDepth: 8,
  filterNodes: 32,
  assertionOctets: 4_096,
  attributes: 64,
  values: 64,
  controls: 8,
};

export function checkLimit(count: number, limit: number, what: string): void {
  if (count > limit) throw new OperationError('admin_limit_exceeded', `more than ${limit} ${what}`);
}
