// Turns a filter into the entries worth looking at: for each part the set of ids that an index, the tree or the groups
// give, and whether that set is exactly the part's matches. What a reader may not see has no matches here either, so no
// index can tell what match_filter.ts would hide.
import { objectKinds, type Visibility } from '../directory/access.ts';
import { speaksOf } from '../x500/attribute_description.ts';
import type { AttributeSelector, Filter } from '../x500/filter.ts';
import type { AttributeType, Schema } from '../x500/schema.ts';
import { isVisible } from '../x500/visible_positions.ts';
import type { Groups } from './groups.ts';
import type { Indexes } from './indexes.ts';
import { emptySet, type IdSet, intersect, SingleId, unite } from './postings.ts';
import type { StoredEntry } from './stored_entry.ts';
import type { Tree } from './tree.ts';

/** What is known of the matches of a filter: all of them are in `set`; with `exact`, nothing else is. */
interface Bound {
  readonly set: IdSet;
  readonly exact: boolean;
}

/** `sets`: every match is in all of them. `rest`: what the sets leave to be decided, null when they decide everything. */
export interface Plan {
  readonly sets: readonly IdSet[];
  readonly rest: Filter | null;
}

/** What the planner looks things up in. */
export interface PlannerSources {
  readonly schema: Schema;
  readonly tree: Tree;
  readonly indexes: Indexes;
  readonly groups: Groups;
}

type Leaf = Extract<
  Filter,
  { kind: 'equality' | 'greater_or_equal' | 'less_or_equal' | 'present' | 'substrings' }
>;
type Lookup = (value: string) => IdSet;

export class Planner {
  readonly #sources: PlannerSources;
  /** Equality of attributes that are looked up elsewhere than in an index, by name. */
  readonly #lookups: ReadonlyMap<AttributeType | undefined, Lookup>;
  /** Attributes that are encoded lazily, so that no layout of the indexes tells who has them. */
  readonly #lazy: ReadonlySet<AttributeType | undefined>;
  readonly #objectClass: AttributeType | undefined;
  readonly #covered = new Map<AttributeType, readonly AttributeType[]>();
  readonly #everything: IdSet;

