// Entries as one reader sees them, where that is less than what is stored: values that name people whom the reader may not
// see are left out, and of a suspended person there is a name. Filters, comparisons and selections are all asked of what is
// made here, so that none of them tells what another hides.
import type { Visibility } from '../directory/access.ts';
import { normaliseDn } from '../x500/dn.ts';
import { encodeEntry, type LayoutTable } from '../x500/encode_entry.ts';
import { type AttributeValues, attributesOf, type Entry, EntryWith, type Layout } from '../x500/entry.ts';
import type { Schema } from '../x500/schema.ts';
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

/** What is shown of a person who is suspended. The state is for whoever may see it anyway. */
const nameAttributes: ReadonlySet<string> = new Set([
  ...['objectClass', 'cn', 'sn', 'givenName', 'displayName', 'bauhiniaAccountState'],
  ...['structuralObjectClass', 'entryUUID', 'entryDN', 'subschemaSubentry', 'modifyTimestamp'],
]);

const distinguishedName = '1.3.6.1.4.1.1466.115.121.1.12';
/** Names that are no people's: the entry itself, its groups (all of which are shown), the schema. */
const namesNobody: ReadonlySet<string> = new Set(['entryDN', 'memberOf', 'subschemaSubentry']);
/** Large groups are kept as a view shows them until the next change; this many for each view. */
const keptViews = 64;

export class EntryViews {
  readonly #sources: EntryViewSources;
  readonly #kept = new WeakMap<Visibility, { generation: number; entries: Map<number, Entry> }>();
  /** Names of the descriptions that may name people, by the index of the layout. */
  readonly #naming: ReadonlySet<string>[] = [];

  constructor(sources: EntryViewSources) {
    this.#sources = sources;
  }

  /** What the reader sees of an entry that is visible to them: the entry itself where nothing is left out. */
  of(visibility: Visibility, entry: StoredEntry): Entry {
    if (showsNameOnly(visibility, entry)) {
      return this.#view(entry, ({ description }) => nameAttributes.has(description.split(';', 1)[0] ?? ''));
    }
    if (visibility.population === null) return entry;
    const naming = this.#namingOf(entry.layout);
    if (naming.size === 0) return entry;
    return entry.kind === 'group'
      ? this.#keptGroup(visibility, entry, naming)
      : this.#withoutHidden(visibility, entry, naming);
  }

  #view(
    entry: StoredEntry,
    isShown: (attribute: AttributeValues) => boolean,
    more: AttributeValues[] = [],
  ): Entry {
    const { schema, layouts } = this.#sources;
    const attributes: AttributeValues[] = [];
    for (const { description, values } of attributesOf(entry)) {
      const attribute = { description: description.name, values };
      if (isShown(attribute)) attributes.push(attribute);
    }
    return new EntryWith(entry, encodeEntry(schema, layouts, [...attributes, ...more]));
  }

  #namingOf(layout: Layout): ReadonlySet<string> {
    let naming = this.#naming[layout.index];
    if (naming === undefined) {
      const named = layout.descriptions.filter(
        ({ type }) =>
          type.name === 'memberUid' || (type.syntax.oid === distinguishedName && !namesNobody.has(type.name)),
      );
      naming = new Set(named.map(({ name }) => name));
      this.#naming[layout.index] = naming;
    }
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
    return hidden ? this.#view(entry, ({ description }) => !naming.has(description), replaced) : entry;
  }

  /** A name of nothing in the directory tells of nobody in it. */
  #mayBeNamed(visibility: Visibility, dn: Buffer): boolean {
    const named = this.#sources.tree.byKey(normaliseDn(this.#sources.schema, dn.toString('utf8')));
    return named === undefined || isVisibleEntry(visibility, named);
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
    const view = this.#view(entry, ({ description }) => !naming.has(description), members);
    kept.entries.set(entry.id, view);
    return view;
  }
}
