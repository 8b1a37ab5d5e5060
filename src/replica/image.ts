// One consistent image of everything published: tree, indexes, groups, accounts and the slabs they lie in. Records go in
// and come out again in any order; when an operation returns, all of it agrees.
import type { ObjectKind } from '../directory/access.ts';
import { standingOf } from '../directory/lifecycle.ts';
import type { RefuseExtension } from '../directory/rules.ts';
import { normaliseDn } from '../x500/dn.ts';
import { encodeEntry, LayoutTable } from '../x500/encode_entry.ts';
import { attributeRange, attributeValues } from '../x500/entry.ts';
import { extensionRules } from '../x500/extension.ts';
import { projectRecord } from '../x500/projection.ts';
import { type GroupMembers, type ObjectReference, type PublishedRecord, uuidOf } from '../x500/published.ts';
import type { Schema } from '../x500/schema.ts';
import { containers, type ProjectedEntry, withSurroundings } from '../x500/tree.ts';
import { Accounts, type PublishedAccount, unpackAccount } from './accounts.ts';
import { EntryStore } from './entry_store.ts';
import { EntryViews } from './entry_views.ts';
import { Groups } from './groups.ts';
import { type Indexable, Indexes } from './indexes.ts';
import { Planner } from './planner.ts';
import { Renderer } from './renderer.ts';
import { type EntryHost, StoredEntry } from './stored_entry.ts';
import { Systems } from './systems.ts';
import { Tree } from './tree.ts';

/** Gives every object its id: the one it had in an earlier image, or the next. */
export type IdOf = (kind: ObjectKind, uuid: string) => number;

export interface ImageOptions {
  readonly schema: Schema;
  readonly suffix: string;
  readonly idOf: IdOf;
}

export interface ImageFigures {
  entries: number;
  keys: number;
  sharedPieces: number;
  accountNames: number;
  groups: number;
  awaited: number;
}

const noOctets = Buffer.alloc(0);
/** Kinds of entries that nothing can stand below. */
const leafKinds: ReadonlySet<ObjectKind> = new Set(['person', 'group', 'system', 'authority']);

export class Image implements EntryHost {
  readonly tree = new Tree();
  readonly accounts = new Accounts();
  readonly systems = new Systems();
  readonly indexes: Indexes;
  readonly groups: Groups;
  readonly planner: Planner;
  readonly views: EntryViews;
  readonly suffixKey: string;
  /** Grows with every batch that was applied. */
  generation = 0;
  readonly #options: ImageOptions;
  readonly #refuseExtension: RefuseExtension;
  readonly #layouts = new LayoutTable();
  readonly #store = new EntryStore();
  readonly #renderer: Renderer;
  /** Most objects of a batch stand below the same entry. */
  #lastSuperior: { dn: string; entry: StoredEntry } | null = null;
  readonly #organisationTexts = new Map<string, string>();
  /** Accounts whose records changed since they were last taken; null until somebody takes them. */
  #changedAccounts: Set<string> | null = null;

