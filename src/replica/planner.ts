// Turns a filter into the entries worth looking at: for each part the set of ids that an index, the tree or the groups
// give, and whether that set is exactly the part's matches. What a reader may not see has no matches here either, so no
// index can tell what match_filter.ts would hide.
import { objectKinds, type Visibility } from '../directory/access.ts';
import { speaksOf } from '../x500/attribute_description.ts';
import type { AttributeSelector, Filter } from '../x500/filter.ts';
import type { AttributeType, Schema } from '../x500/schema.ts';
import { elsewhere, isVisible, isVisibleInScope, own } from '../x500/visible_positions.ts';
import { Effort } from './effort.ts';
import type { Groups } from './groups.ts';
import type { Indexes } from './indexes.ts';
import { emptySet, type IdSet, SingleId, smallest, unite } from './postings.ts';
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
/** Null: too many to say. */
type Lookup = (value: string) => IdSet | null;

/** What a look at all layouts costs, in keys of an index. */
const layoutsEffort = 64;

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
    const { schema, tree } = sources;
    this.#sources = sources;
    this.#lookups = lookupsOf(sources);
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

  /** `filter` as simplifyFilter leaves it: repetitions would be planned again. */
  plan(filter: Filter, visibility: Visibility): Plan {
    const planning = { visibility, effort: new Effort() };
    const parts = filter.kind === 'and' ? filter.filters : [filter];
    const sets: IdSet[] = [];
    const rest: Filter[] = [];
    for (const part of parts) {
      const bound = this.#bound(part, planning);
      if (bound !== null && bound.set !== this.#everything) sets.push(bound.set);
      if (bound?.exact !== true) rest.push(part);
    }
    const [only] = rest;
    return { sets, rest: rest.length > 1 ? { kind: 'and', filters: rest } : (only ?? null) };
  }

  #bound(filter: Filter, planning: Planning): Bound | null {
    switch (filter.kind) {
      case 'undefined':
        return { set: emptySet, exact: true };
      case 'and':
        return this.#all(filter.filters, planning);
      case 'or':
        return this.#any(filter.filters, planning);
      case 'not':
      case 'extensible':
        return null;
      default:
        return this.#leaf(filter, planning);
    }
  }

  /** An `&` inside of another filter: its smallest part holds all its matches, and each of them is asked for the rest. */
  #all(filters: readonly Filter[], planning: Planning): Bound | null {
    const known: Bound[] = [];
    for (const part of filters) {
      const bound = this.#bound(part, planning);
      if (bound !== null) known.push(bound);
    }
    const [first, ...others] = known.map((bound) => bound.set);
    if (first === undefined) return filters.length === 0 ? { set: this.#everything, exact: true } : null;
    const set = smallest(first, ...others);
    if (set === emptySet) return { set, exact: true };
    const decidesAll = (bound: Bound): boolean =>
      bound.exact && (bound.set === set || bound.set === this.#everything);
    return { set, exact: known.length === filters.length && known.every(decidesAll) };
  }

  #any(filters: readonly Filter[], planning: Planning): Bound | null {
    const bounds: Bound[] = [];
    for (const part of filters) {
      const bound = this.#bound(part, planning);
      if (bound === null) return null;
      bounds.push(bound);
    }
    const set = unite(bounds.map((bound) => bound.set));
    return set === null ? null : { set, exact: bounds.every((bound) => bound.exact) };
  }

  #leaf(filter: Leaf, planning: Planning): Bound | null {
    const { visibility, effort } = planning;
    const { on } = filter;
    const covered = this.#coveredBy(on.type);
    if (!effort.take(covered.length)) return null;
    const shown: AttributeType[] = [];
    let ownOnly = false;
    for (const type of covered) {
      if (isVisible(visibility, type, elsewhere)) shown.push(type);
      // Who has it elsewhere must not decide even where to look: each entry is asked itself.
      else if (isVisibleInScope(visibility, type)) return null;
      else if (isVisible(visibility, type, own)) ownOnly = true;
    }
    const bound = this.#shown(filter, shown, effort);
    if (bound === null || !ownOnly || visibility.self === null) return bound;
    // Some of it is shown on the reader's own entry alone, which is therefore looked at, whatever the indexes say.
    const person = this.#sources.tree.byUuid('person', visibility.self);
    if (person === undefined) return bound;
    const set = unite([bound.set, new SingleId(person.id)]);
    return set === null ? null : { set, exact: false };
  }

  #shown(filter: Leaf, types: readonly AttributeType[], effort: Effort): Bound | null {
    if (types.length === 0) return { set: emptySet, exact: true };
    if (filter.kind === 'present') return this.#present(filter.on, types, effort);
    const sets: IdSet[] = [];
    for (const type of types) {
      const found = this.#ofType(filter, type, effort);
      if (found === null) return null;
      sets.push(found);
    }
    const set = unite(sets);
    return set === null ? null : { set, exact: filter.on.options.length === 0 };
  }

  #present(on: AttributeSelector, types: readonly AttributeType[], effort: Effort): Bound | null {
    if (types.some((type) => type === this.#objectClass) && on.options.length === 0) {
      return { set: this.#everything, exact: true }; // no entry is without one
    }
    if (types.some((type) => this.#lazy.has(type)) || !effort.take(layoutsEffort)) return null;
    const set = this.#sources.indexes.present((layout) =>
      layout.descriptions.some(
        (description) => types.includes(description.type) && speaksOf(this.#sources.schema, on, description),
      ),
    );
    return set === null ? null : { set, exact: true };
  }

  #ofType(filter: Exclude<Leaf, { kind: 'present' }>, type: AttributeType, effort: Effort): IdSet | null {
    if (filter.kind === 'equality') {
      const lookup = filter.rule === type.equality ? this.#lookups.get(type) : undefined;
      if (lookup !== undefined) return lookup(filter.value);
    }
    const { indexes } = this.#sources;
    const index = indexes.of(type);
    if (index === undefined) {
      // An attribute that nobody has is known to match nothing: supertypes (`name`) have many such subtypes.
      if (this.#lazy.has(type) || !effort.take(layoutsEffort)) return null;
      return indexes.holds(type) ? null : emptySet;
    }
    switch (filter.kind) {
      case 'equality':
        return filter.rule === type.equality ? index.equal(filter.value) : null;
      case 'substrings':
        return filter.rule === type.substrings ? index.substrings(filter, effort) : null;
      default:
        return filter.rule === type.ordering ? index.range(filter.kind, filter.value, effort) : null;
    }
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

/** One plan being made: for whom, and what may still be looked up for it. */
interface Planning {
  readonly visibility: Visibility;
  readonly effort: Effort;
}

function lookupsOf({ schema, tree, groups }: PlannerSources): Map<AttributeType | undefined, Lookup> {
  const single = (entry: StoredEntry | undefined): IdSet =>
    entry === undefined ? emptySet : new SingleId(entry.id);
  const byUuid: Lookup = (uuid) =>
    unite(objectKinds.flatMap((kind) => tree.byUuid(kind, uuid) ?? []).map(single));
  const naming: Lookup = (key) => {
    const member = tree.byKey(key);
    return member?.standing === 'in_service' ? groups.groupsNaming(member) : emptySet;
  };
  const membersOf: Lookup = (key) => {
    const entry = tree.byKey(key);
    const group = entry === undefined ? undefined : groups.ofEntry(entry);
    return group === undefined ? emptySet : unite(groups.membersOf(group));
  };
  return new Map<AttributeType | undefined, Lookup>([
    [schema.attributeType('entryDN'), (key) => single(tree.byKey(key))],
    [schema.attributeType('entryUUID'), byUuid],
    [schema.attributeType('member'), naming],
    [schema.attributeType('memberOf'), membersOf],
  ]);
}

/** Attributes that renderer.ts encodes when an entry is read. */
const lazyAttributes = ['member', 'memberUid', 'memberOf', 'hasSubordinates', 'numSubordinates'] as const;
