// Entries as one reader sees them, where that is less than what is stored: values that name people whom the reader may not
// see are left out, and of a suspended person there is a name (x500/name_only.ts). Filters, comparisons and selections are
// all asked of what is made here, so that none of them tells what another hides.
import type { Visibility } from '../directory/access.ts';
import { isOperationError } from '../errors.ts';
import { normaliseDn } from '../x500/dn.ts';
import { encodeEntry, type LayoutTable } from '../x500/encode_entry.ts';
import { type AttributeValues, attributesOf, type Entry, EntryWith, type Layout } from '../x500/entry.ts';
import { isPartOfName } from '../x500/name_only.ts';
import { mayNameAnybody, mayNamePeople } from '../x500/naming_attributes.ts';
import type { AttributeDescription, AttributeType, Schema } from '../x500/schema.ts';
import { isVisibleEntry, showsNameOnly } from '../x500/visible_entry.ts';
import type { Groups } from './groups.ts';
import type { Renderer } from './renderer.ts';
import type { NamedKeys, StoredEntry } from './stored_entry.ts';
import type { Tree } from './tree.ts';

export interface EntryViewSources {
  readonly schema: Schema;
  readonly layouts: LayoutTable;
  readonly tree: Tree;
  readonly groups: Groups;
  readonly renderer: Renderer;
  readonly suffixKey: string;
  /** Grows with every batch that was applied. */
  readonly generation: () => number;
}

/** Names of the descriptions that may name people whom the reader must not see; null for none. */
interface Naming {
  /** For readers of some people. */
  readonly people: ReadonlySet<string> | null;
  /** For everybody else. */
  readonly anybody: ReadonlySet<string> | null;
}

/** Large groups are kept as a view shows them until the next change; this many for each view. */
const keptViews = 64;
/** What an octet of a name costs to normalise, in octets of attributes looked at. */
const costOfNaming = 64;

export class EntryViews {
  /** Grows by what views have cost besides looking at them, in octets. */
  spent = 0;
  readonly #sources: EntryViewSources;
  readonly #kept = new WeakMap<Visibility, { generation: number; entries: Map<number, Entry> }>();
  /** By the index of the layout. */
  readonly #naming: Naming[] = [];

  constructor(sources: EntryViewSources) {
    this.#sources = sources;
  }

  /** What the reader sees of an entry that is visible to them: the entry itself where nothing is left out. */
  of(visibility: Visibility, entry: StoredEntry): Entry {
    if (showsNameOnly(visibility, entry)) {
      return this.#view(entry, ({ type }) => isPartOfName(type));
    }
    const everybody = visibility.population === null;
    if (everybody && visibility.formerStaff) return entry;
    const { people, anybody } = this.#naming[entry.layout.index] ?? this.#findNaming(entry.layout);
    const naming = everybody ? anybody : people;
    if (naming === null) return entry;
    return entry.kind === 'group' && !everybody
      ? this.#keptGroup(visibility, entry, naming)
      : this.#withoutHidden(visibility, entry, naming);
  }

  #view(
    entry: StoredEntry,
    isShown: (description: AttributeDescription) => boolean,
    more: AttributeValues[] = [],
  ): Entry {
    const { schema, layouts } = this.#sources;
    const attributes: AttributeValues[] = [];
    for (const { description, values } of attributesOf(entry)) {
      if (isShown(description)) attributes.push({ description: description.name, values });
    }
    return new EntryWith(entry, encodeEntry(schema, layouts, [...attributes, ...more]));
  }

  #findNaming(layout: Layout): Naming {
    const namesOf = (mayName: (type: AttributeType) => boolean): ReadonlySet<string> | null => {
      const found = layout.descriptions.filter(({ type }) => mayName(type)).map(({ name }) => name);
      return found.length === 0 ? null : new Set(found);
    };
    const naming = { people: namesOf(mayNamePeople), anybody: namesOf(mayNameAnybody) };
    this.#naming[layout.index] = naming;
    return naming;
  }

  #withoutHidden(visibility: Visibility, entry: StoredEntry, naming: ReadonlySet<string>): Entry {
    const named = this.#namedBy(entry);
    const isHidden = (key: string | null): boolean => key !== null && !this.#mayBeNamed(visibility, key);
    if (![...naming].some((name) => named.get(name)?.some(isHidden))) return entry;
    const replaced: AttributeValues[] = [];
    for (const { description, values } of attributesOf(entry)) {
      const keys = naming.has(description.name) ? named.get(description.name) : undefined;
      if (keys === undefined) continue;
      const shown = values.filter((_, index) => !isHidden(keys[index] ?? null));
      replaced.push({ description: description.name, values: shown });
    }
    return this.#view(entry, ({ name }) => !naming.has(name), replaced);
  }

  /** Whom the values name. Normal forms are worked out once: somebody may have written names that take milliseconds. */
  #namedBy(entry: StoredEntry): NamedKeys {
    if (entry.named !== null) return entry.named;
    const named = new Map<string, (string | null)[]>();
    for (const { description, values } of attributesOf(entry)) {
      if (!mayNamePeople(description.type)) continue;
      named.set(
        description.name,
        values.map((value) => this.#keyOf(value)),
      );
    }
    entry.named = named;
    return named;
  }

  /** Null for a name of nothing here: it tells of nobody. */
  #keyOf(dn: Buffer): string | null {
    const { schema, suffixKey } = this.#sources;
    this.spent += dn.length * costOfNaming;
    try {
      const key = normaliseDn(schema, dn.toString('utf8'));
      return key.endsWith(suffixKey) ? key : null;
    } catch (error) {
      if (isOperationError(error, 'invalid_dn')) return null; // well formed, with a value that its type does not allow
      throw error;
    }
  }

  /** Who shows no more than a name is named nowhere else. */
  #mayBeNamed(visibility: Visibility, key: string): boolean {
    const named = this.#sources.tree.byKey(key);
    if (named === undefined) return true;
    return isVisibleEntry(visibility, named) && !showsNameOnly(visibility, named);
  }

  /** Members by their ids: reading the names of 100,000 would take seconds. */
  #keptGroup(visibility: Visibility, entry: StoredEntry, naming: ReadonlySet<string>): Entry {
    const { groups, renderer, generation } = this.#sources;
    let kept = this.#kept.get(visibility);
    if (kept === undefined || kept.generation !== generation() || kept.entries.size >= keptViews) {
      kept = { generation: generation(), entries: new Map() };
      this.#kept.set(visibility, kept);
    }
    const known = kept.entries.get(entry.id);
    if (known !== undefined) return known;
    const group = groups.ofEntry(entry);
    const members =
      group === undefined
        ? []
        : renderer.memberAttributes(group, (member) => isVisibleEntry(visibility, member));
    const view = this.#view(entry, ({ name }) => !naming.has(name), members);
    kept.entries.set(entry.id, view);
    return view;
  }
}