  constructor(options: ImageOptions) {
    const { schema } = options;
    this.#options = options;
    this.#refuseExtension = extensionRules(schema);
    this.indexes = new Indexes(schema);
    this.groups = new Groups({
      person: (uuid) => this.tree.byUuid('person', uuid),
      byId: (id) => this.tree.byId(id),
    });
    this.#renderer = new Renderer({
      schema,
      layouts: this.#layouts,
      tree: this.tree,
      groups: this.groups,
      store: (entry, lazy) => this.#addLazy(entry, lazy),
    });
    this.planner = new Planner({ schema, tree: this.tree, indexes: this.indexes, groups: this.groups });
    this.views = new EntryViews({
      schema,
      layouts: this.#layouts,
      tree: this.tree,
      groups: this.groups,
      renderer: this.#renderer,
      generation: () => this.generation,
    });
    this.suffixKey = normaliseDn(schema, options.suffix);
    for (const container of containers(options.suffix)) this.#put(container, null);
  }

  keyAt(slot: number): string {
    return this.tree.keyAt(slot);
  }

  uuidAt(kind: ObjectKind, slot: number): string {
    return this.tree.uuidAt(kind, slot);
  }

  unpack(entry: StoredEntry): Buffer {
    return this.#store.read(entry);
  }

  render(entry: StoredEntry): void {
    this.#renderer.render(entry);
  }

  /** Publishes records, each after what it lies below. `refuse` is told of one that has no place, which is left out. */
  publish(records: readonly PublishedRecord[], refuse: (error: unknown) => void): void {
    const waiting = new Map<string, PublishedRecord>();
    for (const record of records) waiting.set(uuidOf(record), record);
    const publishOne = (record: PublishedRecord): void => {
      if (!waiting.delete(uuidOf(record))) return;
      for (const superior of superiorsOf(record)) {
        const first = waiting.get(superior);
        if (first !== undefined) publishOne(first);
      }
      try {
        this.#publish(record);
      } catch (error) {
        refuse(error);
      }
    };
    for (const record of records) publishOne(record);
  }

  /**
   * Takes out what is not published any more, the deepest first. Returns what could not go because something that stays
   * is below it.
   */
  withdraw(references: readonly ObjectReference[]): ObjectReference[] {
    const found = references.flatMap((reference) => {
      const entry = this.tree.byUuid(reference.kind, reference.uuid);
      return entry === undefined ? [] : [{ reference, entry, depth: depthOf(entry) }];
    });
    const left: ObjectReference[] = [];
    for (const { reference, entry } of found.sort((one, other) => other.depth - one.depth)) {
      if (entry.subordinates === null) this.#remove(entry);
      else left.push(reference);
    }
    return left;
  }

  /** Sets the direct members of a group; of a group that is not published there is nothing to show. */
  setMembers(members: GroupMembers): void {
    const group = this.groups.group(members.group);
    if (group !== undefined) this.groups.setMembers(group, members);
  }

  takeChangedAccounts(): string[] {
    const changed = [...(this.#changedAccounts ?? [])];
    this.#changedAccounts = new Set();
    return changed;
  }

  /** Accounts that are in one of the two images only, or differ. */
  accountsUnlike(old: Image): string[] {
    const accounts: string[] = [];
    for (const entry of this.tree.entries()) {
      const octets = entry.accountOctets();
      const before = old.tree.byId(entry.id)?.accountOctets() ?? noOctets;
      if (octets.length > 0 && !octets.equals(before)) accounts.push(unpackAccount(octets, '').uuid);
    }
    for (const entry of old.tree.entries()) {
      const octets = entry.accountOctets();
      if (octets.length === 0) continue;
      const { uuid } = unpackAccount(octets, '');
      if (this.accounts.byUuid(uuid) < 0) accounts.push(uuid);
    }
    return accounts;
  }

  /** Closes a batch of changes. */
  settle(): void {
    this.generation++;
    this.#store.tidy(() => this.tree.entries());
  }

  /** What it holds, in numbers. */
  figures(): ImageFigures {
    return {
      entries: this.tree.size,
      keys: this.indexes.keys,
      sharedPieces: this.#store.sharedPieces,
      accountNames: this.accounts.names,
      ...this.groups.counts,
    };
  }

  #publish(record: PublishedRecord): void {
    const projected = projectRecord(record, {
      refuseExtension: this.#refuseExtension,
      suffix: this.#options.suffix,
      dnOf: (kind, uuid) => this.tree.byUuid(kind, uuid)?.dn,
    });
    if (projected === null) {
      this.withdraw([{ kind: record.kind, uuid: uuidOf(record) }]);
      return;
    }
    this.#put(projected, 'account' in record ? record.account : null);
    if (record.kind === 'system') this.systems.put(record.system);
    if (record.kind === 'group') this.groups.setKind(record.group);
  }

  #put(projected: ProjectedEntry, account: PublishedAccount | null): void {
    const attributes = leafKinds.has(projected.kind)
      ? withSurroundings(projected.attributes, { subordinates: 0 })
      : projected.attributes;
    const after = encodeEntry(this.#options.schema, this.#layouts, attributes);
    const existing = this.tree.byUuid(projected.kind, projected.uuid);
    const entry = existing ?? this.#add(projected, after);
    if (existing !== undefined) this.#change(existing, projected, after);
    entry.organisation = this.#shared(projected.organisation);
    this.#keepAccount(entry, account, existing !== undefined);
    this.#setStanding(entry, account);
    const octets = account === null ? noOctets : this.accounts.pack(account);
    this.#store.write(entry, { ...after, dn: Buffer.from(projected.dn), account: octets });
    entry.projected = after.layout;
    entry.projectedLength = after.wire.length;
    entry.rendered = after.layout;
    entry.apart = null;
    entry.fresh = !this.#renderer.isNeeded(entry);
    if (existing === undefined && (entry.kind === 'person' || entry.kind === 'group')) {
      this.groups.published(entry);
    }
  }

  #add(projected: ProjectedEntry, encoded: Indexable): StoredEntry {
    const { schema, idOf } = this.#options;
    const key = normaliseDn(schema, projected.dn);
    const taken = this.tree.byKey(key);
    if (taken !== undefined) throw new Error(`${projected.dn} is the name of two objects`);
    const parent = this.#parent(projected);
    const id = idOf(projected.kind, projected.uuid);
    const entry = new StoredEntry(this, id, projected.kind, encoded.layout, this.#store.slabs.reserve(0));
    this.tree.add(entry, { parent, key, uuid: projected.uuid });
    this.indexes.insert(id, encoded);
    if (parent !== null) parent.fresh = false;
    return entry;
  }

  /** Brings names and indexes of a known entry to its new state; its octets are still the old ones. */
  #change(entry: StoredEntry, projected: ProjectedEntry, after: Indexable): void {
    const parent = this.#parent(projected);
    this.indexes.update(entry.id, { layout: entry.projected, wire: entry.projectedWire() }, after);
    const dn = entry.dn;
    if (dn === projected.dn) return;
    if (entry.parent !== null) entry.parent.fresh = false;
    if (parent !== null) parent.fresh = false;
    this.tree.rename(entry, { parent, key: normaliseDn(this.#options.schema, projected.dn) });
    this.groups.renamed(entry);
    for (const below of this.tree.below(entry)) this.#follow(below, dn, projected.dn);
  }

  /** Renames an entry whose superior went from one DN to another. */
  #follow(entry: StoredEntry, from: string, to: string): void {
    const { schema } = this.#options;
    const dn = `${entry.dn.slice(0, entry.dn.length - from.length)}${to}`;
    this.tree.rename(entry, { parent: entry.parent, key: normaliseDn(schema, dn) });
    this.groups.renamed(entry);
    const wire = entry.projectedWire();
    const attributes = entry.projected.descriptions.map(({ name, type }, position) => ({
      description: name,
      values: type.name === 'entryDN' ? [dn] : attributeValues(wire, attributeRange(wire, position).start),
    }));
    const after = encodeEntry(schema, this.#layouts, attributes);
    this.#store.write(entry, { ...after, dn: Buffer.from(dn), account: entry.accountOctets() });
    entry.projectedLength = after.wire.length;
    entry.rendered = entry.projected;
    entry.apart = null;
    entry.fresh = !this.#renderer.isNeeded(entry);
  }

  #remove(entry: StoredEntry): void {
    const { parent } = entry;
    entry.apart = entry.wire(); // for readers that hold it
    this.indexes.remove(entry.id, { layout: entry.projected, wire: entry.projectedWire() });
    this.groups.leaving(entry);
    this.#keepAccount(entry, null, true);
    if (entry.kind === 'system') this.systems.remove(entry.uuid);
    this.tree.remove(entry);
    entry.fresh = true;
    this.#store.release(entry);
    if (parent !== null) parent.fresh = false;
  }

  /** Enters the entry's account under its names, in place of the one it had. */
  #keepAccount(entry: StoredEntry, account: PublishedAccount | null, known: boolean): void {
    const octets = known ? entry.accountOctets() : noOctets;
    if (octets.length > 0) {
      if (account !== null && octets.equals(this.accounts.pack(account))) return;
      const held = unpackAccount(octets, '');
      this.accounts.remove(held, entry);
      this.#changedAccounts?.add(held.uuid);
    }
    if (account === null) return;
    this.accounts.add(account, entry);
    this.#changedAccounts?.add(account.uuid);
  }

  #parent(projected: ProjectedEntry): StoredEntry | null {
    if (projected.superior === null) return null;
    const known = this.#lastSuperior;
    if (known !== null && known.dn === projected.superior && known.entry.departed === null) {
      if (known.entry.dn === known.dn) return known.entry;
    }
    const entry = this.tree.byKey(normaliseDn(this.#options.schema, projected.superior));
    if (entry === undefined) throw new Error(`${projected.dn} has no superior entry`);
    this.#lastSuperior = { dn: projected.superior, entry };
    return entry;
  }

  #setStanding(entry: StoredEntry, account: PublishedAccount | null): void {
    const standing =
      entry.kind === 'person' && account !== null ? standingOf(account.state) : ('in_service' as const);
    if (standing === entry.standing) return;
    entry.standing = standing;
    this.groups.standingChanged(entry);
  }

  /** The same text object for every entry of an organisation. */
  #shared(organisation: string | null): string | null {
    if (organisation === null) return null;
    const known = this.#organisationTexts.get(organisation);
    if (known !== undefined) return known;
    this.#organisationTexts.set(organisation, organisation);
    return organisation;
  }

  /** Adds lazily encoded attributes to the projected ones. */
  #addLazy(entry: StoredEntry, lazy: Buffer): void {
    this.#store.write(entry, {
      dn: entry.dnOctets,
      wire: Buffer.concat([entry.projectedWire(), lazy]),
      layout: entry.rendered,
      account: entry.accountOctets(),
    });
  }
}

function depthOf(entry: StoredEntry): number {
  let depth = 0;
  for (let at = entry.parent; at !== null; at = at.parent) depth++;
  return depth;
}

/** uuids of what the record's entry may stand below. */
function superiorsOf(record: PublishedRecord): string[] {
  const uuids =
    record.kind === 'organisation'
      ? [record.organisation.parent]
      : record.kind === 'unit'
        ? [record.unit.organisation, record.unit.parent]
        : record.kind === 'post'
          ? [record.post.organisation, record.post.unit]
          : [];
  return uuids.filter((uuid) => uuid !== null);
}
