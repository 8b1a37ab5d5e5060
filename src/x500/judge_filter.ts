// Decides a filter on one entry piece by piece: a thousand leaves, or a group of a hundred thousand members, must not keep
// the process from everybody else. The answers are those of match_filter.ts.
import type { Visibility } from '../directory/access.ts';
import { type Entry, EntryWith } from './entry.ts';
import type { Filter } from './filter.ts';
import { type CompiledFilter, compileFilter, type Truth, type ValuesTest } from './match_filter.ts';
import { NormalForms } from './remembered_forms.ts';
import type { Schema } from './schema.ts';
import { hasMoreParts } from './simplify_filter.ts';
import { attributeStart, eachValueFrom } from './wire_walk.ts';

/** Octets of attributes that one piece looks at, about: well below a millisecond. */
const pieceOctets = 64 * 1024;
/** What a leaf costs besides the octets it looks at, in octets. */
const leafOctets = 256;
/** With more parts than this, a filter asks for the same values often enough to remember their normal forms. */
const manyParts = 8;

/** A filter compiled for a cursor: with many leaves, it remembers the normal forms of the entry at hand. */
export function compileForJudging(schema: Schema, filter: Filter, visibility: Visibility): CompiledFilter {
  const forms = hasMoreParts(filter, manyParts) ? new NormalForms() : null;
  return compileFilter(schema, filter, visibility, forms);
}

/** The entry with its attributes unpacked once. */
export function holdEntry(entry: Entry): Entry {
  return new EntryWith(entry, { layout: entry.layout, wire: entry.wire() });
}

/** About how many octets are looked at to decide the filter on an entry. */
export function judgingCost(filter: CompiledFilter, entry: Entry): number {
  return filter.weight * (leafOctets + entry.wire().length);
}

/** Decides `filter` on an entry as holdEntry gives it, and yields after each piece. */
export function* judge(filter: CompiledFilter, entry: Entry): Generator<undefined, Truth> {
  if (judgingCost(filter, entry) <= pieceOctets) return filter.matcher(entry);
  switch (filter.kind) {
    case 'and':
    case 'or':
      return yield* judgeParts(filter.parts, filter.kind === 'or', entry);
    case 'not': {
      const [part] = filter.parts;
      const truth = part === undefined ? undefined : yield* judge(part, entry);
      return truth === undefined ? undefined : !truth;
    }
    default:
      return yield* judgeLeaf(filter, entry);
  }
}

function* judgeParts(
  parts: readonly CompiledFilter[],
  decisive: boolean,
  entry: Entry,
): Generator<undefined, Truth> {
  let answer: Truth = !decisive;
  let spent = 0;
  for (const part of parts) {
    const cost = judgingCost(part, entry);
    if (spent > 0 && spent + cost > pieceOctets) {
      yield;
      spent = 0;
    }
    spent += cost;
    const truth: Truth = cost <= pieceOctets ? part.matcher(entry) : yield* judge(part, entry);
    if (truth === decisive) return decisive;
    if (truth === undefined) answer = undefined;
  }
  return answer;
}

function* judgeLeaf(filter: CompiledFilter, entry: Entry): Generator<undefined, Truth> {
  if (filter.tests === null) return filter.matcher(entry);
  for (const one of filter.tests) if (yield* judgeValues(one, entry)) return true;
  return filter.otherwise === null ? false : filter.otherwise(entry);
}

function* judgeValues({ reached, test }: ValuesTest, entry: Entry): Generator<undefined, boolean> {
  const wire = entry.wire();
  for (const position of reached.of(entry)) {
    let next = attributeStart(wire, position);
    let from = next;
    for (const value of eachValueFrom(wire, next)) {
      if (test(wire, value.start, value.end)) return true;
      next = value.end;
      if (next - from < pieceOctets) continue;
      from = next;
      yield;
    }
  }
  return false;
}
