// Decides filters on encoded entries in three-valued logic (RFC 4511 4.5.1.7): true, false, or undefined.
// An attribute that is absent, or that the reader may not see, answers false: the two cannot be told apart.
import type { Visibility } from '../directory/access.ts';
import { speaksOf } from './attribute_description.ts';
import { parseDn } from './dn_text.ts';
import type { Entry } from './entry.ts';
import type { AttributeSelector, Filter } from './filter.ts';
import type { NormalForms } from './remembered_forms.ts';
import type { AttributeType, MatchingRule, Schema } from './schema.ts';
import { type PerLayout, visiblePositions } from './visible_positions.ts';
import { attributeStart, someValue } from './wire_walk.ts';

export type Truth = true | false | undefined;
export type Matcher = (entry: Entry) => Truth;
type ValueTest = (wire: Buffer, start: number, end: number) => boolean;

/** A test of single values and the attributes whose values it is asked of. */
export interface ValuesTest {
  readonly reached: PerLayout<readonly number[]>;
  readonly test: ValueTest;
}

/** A filter prepared for being asked of many entries; judge_filter.ts asks large ones piece by piece. */
export interface CompiledFilter {
  readonly kind: Filter['kind'];
  readonly matcher: Matcher;
  /** What it costs to ask, in usual leaves. */
  readonly weight: number;
  /** Of and, or, not. */
  readonly parts: readonly CompiledFilter[];
  /** A leaf is true where one of these is, before `otherwise` is asked; null for what looks at no value. */
  readonly tests: readonly ValuesTest[] | null;
  readonly otherwise: Matcher | null;
}

/** A rule that is asked of every attribute, or of the DN, looks at several times as much as a usual leaf. */
const extensibleWeight = 8;

/** Decides one entry. For many entries make a matcher once. */
export function matchFilter(schema: Schema, entry: Entry, filter: Filter, visibility: Visibility): Truth {
  return createMatcher(schema, filter, visibility)(entry);
}

/** Prepares `filter` for being asked of many entries by a reader who sees `visibility`. */
export function createMatcher(schema: Schema, filter: Filter, visibility: Visibility): Matcher {
  return compileFilter(schema, filter, visibility).matcher;
}

/** As createMatcher. `forms` remembers normal forms, where the same values are asked for many times. */
export function compileFilter(
  schema: Schema,
  filter: Filter,
  visibility: Visibility,
  forms: NormalForms | null = null,
): CompiledFilter {
  return compile({ schema, visibility, forms, reached: new Map() }, filter);
}

interface Compiler {
  readonly schema: Schema;
  readonly visibility: Visibility;
  readonly forms: NormalForms | null;
  /** Positions by what selects them: the leaves of one filter share them. */
  readonly reached: Map<string, PerLayout<readonly number[]>>;
}

function compile(compiler: Compiler, filter: Filter): CompiledFilter {
  switch (filter.kind) {
    case 'undefined':
      return leaf('undefined', () => undefined);
    case 'and':
    case 'or': {
      const parts = filter.filters.map((part) => compile(compiler, part));
      const matchers = parts.map(({ matcher }) => matcher);
      return node(filter.kind, parts, combine(matchers, filter.kind === 'or'));
    }
    case 'not': {
      const part = compile(compiler, filter.filter);
      return node('not', [part], (entry) => negate(part.matcher(entry)));
    }
    case 'present': {
      const positions = reachedBy(compiler, filter.on);
      return leaf('present', (entry) => positions.of(entry).length > 0);
    }
    case 'extensible':
      return compileExtensible(compiler, filter);
    default:
      return compileAssertion(compiler, filter);
  }
}

