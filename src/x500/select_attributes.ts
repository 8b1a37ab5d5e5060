// Which attributes of an entry a search sends (RFC 4511 4.5.1.8, RFC 3673 `+`, RFC 4529 `@class`), as ranges of its octets.
// Decided once per layout; for an entry it is then a walk over its attributes, and neighbours go out in one range.
import type { Visibility } from '../directory/access.ts';
import { parseDescription, speaksOf } from './attribute_description.ts';
import { encodeTypes } from './encode_entry.ts';
import type { Entry } from './entry.ts';
import type { AttributeSelector } from './filter.ts';
import { mayNamePeople } from './naming_attributes.ts';
import type { AttributeDescription, Schema } from './schema.ts';
import { PerLayout, visiblePositions } from './visible_positions.ts';
import { attributeStart, valueCount } from './wire_walk.ts';

/** Takes ascending ranges of octets, neighbours apart. */
export interface RangeSink {
  add(start: number, end: number): void;
}

export interface Selection {
  /** Adds what to send of `entry` to `ranges`, and returns the octets that they are ranges of. */
  select(entry: Entry, ranges: RangeSink): Buffer;
  /** How many people the values of what was selected last name, beyond the first of each attribute. */
  readonly names: number;
}

/**
 * Understands a requested attribute list: empty or `*` for all user attributes, `+` for all operational ones, `1.1` for
 * none, names with options, `@class`. A name also asks for its subtypes and for every option: `userCertificate` finds
 * `userCertificate;binary`, `cn` also `cn;lang-zh-hant`, `name` both. What nobody defined is passed over, as RFC 4511
 * demands; a list of nothing else selects nothing.
 */
export function createSelection(
  schema: Schema,
  request: { attributes: readonly string[]; typesOnly: boolean },
  visibility: Visibility,
): Selection {
  const wanted = readRequest(schema, request.attributes);
  return request.typesOnly ? typesOnly(visibility, wanted) : withValues(visibility, wanted);
}

type Wanted = (description: AttributeDescription) => boolean;

function readRequest(schema: Schema, attributes: readonly string[]): Wanted {
  let user = attributes.length === 0;
  let operational = false;
  const selectors = new Map<string, AttributeSelector>();
  for (const name of attributes) {
    if (name === '*') user = true;
    else if (name === '+') operational = true;
    else if (name.startsWith('@')) {
      const objectClass = schema.objectClass(name.slice(1).split(';', 1)[0] ?? '');
      for (const type of [...(objectClass?.must ?? []), ...(objectClass?.may ?? [])]) {
        selectors.set(type.oid, { type, options: [] });
      }
    } else {
      const selector = parseDescription(schema, name);
      if (selector !== undefined) selectors.set([selector.type.oid, ...selector.options].join(';'), selector);
    }
  }
  const named = [...selectors.values()];
  return (description) =>
    (description.type.operational ? operational : user) ||
    named.some((selector) => speaksOf(schema, selector, description));
}

/** Positions as runs, flat: from, to (exclusive), from, to … */
function runsOf(positions: readonly number[]): readonly number[] {
  const runs: number[] = [];
  for (const position of positions) {
    if (runs.at(-1) === position) runs[runs.length - 1] = position + 1;
    else runs.push(position, position + 1);
  }
  return runs;
}

function withValues(visibility: Visibility, wanted: Wanted): Selection {
  const positions = visiblePositions(visibility, wanted);
  const chosen = new PerLayout(visibility, (layout, relation) => {
    const found = positions.find(layout, relation);
    const isNaming = (position: number): boolean => {
      const description = layout.descriptions[position];
      return description !== undefined && mayNamePeople(description.type);
    };
    return { runs: runsOf(found), naming: found.filter(isNaming) };
  });
  const selection = {
    names: 0,
    select(entry: Entry, ranges: RangeSink): Buffer {
      const wire = entry.wire();
      const { runs, naming } = chosen.of(entry);
      const last = entry.layout.descriptions.length;
      let position = 0;
      let at = 0;
      for (let run = 0; run < runs.length; run += 2) {
        const from = runs[run] ?? 0;
        const to = runs[run + 1] ?? 0;
        const start = attributeStart(wire, from, position, at);
        at = to === last ? wire.length : attributeStart(wire, to, from, start);
        position = to;
        ranges.add(start, at);
      }
      selection.names = naming.length === 0 ? 0 : namesBeyondFirst(wire, naming);
      return wire;
    },
  };
  return selection;
}

function namesBeyondFirst(wire: Buffer, positions: readonly number[]): number {
  let names = 0;
  let at = 0;
  let position = 0;
  for (const next of positions) {
    at = attributeStart(wire, next, position, at);
    position = next;
    names += valueCount(wire, at) - 1;
  }
  return names;
}

function typesOnly(visibility: Visibility, wanted: Wanted): Selection {
  const positions = visiblePositions(visibility, wanted);
  const types = new PerLayout(visibility, (layout, relation) => {
    const chosen = new Set(positions.find(layout, relation));
    return encodeTypes(layout.descriptions.filter((_, position) => chosen.has(position)));
  });
  return {
    names: 0,
    select(entry, ranges) {
      const octets = types.of(entry);
      if (octets.length > 0) ranges.add(0, octets.length);
      return octets;
    },
  };
}
