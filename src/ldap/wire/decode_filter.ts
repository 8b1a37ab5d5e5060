// Filter of a SearchRequest (RFC 4511 4.5.1.7), bounded in depth and in number before anything is made of it.
import { OperationError } from '../../errors.ts';
import type { UncheckedFilter, UncheckedSubstringsFilter } from '../../x500/unchecked_filter.ts';
import type { BerReader } from './ber_reader.ts';
import { checkLimit, type DecodeLimits } from './decode_limits.ts';
import { UNIVERSAL } from './tag.ts';

const FILTER = {
  and: 0xa0,
  or: 0xa1,
  not: 0xa2,
  equalityMatch: 0xa3,
  substrings: 0xa4,
  greaterOrEqual: 0xa5,
  lessOrEqual: 0xa6,
  present: 0x87,
  approxMatch: 0xa8,
  extensibleMatch: 0xa9,
} as const;
const SUBSTRING = { initial: 0x80, any: 0x81, final: 0x82 } as const;
const MATCHING_RULE_ASSERTION = {
  matchingRule: 0x81,
  type: 0x82,
  matchValue: 0x83,
  dnAttributes: 0x84,
} as const;

/** Reads the filter at the reader's cursor. Errors: invalid_request, admin_limit_exceeded. */
export function decodeFilter(reader: BerReader, limits: DecodeLimits): UncheckedFilter {
  return readFilter(reader, 1, { nodes: 0, octets: 0, limits });
}

interface Count {
  nodes: number;
  octets: number;
  readonly limits: DecodeLimits;
}

function readFilter(reader: BerReader, depth: number, count: Count): UncheckedFilter {
  countNode(count);
  const tag = reader.peek();
  switch (tag) {
    case FILTER.and:
      return readSet(reader, 'and', tag, depth, count);
    case FILTER.or:
      return readSet(reader, 'or', tag, depth, count);
    case FILTER.not: {
      const outer = reader.enter(tag);
      checkLimit(depth, count.limits.filterDepth, 'levels of filters');
      const filter = readFilter(reader, depth + 1, count);
      reader.finish(); // an explicit tag holds one value
      reader.leave(outer);
      return { kind: 'not', filter };
    }
    case FILTER.equalityMatch:
      return readAssertion(reader, 'equality', tag, count);
    case FILTER.greaterOrEqual:
      return readAssertion(reader, 'greater_or_equal', tag, count);
    case FILTER.lessOrEqual:
      return readAssertion(reader, 'less_or_equal', tag, count);
    case FILTER.approxMatch:
      return readAssertion(reader, 'approximate', tag, count);
    case FILTER.present:
      return { kind: 'present', attribute: reader.text('attribute', tag) };
    case FILTER.substrings:
      return readSubstrings(reader, tag, count);
    case FILTER.extensibleMatch:
      return readExtensible(reader, tag, count);
    default:
      // Undefined would be an answer too (slapd's), but it hides from the asker why nothing matched.
      reader.skip();
      throw new OperationError(
        'invalid_request',
        `filter choice 0x${(tag & 0xff).toString(16)} is not defined`,
      );
  }
}

function countNode(count: Count): void {
  checkLimit(++count.nodes, count.limits.filterNodes, 'filters');
}

/** A value asserted. What it costs to bring it into normal form grows with its octets, so these are limited in sum. */
function readValue(reader: BerReader, tag: number, count: Count): Buffer {
  const value = reader.octetString(tag);
  count.octets += value.length;
  checkLimit(count.octets, count.limits.assertionOctets, 'octets of values in a filter');
  return value;
}

function readSet(
  reader: BerReader,
  kind: 'and' | 'or',
  tag: number,
  depth: number,
  count: Count,
): UncheckedFilter {
  const outer = reader.enter(tag);
  checkLimit(depth, count.limits.filterDepth, 'levels of filters');
  const filters: UncheckedFilter[] = [];
  while (reader.more) filters.push(readFilter(reader, depth + 1, count));
  reader.leave(outer);
  return { kind, filters };
}

function readAssertion(
  reader: BerReader,
  kind: 'equality' | 'greater_or_equal' | 'less_or_equal' | 'approximate',
  tag: number,
  count: Count,
): UncheckedFilter {
  const outer = reader.enter(tag);
  const attribute = reader.text('attributeDesc');
  const value = readValue(reader, UNIVERSAL.octetString, count);
  reader.leave(outer);
  return { kind, attribute, value };
}

function readSubstrings(reader: BerReader, tag: number, count: Count): UncheckedFilter {
  const outer = reader.enter(tag);
  const attribute = reader.text('type');
  const substrings = reader.enter(UNIVERSAL.sequence);
  const filter: UncheckedSubstringsFilter = {
    kind: 'substrings',
    attribute,
    initial: null,
    any: [],
    final: null,
  };
  if (!reader.more) throw new OperationError('invalid_request', 'substrings must not be empty');
  while (reader.more) {
    countNode(count);
    readSubstring(reader, filter, count);
  }
  reader.leave(substrings);
  reader.leave(outer);
  return filter;
}

/** RFC 4511 4.5.1.7.2: initial first if at all, final last if at all, each at most once. */
function readSubstring(reader: BerReader, filter: UncheckedSubstringsFilter, count: Count): void {
  const tag = reader.peek();
  if (filter.final !== null) throw new OperationError('invalid_request', 'final must be the last substring');
  switch (tag) {
    case SUBSTRING.initial:
      if (filter.initial !== null || filter.any.length > 0) {
        throw new OperationError('invalid_request', 'initial must be the first substring');
      }
      filter.initial = readValue(reader, tag, count);
      break;
    case SUBSTRING.any:
      filter.any.push(readValue(reader, tag, count));
      break;
    case SUBSTRING.final:
      filter.final = readValue(reader, tag, count);
      break;
    default:
      reader.skip();
      throw new OperationError('invalid_request', 'a substring must be initial, any or final');
  }
}

function readExtensible(reader: BerReader, tag: number, count: Count): UncheckedFilter {
  const { matchingRule, type, matchValue, dnAttributes } = MATCHING_RULE_ASSERTION;
  const outer = reader.enter(tag);
  const rule = reader.peek() === matchingRule ? reader.text('matchingRule', matchingRule) : null;
  const attribute = reader.peek() === type ? reader.text('type', type) : null;
  const value = readValue(reader, matchValue, count);
  const withDn = reader.peek() === dnAttributes && reader.boolean(dnAttributes);
  reader.leave(outer);
  if (rule === null && attribute === null) {
    throw new OperationError('invalid_request', 'an extensibleMatch must name a matchingRule or a type');
  }
  return { kind: 'extensible', rule, attribute, value, dnAttributes: withDn };
}
