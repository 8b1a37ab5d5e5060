// Decides filters on encoded entries in three-valued logic (RFC 4511 4.5.1.7): true, false, or undefined.
// An attribute that is absent, or that the reader may not see, answers false: the two cannot be told apart.
import type { Visibility } from '../directory/access.ts';
import { speaksOf } from './attribute_description.ts';
import { parseDn } from './dn_text.ts';
import type { Entry } from './entry.ts';
import type { AttributeSelector, Filter } from './filter.ts';
import type { AttributeDescription, AttributeType, MatchingRule, Schema } from './schema.ts';
import { visiblePositions } from './visible_positions.ts';
import { attributeStart, someValue } from './wire_walk.ts';

export type Truth = true | false | undefined;
export type Matcher = (entry: Entry) => Truth;
type ValueTest = (wire: Buffer, start: number, end: number) => boolean;

/** Decides one entry. For many entries make a matcher once. */
export function matchFilter(schema: Schema, entry: Entry, filter: Filter, visibility: Visibility): Truth {
  return createMatcher(schema, filter, visibility)(entry);
}

/** Prepares `filter` for being asked of many entries by a reader who sees `visibility`. */
export function createMatcher(schema: Schema, filter: Filter, visibility: Visibility): Matcher {
  const on = (selector: AttributeSelector, test: ValueTest): Matcher =>
    testValues(visibility, (description) => speaksOf(schema, selector, description), test);
  switch (filter.kind) {
    case 'undefined':
      return () => undefined;
    case 'and':
      return combine(
        filter.filters.map((part) => createMatcher(schema, part, visibility)),
        false,
      );
    case 'or':
      return combine(
        filter.filters.map((part) => createMatcher(schema, part, visibility)),
        true,
      );
    case 'not': {
      const matcher = createMatcher(schema, filter.filter, visibility);
      return (entry) => negate(matcher(entry));
    }
    case 'present': {
      const positions = visiblePositions(visibility, (description) =>
        speaksOf(schema, filter.on, description),
      );
      return (entry) => positions.of(entry).length > 0;
    }
    case 'equality':
      return eitherWay(
        on(filter.on, sameOctets(filter.rule, filter.value)),
        on(filter.on, equals(filter.rule, filter.value)),
      );
    case 'greater_or_equal':
      return on(
        filter.on,
        ordered(filter.rule, (value) => filter.rule.compare(value, filter.value) >= 0),
      );
    case 'less_or_equal':
      return on(
        filter.on,
        ordered(filter.rule, (value) => filter.rule.compare(value, filter.value) <= 0),
      );
    case 'substrings':
      return on(
        filter.on,
        ordered(filter.rule, (value) => holdsParts(value, filter)),
      );
    case 'extensible':
      return createExtensible(schema, filter, visibility);
  }
}

function negate(truth: Truth): Truth {
  return truth === undefined ? undefined : !truth;
}

/** And and Or: `decisive` decides at once, else any undefined is the answer, else the opposite. */
function combine(matchers: readonly Matcher[], decisive: boolean): Matcher {
  return (entry) => {
    let answer: Truth = !decisive;
    for (const matcher of matchers) {
      const truth = matcher(entry);
      if (truth === decisive) return decisive;
      if (truth === undefined) answer = undefined;
    }
    return answer;
  };
}

function eitherWay(first: Matcher, second: Matcher): Matcher {
  return (entry) => first(entry) === true || second(entry);
}

function testValues(
  visibility: Visibility,
  wanted: (description: AttributeDescription) => boolean,
  test: ValueTest,
): Matcher {
  const reached = visiblePositions(visibility, wanted);
  return (entry) => {
    const positions = reached.of(entry);
    if (positions.length === 0) return false;
    const wire = entry.wire();
    let at = 0;
    let position = 0;
    for (const next of positions) {
      at = attributeStart(wire, next, position, at);
      position = next;
      if (someValue(wire, at, (start, end) => test(wire, start, end))) return true;
    }
    return false;
  };
}

/**
 * Values are mostly stored in the very octets of their normal form, and comparing octets is much cheaper than normalising:
 * a group of 100,000 members is asked in a millisecond. Sound because a normal form is its own normal form.
 */
function sameOctets(rule: MatchingRule, value: string): ValueTest {
  const octets = Buffer.from(value, rule.name === 'octetStringMatch' ? 'latin1' : 'utf8');
  if (rule.normalise(octets) !== value) return () => false;
  return (wire, start, end) => {
    if (end - start !== octets.length) return false;
    for (let at = octets.length - 1; at >= 0; at--) if (octets[at] !== wire[start + at]) return false;
    return true;
  };
}

function equals(rule: MatchingRule, value: string): ValueTest {
  return (wire, start, end) => rule.normalise(wire.subarray(start, end)) === value;
}

function ordered(rule: MatchingRule, test: (value: string) => boolean): ValueTest {
  return (wire, start, end) => {
    const value = rule.normalise(wire.subarray(start, end));
    return value !== null && test(value);
  };
}

/** True when the parts stand in `value` in order and without overlap. */
function holdsParts(
  value: string,
  parts: { initial: string | null; any: readonly string[]; final: string | null },
): boolean {
  let at = 0;
  if (parts.initial !== null) {
    if (!value.startsWith(parts.initial)) return false;
    at = parts.initial.length;
  }
  for (const part of parts.any) {
    const found = value.indexOf(part, at);
    if (found < 0) return false;
    at = found + part.length;
  }
  return parts.final === null || (value.length - parts.final.length >= at && value.endsWith(parts.final));
}

/** RFC 4511 4.5.1.7.7. Ordering rules ask for what sorts before the assertion (RFC 4517 4.2.17 and its like). */
function createExtensible(
  schema: Schema,
  filter: Extract<Filter, { kind: 'extensible' }>,
  visibility: Visibility,
): Matcher {
  const { on, rule, value } = filter;
  const test: ValueTest =
    rule.kind === 'ordering'
      ? ordered(rule, (stored) => rule.compare(stored, value) < 0)
      : equals(rule, value);
  const applies = (type: AttributeType): boolean =>
    on === null ? rule.attributeSyntaxes.includes(type.syntax.oid) : schema.isSubtype(type, on.type);
  const matcher = testValues(
    visibility,
    (description) => (on === null ? applies(description.type) : speaksOf(schema, on, description)),
    test,
  );
  if (!filter.dnAttributes) return matcher;
  // The DN is shown with every entry, so its attributes are no secret. They carry no options.
  const inName: Matcher = (entry) =>
    parseDn(entry.dn).some((rdn) =>
      rdn.some((ava) => {
        const type = schema.attributeType(ava.type);
        return type !== undefined && applies(type) && test(ava.value, 0, ava.value.length);
      }),
    );
  return on !== null && on.options.length > 0 ? matcher : eitherWay(matcher, inName);
}
