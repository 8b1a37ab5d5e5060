// Entries as one reader sees them, where that is less than what is stored: values that name people whom the reader may not
// see are left out, and of a suspended person there is a name (x500/name_only.ts). Filters, comparisons and selections are all asked of what is
// made here, so that none of them tells what another hides.
import type { Visibility } from '../directory/access.ts';
import { normaliseDn } from '../x500/dn.ts';
import { encodeEntry, type LayoutTable } from '../x500/encode_entry.ts';
import { type AttributeValues, attributesOf, type Entry, EntryWith, type Layout } from '../x500/entry.ts';
import { isPartOfName } from '../x500/name_only.ts';
import { mayNameAnybody, mayNamePeople } from '../x500/naming_attributes.ts';
import type { AttributeDescription, AttributeType, Schema } from '../x500/schema.ts';
import { isVisibleEntry, showsNameOnly } from '../x500/visible_entry.ts';
import type { Groups } from './groups.ts';
import type { Renderer } from './renderer.ts';
import type { StoredEntry } from './stored_entry.ts';
import type { Tree } from './tree.ts';

export interface EntryViewSources {
  readonly schema: Schema;
  readonly layouts: LayoutTable;
  readonly tree: Tree;
  readonly groups: Groups;
  readonly renderer: Renderer;
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

export class EntryViews {
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
    const replaced: AttributeValues[] = [];
    let hidden = false;
    for (const { description, values } of attributesOf(entry)) {
      if (!naming.has(description.name)) continue;
      const shown = values.filter((value) => this.#mayBeNamed(visibility, value));
      hidden ||= shown.length < values.length;
      replaced.push({ description: description.name, values: shown });
    }
    return hidden ? this.#view(entry, ({ name }) => !naming.has(name), replaced) : entry;
  }

  /** A name of nothing in the directory tells of nobody in it. Who shows no more than a name is named nowhere else. */
  #mayBeNamed(visibility: Visibility, dn: Buffer): boolean {
    const named = this.#sources.tree.byKey(normaliseDn(this.#sources.schema, dn.toString('utf8')));
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
