// One consistent image of everything published: tree, indexes, groups, accounts and the slabs they lie in. Records go in
// and come out again in any order; when an operation returns, all of it agrees.
import type { ObjectKind } from '../directory/access.ts';
import { standingOf } from '../directory/lifecycle.ts';
import { normaliseDn } from '../x500/dn.ts';
import { encodeEntry, LayoutTable } from '../x500/encode_entry.ts';
import { attributeRange, attributeValues } from '../x500/entry.ts';
import {
  type ObjectReference,
  type PublishedRecord,
  referenceOf,
  superiorOf,
  uuidOf,
} from '../x500/published.ts';
import type { Schema } from '../x500/schema.ts';
import { containers } from '../x500/tree.ts';
import { Accounts, type PublishedAccount, unpackAccount } from './accounts.ts';
import { EntryStore } from './entry_store.ts';
import { EntryViews } from './entry_views.ts';
import { Groups } from './groups.ts';
import { Indexes } from './indexes.ts';
import { type Lack, LeftOut, loadingKey, loginKey, nameKey, objectKey } from './left_out.ts';
import { Planner } from './planner.ts';
import { Preparation, type Prepared } from './preparation.ts';
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
  /** What stood under a name in the image that this one replaces: it keeps the name if it is still to have it. */
  readonly stood?: (key: string) => StoredEntry | undefined;
}

export interface ImageFigures {
  entries: number;
  keys: number;
  sharedPieces: number;
  accountNames: number;
  groups: number;
  awaited: number;
}

type Named = Omit<Prepared, 'account' | 'reduced'>;

const noOctets = Buffer.alloc(0);
export class Image implements EntryHost {
  readonly tree = new Tree();
  readonly accounts = new Accounts();
  readonly systems = new Systems();
  readonly indexes: Indexes;
  readonly groups: Groups;
  readonly planner: Planner;
  readonly views: EntryViews;
  readonly suffixKey: string;
  readonly leftOut = new LeftOut();
  /** Entries that are to be removed, and still have something below them. */
  readonly #going = new Set<StoredEntry>();
  /** Grows with every batch that was applied. */
  generation = 0;
  readonly #options: ImageOptions;
  readonly #preparation: Preparation;
  readonly #layouts = new LayoutTable();
  readonly #store = new EntryStore();
  readonly #renderer: Renderer;
  readonly #organisationTexts = new Map<string, string>();
  /** Accounts whose records changed since they were last taken; null until somebody takes them. */
  #changedAccounts: Set<string> | null = null;

