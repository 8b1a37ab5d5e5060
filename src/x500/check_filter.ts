// Checks a search filter against the schema (RFC 4511 4.5.1.7): resolves attributes and rules, brings assertions into
// normal form. What cannot be decided becomes `undefined`; nothing here refuses a search but nesting past the limit.
import { OperationError } from '../errors.ts';
import { parseDescription } from './attribute_description.ts';
import type { AttributeSelector, Filter } from './filter.ts';
import { nameMatch } from './matching.ts';
import type { MatchingRule, Schema } from './schema.ts';
import type {
  UncheckedAssertionFilter,
  UncheckedExtensibleFilter,
  UncheckedFilter,
  UncheckedSubstringsFilter,
} from './unchecked_filter.ts';

const deepest = 100;
const undecided: Filter = { kind: 'undefined' };

/** Error: admin_limit_exceeded, for more than 100 levels of `&`, `|` and `!`. */
export function checkFilter(schema: Schema, filter: UncheckedFilter, depth = 0): Filter {
  if (depth > deepest) {
    throw new OperationError('admin_limit_exceeded', `the filter is nested more than ${deepest} levels deep`);
  }
  switch (filter.kind) {
    case 'and':
    case 'or':
      return {
        kind: filter.kind,
        filters: filter.filters.map((part) => checkFilter(schema, part, depth + 1)),
      };
    case 'not':
      return { kind: 'not', filter: checkFilter(schema, filter.filter, depth + 1) };
    case 'present': {
      const on = parseDescription(schema, filter.attribute);
      return on === undefined ? undecided : { kind: 'present', on };
    }
    case 'equality':
    case 'greater_or_equal':
    case 'less_or_equal':
    case 'approximate':
      return checkAssertion(schema, filter);
    case 'substrings':
      return checkSubstrings(schema, filter);
    case 'extensible':
      return checkExtensible(schema, filter);
  }
}

function checkAssertion(schema: Schema, { kind, attribute, value }: UncheckedAssertionFilter): Filter {
  const on = parseDescription(schema, attribute);
  if (on === undefined) return undecided;
  if (kind === 'approximate') return checkApproximate(schema, on, value);
  const rule = kind === 'equality' ? on.type.equality : on.type.ordering;
  const normal = rule?.normalise(value) ?? null;
  return rule === null || normal === null ? undecided : { kind, on, rule, value: normal };
}

/** RFC 4511 4.5.1.7.6: names approximately by our own rule; anything else as equality. */
function checkApproximate(schema: Schema, on: AttributeSelector, value: Buffer): Filter {
  const rule = on.type.equality;
  const names = schema.matchingRule(nameMatch);
  if (rule?.name !== 'caseIgnoreMatch' || names === undefined) return equality(on, rule, value);
  const normal = names.normalise(value);
  return normal === null
    ? undecided
    : { kind: 'extensible', on, rule: names, value: normal, dnAttributes: false };
}

function equality(on: AttributeSelector, rule: MatchingRule | null, value: Buffer): Filter {
  const normal = rule?.normalise(value) ?? null;
  return rule === null || normal === null ? undecided : { kind: 'equality', on, rule, value: normal };
}

function checkSubstrings(schema: Schema, filter: UncheckedSubstringsFilter): Filter {
  const on = parseDescription(schema, filter.attribute);
  const rule = on?.type.substrings ?? null;
  if (on === undefined || rule === null) return undecided;
  return substrings(on, rule, filter.initial, filter.any, filter.final);
}

function substrings(
  on: AttributeSelector,
  rule: MatchingRule,
  first: Buffer | null,
  between: readonly Buffer[],
  last: Buffer | null,
): Filter {
  const initial = first === null ? null : rule.normalisePart(first, 'initial');
  const any = between.map((part) => rule.normalisePart(part, 'any'));
  const final = last === null ? null : rule.normalisePart(last, 'final');
  const malformed = (first !== null && initial === null) || (last !== null && final === null);
  const parts = any.filter((part) => part !== null);
  if (malformed || parts.length < any.length || (first === null && last === null && any.length === 0)) {
    return undecided;
  }
  return { kind: 'substrings', on, rule, initial, any: parts, final };
}

function checkExtensible(schema: Schema, filter: UncheckedExtensibleFilter): Filter {
  const on = filter.attribute === null ? null : parseDescription(schema, filter.attribute);
  if (on === undefined) return undecided;
  const rule =
    filter.rule === null ? (on?.type.equality ?? null) : (schema.matchingRule(filter.rule) ?? null);
  if (rule === null) return undecided;
  const usual = on !== null && (rule === on.type.equality || rule === on.type.substrings);
  if (on !== null && !usual && !rule.attributeSyntaxes.includes(on.type.syntax.oid)) return undecided;
  if (rule.kind === 'substrings') {
    if (on === null || filter.dnAttributes) return undecided;
    const [first, between, last] = splitSubstrings(filter.value);
    return substrings(on, rule, first, between, last);
  }
  if (on !== null && rule === on.type.equality && !filter.dnAttributes)
    return equality(on, rule, filter.value);
  const value = rule.normalise(filter.value);
  return value === null
    ? undecided
    : { kind: 'extensible', on, rule, value, dnAttributes: filter.dnAttributes };
}

/** A SubstringAssertion in its string form (RFC 4517 3.3.30): `initial*any*final`, `\2A` and `\5C` escaped. */
function splitSubstrings(value: Buffer): [Buffer | null, Buffer[], Buffer | null] {
  const parts = value
    .toString('latin1')
    .split('*')
    .map((part) =>
      part.replace(/\\(2a|5c)/gi, (_, hex: string) => (hex === '5c' || hex === '5C' ? '\\' : '*')),
    )
    .map((part) => (part === '' ? null : Buffer.from(part, 'latin1')));
  const first = parts[0] ?? null;
  const last = parts.length > 1 ? (parts.at(-1) ?? null) : null;
  return [first, parts.slice(1, -1).filter((part) => part !== null), last];
}
