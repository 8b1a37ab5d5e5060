// Which attributes of an entry a selector reaches for a reader, as positions in the entry's layout. Found once per layout
// and kept: layouts are few, entries are many. What the reader may not see is not there (RFC 4511 4.5.1.7: no leak).
import type { Visibility } from '../directory/access.ts';
import type { Entry, Layout } from './entry.ts';
import type { AttributeDescription, AttributeType } from './schema.ts';

/** What an entry is to the reader: bit 0, the reader's own; bit n + 1, in the scope of `scopes[n]`; most are elsewhere. */
type Relation = number;
export const elsewhere: Relation = 0;
export const own: Relation = 1;

/** The one place that decides, entry by entry, which parts of a view apply. */
export function relationOf(visibility: Visibility, entry: Entry): Relation {
  const personal = isOwn(visibility, entry) ? own : elsewhere;
  return visibility.scopes.length === 0 ? personal : personal | scopesOf(visibility, entry);
}

function scopesOf({ scopes }: Visibility, { organisation }: Entry): Relation {
  if (organisation === null) return elsewhere;
  let relation = elsewhere;
  scopes.forEach(({ organisations }, index) => {
    if (organisations.has(organisation)) relation |= 2 << index;
  });
  return relation;
}

/** True when the reader may see `type` on entries of that relation. */
export function isVisible(visibility: Visibility, type: AttributeType, relation: Relation): boolean {
  const { attributes, selfAttributes, scopes } = visibility;
  const name = type.name.toLowerCase();
  if (holdsName(attributes, name)) return true;
  if ((relation & own) !== 0 && selfAttributes.has(name)) return true;
  return scopes.some((scope, index) => (relation & (2 << index)) !== 0 && holdsName(scope.attributes, name));
}

/** True when the reader may see `type` on the entries of some organisations, besides those where everybody does. */
export function isVisibleInScope({ scopes }: Visibility, type: AttributeType): boolean {
  if (scopes.length === 0) return false;
  const name = type.name.toLowerCase();
  return scopes.some(({ attributes }) => holdsName(attributes, name));
}

function holdsName(attributes: Visibility['attributes'], name: string): boolean {
  return attributes === 'all' || attributes.has(name);
}

/** True when the entry is the reader's own. */
export function isOwn(visibility: Visibility, entry: Entry): boolean {
  return visibility.self !== null && entry.kind === 'person' && entry.uuid === visibility.self;
}

/** True when the reader sees of the entry what the address book hides of who left or is suspended. */
export function seesFormerStaff(visibility: Visibility, entry: Entry): boolean {
  if (visibility.formerStaff) return true;
  const { scopes } = visibility;
  if (scopes.length === 0) return false;
  const relation = scopesOf(visibility, entry);
  return scopes.some(({ formerStaff }, index) => formerStaff && (relation & (2 << index)) !== 0);
}

/** Remembers something about each layout, apart for each relation that an entry may have to the reader. */
export class PerLayout<Value> {
  readonly #visibility: Visibility;
  readonly #find: (layout: Layout, relation: Relation) => Value;
  /** By relation, then by the index of the layout. */
  readonly #known: { layout: Layout; value: Value }[][];

  constructor(visibility: Visibility, find: (layout: Layout, relation: Relation) => Value) {
    this.#visibility = visibility;
    this.#find = find;
    this.#known = Array.from({ length: 2 << visibility.scopes.length }, () => []);
  }

  of(entry: Entry): Value {
    return this.find(entry.layout, relationOf(this.#visibility, entry));
  }

  /** The same for any entry of `layout` that has this relation to the reader. */
  find(layout: Layout, relation: Relation): Value {
    const known = this.#known[relation] ?? [];
    const found = known[layout.index];
    // Indexes are dense within one table of layouts; entries of another table must not be mistaken for these.
    if (found !== undefined && found.layout === layout) return found.value;
    const value = this.#find(layout, relation);
    known[layout.index] = { layout, value };
    return value;
  }
}

/** Ascending positions of the visible descriptions that `wanted` takes. */
export function visiblePositions(
  visibility: Visibility,
  wanted: (description: AttributeDescription) => boolean,
): PerLayout<readonly number[]> {
  return new PerLayout(visibility, (layout, relation) => {
    const positions: number[] = [];
    layout.descriptions.forEach((description, position) => {
      if (wanted(description) && isVisible(visibility, description.type, relation)) positions.push(position);
    });
    return positions;
  });
}