  constructor(options: ImageOptions) {
    const { schema } = options;
    this.#options = options;
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
    this.suffixKey = normaliseDn(schema, options.suffix);
    this.views = new EntryViews({
      schema,
      layouts: this.#layouts,
      tree: this.tree,
      groups: this.groups,
      renderer: this.#renderer,
      suffixKey: this.suffixKey,
      generation: () => this.generation,
    });
    this.#preparation = new Preparation({
      ...options,
      layouts: this.#layouts,
      tree: this.tree,
      accounts: this.accounts,
      isGoing: (entry) => this.#going.has(entry),
    });
    for (const container of containers(options.suffix)) this.#put(this.#preparation.container(container));
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

  /** Publishes records, each after what it hangs below. One that cannot be shown is left out. */
  publish(records: readonly PublishedRecord[]): void {
    const waiting = new Map<string, PublishedRecord>();
    for (const record of records) waiting.set(uuidOf(record), record);
    const publishOne = (record: PublishedRecord): void => {
      if (!waiting.delete(uuidOf(record))) return;
      const superior = superiorOf(record);
      const first = superior === null ? undefined : waiting.get(superior.uuid);
      if (first !== undefined) publishOne(first);
      this.#publish(record);
    };
    for (const record of records) publishOne(record);
    this.#lookAgain();
  }

  /** Takes out what is not published any more: at once, or by the end of the batch where something is still below it. */
  withdraw(references: readonly ObjectReference[]): void {
    for (const reference of references) {
      this.leftOut.settle(reference, null);
      if (reference.kind === 'group') this.groups.forget(reference.uuid);
      const entry = this.tree.byUuid(reference.kind, reference.uuid);
      if (entry !== undefined) this.#going.add(entry);
    }
    this.#removeGoing();
  }

  /** Everything that the snapshot holds has been published: what had to give way to the order of an earlier image is placed. */
  loaded(): void {
    this.#preparation.loaded();
    this.leftOut.wake(loadingKey);
    this.#lookAgain();
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
    // What is still below something that goes goes with it. It ended by time alone, and is told of in a later batch; and
    // whatever brings its superior back has it read again too.
    for (const top of this.#going) for (const below of this.tree.below(top).reverse()) this.#remove(below);
    if (this.#going.size > 0) this.#lookAgain();
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
    const reference = referenceOf(record);
    const prepared = this.#preparation.prepare(record);
    if (prepared === null) {
      this.withdraw([reference]);
    } else if ('reason' in prepared) {
      this.#leaveOut(record, prepared);
    } else {
      this.#put(prepared);
      if (record.kind === 'system') this.systems.put(record.system);
      if (record.kind === 'group') this.groups.setKind(record.group);
      this.leftOut.settle(reference, prepared.reduced);
      this.leftOut.wake(objectKey(reference));
    }
  }

  #leaveOut(record: PublishedRecord, lack: Lack): void {
    const { kind, uuid } = referenceOf(record);
    const entry = this.tree.byUuid(kind, uuid);
    this.leftOut.add(record, lack, entry?.id ?? null);
    if (record.kind === 'group') this.groups.setAside(record.group);
    if (entry === undefined) return;
    this.#going.add(entry);
    if (entry.subordinates === null) this.#removeGoing();
  }

  /** Looks again at records that waited for what is there now, until nothing more comes of it. */
  #lookAgain(): void {
    do {
      for (let record = this.leftOut.takeWoken(); record !== undefined; record = this.leftOut.takeWoken()) {
        this.#publish(record);
      }
    } while (this.#removeGoing());
  }

  /** Removes what goes and has nothing below it. True when that freed a name. */
  #removeGoing(): boolean {
    const before = this.#going.size;
    for (let removed = before > 0; removed; ) {
      removed = false;
      for (const entry of this.#going) {
        if (entry.subordinates !== null) continue;
        this.#going.delete(entry);
        this.#remove(entry);
        removed = true;
      }
    }
    return this.#going.size < before;
  }

  #put({ projected, key, parent, account, encoded }: Prepared): void {
    const existing = this.tree.byUuid(projected.kind, projected.uuid);
    const entry = existing ?? this.#add({ projected, key, parent, encoded });
    if (existing !== undefined) this.#change(existing, { projected, key, parent, encoded });
    this.#going.delete(entry);
    entry.organisation = this.#shared(projected.organisation);
    this.#keepAccount(entry, account, existing !== undefined);
    this.#setStanding(entry, account);
    const octets = account === null ? noOctets : this.accounts.pack(account);
    this.#store.write(entry, { ...encoded, dn: Buffer.from(projected.dn), account: octets });
    entry.projected = encoded.layout;
    entry.projectedLength = encoded.wire.length;
    entry.rendered = encoded.layout;
    entry.apart = null;
    entry.fresh = !this.#renderer.isNeeded(entry);
    if (existing === undefined && (entry.kind === 'person' || entry.kind === 'group')) {
      this.groups.published(entry);
    }
  }

  #add({ projected, key, parent, encoded }: Named): StoredEntry {
    const { kind, uuid } = projected;
    const id = this.leftOut.formerId({ kind, uuid }) ?? this.#options.idOf(kind, uuid);
    const entry = new StoredEntry(this, id, kind, encoded.layout, this.#store.slabs.reserve(0));
    this.tree.add(entry, { parent, key, uuid });
    this.indexes.insert(id, encoded);
    if (parent !== null) parent.fresh = false;
    return entry;
  }

  /** Brings names and indexes of a known entry to its new state; its octets are still the old ones. */
  #change(entry: StoredEntry, { projected, key, parent, encoded }: Named): void {
    this.indexes.update(entry.id, { layout: entry.projected, wire: entry.projectedWire() }, encoded);
    const from = { dn: entry.dn, key: entry.key };
    if (from.dn === projected.dn) return;
    if (entry.parent !== null) entry.parent.fresh = false;
    if (parent !== null) parent.fresh = false;
    this.#rename(entry, { parent, key });
    for (const below of this.tree.below(entry)) this.#follow(below, from, { dn: projected.dn, key });
  }

  #rename(entry: StoredEntry, names: { parent: StoredEntry | null; key: string }): void {
    this.leftOut.wake(nameKey(entry.key));
    this.tree.rename(entry, names);
    this.groups.renamed(entry);
  }

  /** Renames an entry whose superior went from one DN to another. */
  #follow(entry: StoredEntry, from: { dn: string; key: string }, to: { dn: string; key: string }): void {
    const { schema } = this.#options;
    const dn = `${entry.dn.slice(0, entry.dn.length - from.dn.length)}${to.dn}`;
    const key = `${entry.key.slice(0, entry.key.length - from.key.length)}${to.key}`;
    this.#rename(entry, { parent: entry.parent, key });
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
    this.leftOut.wake(nameKey(entry.key));
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
      this.leftOut.wake(loginKey(held.uid));
      this.#changedAccounts?.add(held.uuid);
    }
    if (account === null) return;
    this.accounts.add(account, entry);
    this.#changedAccounts?.add(account.uuid);
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
