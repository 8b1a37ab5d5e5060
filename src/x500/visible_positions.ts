// Which attributes of an entry a selector reaches for a reader, as positions in the entry's layout. Found once per layout
// and kept: layouts are few, entries are many. What the reader may not see is not there (RFC 4511 4.5.1.7: no leak).
import type { Visibility } from '../directory/access.ts';
import type { Entry, Layout } from './entry.ts';
import type { AttributeDescription, AttributeType } from './schema.ts';

/** True when the reader may see `type`: on the reader's own entry, or on anybody else's. */
export function isVisible(visibility: Visibility, type: AttributeType, own: boolean): boolean {
  if (visibility.attributes === 'all') return true;
  const name = type.name.toLowerCase();
  return visibility.attributes.has(name) || (own && visibility.selfAttributes.has(name));
}

/** True when the entry is the reader's own. */
export function isOwn(visibility: Visibility, entry: Entry): boolean {
  return visibility.self !== null && entry.uuid === visibility.self && entry.kind === 'person';
}

/** Remembers something about each layout, apart for the reader's own entry. */
export class PerLayout<Value> {
  readonly #visibility: Visibility;
  readonly #find: (layout: Layout, own: boolean) => Value;
  readonly #others: { layout: Layout; value: Value }[] = [];
  readonly #own: { layout: Layout; value: Value }[] = [];

  constructor(visibility: Visibility, find: (layout: Layout, own: boolean) => Value) {
    this.#visibility = visibility;
    this.#find = find;
  }

  of(entry: Entry): Value {
    return this.find(entry.layout, isOwn(this.#visibility, entry));
  }

  /** The same for any entry of `layout`: the reader's own, or another. */
  find(layout: Layout, own: boolean): Value {
    const known = own ? this.#own : this.#others;
    const found = known[layout.index];
    // Indexes are dense within one table of layouts; entries of another table must not be mistaken for these.
    if (found !== undefined && found.layout === layout) return found.value;
    const value = this.#find(layout, own);
    known[layout.index] = { layout, value };
    return value;
  }
}

/** Ascending positions of the visible descriptions that `wanted` takes. */
export function visiblePositions(
  visibility: Visibility,
  wanted: (description: AttributeDescription) => boolean,
): PerLayout<readonly number[]> {
  return new PerLayout(visibility, (layout, own) => {
    const positions: number[] = [];
    layout.descriptions.forEach((description, position) => {
      if (wanted(description) && isVisible(visibility, description.type, own)) positions.push(position);
    });
    return positions;
  });
}