  constructor(sources: PlannerSources) {
    const { schema, tree, groups } = sources;
    this.#sources = sources;
    const single = (entry: StoredEntry | undefined): IdSet =>
      entry === undefined ? emptySet : new SingleId(entry.id);
    this.#lookups = new Map<AttributeType | undefined, Lookup>([
      [schema.attributeType('entryDN'), (key) => single(tree.byKey(key))],
      [
        schema.attributeType('entryUUID'),
        (uuid) => unite(objectKinds.flatMap((kind) => tree.byUuid(kind, uuid) ?? []).map(single)),
      ],
      [
        schema.attributeType('member'),
        (key) => {
          const member = tree.byKey(key);
          return member === undefined ? emptySet : groups.groupsNaming(member);
        },
      ],
      [
        schema.attributeType('memberOf'),
        (key) => {
          const entry = tree.byKey(key);
          const group = entry === undefined ? undefined : groups.ofEntry(entry);
          return group === undefined ? emptySet : groups.membersOf(group);
        },
      ],
    ]);
    this.#lazy = new Set(lazyAttributes.map((name) => schema.attributeType(name)));
    this.#objectClass = schema.attributeType('objectClass');
    this.#everything = {
      get estimate() {
        return tree.size;
      },
      nextAfter: (after) => tree.nextId(after),
      has: (id) => tree.byId(id) !== undefined,
    };
  }

  plan(filter: Filter, visibility: Visibility): Plan {
    const parts = filter.kind === 'and' ? filter.filters : [filter];
    const sets: IdSet[] = [];
    const rest: Filter[] = [];
    for (const part of parts) {
      const bound = this.#bound(part, visibility);
      if (bound !== null && bound.set !== this.#everything) sets.push(bound.set);
      if (bound?.exact !== true) rest.push(part);
    }
    const [only] = rest;
    return { sets, rest: rest.length > 1 ? { kind: 'and', filters: rest } : (only ?? null) };
  }

  #bound(filter: Filter, visibility: Visibility): Bound | null {
    switch (filter.kind) {
      case 'undefined':
        return { set: emptySet, exact: true };
      case 'and':
        return this.#all(filter.filters, visibility);
      case 'or':
        return this.#any(filter.filters, visibility);
      case 'not':
      case 'extensible':
        return null;
      default:
        return this.#leaf(filter, visibility);
    }
  }

  #all(filters: readonly Filter[], visibility: Visibility): Bound | null {
    const bounds = filters.map((part) => this.#bound(part, visibility));
    const known = bounds.filter((bound) => bound !== null);
    const exact = known.length === bounds.length && known.every((bound) => bound.exact);
    const [first, ...others] = known.map((bound) => bound.set);
    if (first === undefined) return filters.length === 0 ? { set: this.#everything, exact: true } : null;
    return { set: intersect(first, ...others), exact };
  }

  #any(filters: readonly Filter[], visibility: Visibility): Bound | null {
    const bounds: Bound[] = [];
    for (const part of filters) {
      const bound = this.#bound(part, visibility);
      if (bound === null) return null;
      bounds.push(bound);
    }
    return { set: unite(bounds.map((bound) => bound.set)), exact: bounds.every((bound) => bound.exact) };
  }

  #leaf(filter: Leaf, visibility: Visibility): Bound | null {
    const { on } = filter;
    const shown: AttributeType[] = [];
    let ownOnly = false;
    for (const type of this.#coveredBy(on.type)) {
      if (isVisible(visibility, type, false)) shown.push(type);
      else if (isVisible(visibility, type, true)) ownOnly = true;
    }
    const bound = this.#shown(filter, shown);
    if (bound === null || !ownOnly || visibility.self === null) return bound;
    // Some of it is shown on the reader's own entry alone, which is therefore looked at, whatever the indexes say.
    const own = this.#sources.tree.byUuid('person', visibility.self);
    if (own === undefined) return bound;
    return { set: unite([bound.set, new SingleId(own.id)]), exact: false };
  }

  #shown(filter: Leaf, types: readonly AttributeType[]): Bound | null {
    if (types.length === 0) return { set: emptySet, exact: true };
    if (filter.kind === 'present') return this.#present(filter.on, types);
    const sets: IdSet[] = [];
    for (const type of types) {
      const set = this.#ofType(filter, type);
      if (set === null) return null;
      sets.push(set);
    }
    return { set: unite(sets), exact: filter.on.options.length === 0 };
  }

  #present(on: AttributeSelector, types: readonly AttributeType[]): Bound | null {
    if (types.some((type) => type === this.#objectClass) && on.options.length === 0) {
      return { set: this.#everything, exact: true }; // no entry is without one
    }
    if (types.some((type) => this.#lazy.has(type))) return null;
    const set = this.#sources.indexes.present((layout) =>
      layout.descriptions.some(
        (description) => types.includes(description.type) && speaksOf(this.#sources.schema, on, description),
      ),
    );
    return { set, exact: true };
  }

  #ofType(filter: Exclude<Leaf, { kind: 'present' }>, type: AttributeType): IdSet | null {
    if (filter.kind === 'equality') {
      const lookup = filter.rule === type.equality ? this.#lookups.get(type) : undefined;
      if (lookup !== undefined) return lookup(filter.value);
    }
    const index = this.#sources.indexes.of(type);
    if (index === undefined) {
      // An attribute that nobody has is known to match nothing: supertypes (`name`) have many such subtypes.
      return !this.#lazy.has(type) && !this.#isHeld(type) ? emptySet : null;
    }
    switch (filter.kind) {
      case 'equality':
        return filter.rule === type.equality ? index.equal(filter.value) : null;
      case 'substrings':
        return filter.rule === type.substrings ? index.substrings(filter) : null;
      default:
        return filter.rule === type.ordering ? index.range(filter.kind, filter.value) : null;
    }
  }

  #isHeld(type: AttributeType): boolean {
    const holders = this.#sources.indexes.present((layout) =>
      layout.descriptions.some((description) => description.type === type),
    );
    return holders.estimate > 0;
  }

  /** The type and its subtypes. */
  #coveredBy(type: AttributeType): readonly AttributeType[] {
    const known = this.#covered.get(type);
    if (known !== undefined) return known;
    const { schema } = this.#sources;
    const covered = schema.attributeTypes.filter((candidate) => schema.isSubtype(candidate, type));
    this.#covered.set(type, covered);
    return covered;
  }
}

/** Attributes that renderer.ts encodes when an entry is read. */
const lazyAttributes = ['member', 'memberUid', 'memberOf', 'hasSubordinates', 'numSubordinates'] as const;