function compileAssertion(
  compiler: Compiler,
  filter: Extract<Filter, { kind: 'equality' | 'greater_or_equal' | 'less_or_equal' | 'substrings' }>,
): CompiledFilter {
  const { rule, kind } = filter;
  const { forms } = compiler;
  const reached = reachedBy(compiler, filter.on);
  const on = (...tests: ValueTest[]): CompiledFilter =>
    valuesLeaf(
      kind,
      tests.map((test) => ({ reached, test })),
    );
  switch (filter.kind) {
    case 'equality': {
      const { value } = filter;
      if (forms !== null) return on(equals(rule, value, forms));
      return on(sameOctets(rule, value), equals(rule, value, null));
    }
    case 'greater_or_equal':
      return on(ordered(rule, (value) => rule.compare(value, filter.value) >= 0, forms));
    case 'less_or_equal':
      return on(ordered(rule, (value) => rule.compare(value, filter.value) <= 0, forms));
    case 'substrings':
      return on(ordered(rule, (value) => holdsParts(value, filter), forms));
  }
}

/** Where the values of a selector stand, without what the reader may not see. */
function reachedBy(
  { schema, visibility, reached }: Compiler,
  on: AttributeSelector,
): PerLayout<readonly number[]> {
  const key = `${on.type.oid};${on.options.join(';')}`;
  let positions = reached.get(key);
  if (positions === undefined) {
    positions = visiblePositions(visibility, (description) => speaksOf(schema, on, description));
    reached.set(key, positions);
  }
  return positions;
}

function leaf(kind: Filter['kind'], matcher: Matcher): CompiledFilter {
  return { kind, matcher, weight: 1, parts: [], tests: null, otherwise: null };
}

function node(kind: Filter['kind'], parts: CompiledFilter[], matcher: Matcher): CompiledFilter {
  const weight = parts.reduce((sum, part) => sum + part.weight, 1);
  return { kind, matcher, weight, parts, tests: null, otherwise: null };
}

function valuesLeaf(
  kind: Filter['kind'],
  tests: readonly ValuesTest[],
  otherwise: Matcher | null = null,
): CompiledFilter {
  const [first, second] = tests.map(testValues);
  const byValue = first === undefined ? () => false : second === undefined ? first : either(first, second);
  const matcher = otherwise === null ? byValue : either(byValue, otherwise);
  const weight = kind === 'extensible' ? extensibleWeight : 1;
  return { kind, matcher, weight, parts: [], tests, otherwise };
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

function either(first: Matcher, second: Matcher): Matcher {
  return (entry) => first(entry) === true || second(entry);
}

function testValues({ reached, test }: ValuesTest): Matcher {
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

function equals(rule: MatchingRule, value: string, forms: NormalForms | null): ValueTest {
  if (forms !== null) return (wire, start, end) => forms.of(rule, wire, start, end) === value;
  return (wire, start, end) => rule.normalise(wire.subarray(start, end)) === value;
}

function ordered(rule: MatchingRule, test: (value: string) => boolean, forms: NormalForms | null): ValueTest {
  return (wire, start, end) => {
    const value =
      forms === null ? rule.normalise(wire.subarray(start, end)) : forms.of(rule, wire, start, end);
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
function compileExtensible(
  compiler: Compiler,
  filter: Extract<Filter, { kind: 'extensible' }>,
): CompiledFilter {
  const { schema, visibility, forms } = compiler;
  const { on, rule, value } = filter;
  const assertion = (remembered: NormalForms | null): ValueTest =>
    rule.kind === 'ordering'
      ? ordered(rule, (stored) => rule.compare(stored, value) < 0, remembered)
      : equals(rule, value, remembered);
  const applies = (type: AttributeType): boolean =>
    on === null ? rule.attributeSyntaxes.includes(type.syntax.oid) : schema.isSubtype(type, on.type);
  const reached =
    on === null ? visiblePositions(visibility, ({ type }) => applies(type)) : reachedBy(compiler, on);
  const tests = [{ reached, test: assertion(forms) }];
  // The DN is shown with every entry, so its attributes are no secret. They carry no options.
  if (!filter.dnAttributes || (on !== null && on.options.length > 0)) return valuesLeaf('extensible', tests);
  const ofName = assertion(null);
  const inName: Matcher = (entry) =>
    parseDn(entry.dn).some((rdn) =>
      rdn.some((ava) => {
        const type = schema.attributeType(ava.type);
        return type !== undefined && applies(type) && ofName(ava.value, 0, ava.value.length);
      }),
    );
  return valuesLeaf('extensible', tests, inName);
}
