// The directory information tree: entries by id, by normal DN and by (kind, uuid), and the ids below each. An entry keeps
// its id wherever it moves; ids are never given twice.
import type { ObjectKind } from '../directory/access.ts';
import type { SearchScope } from '../x500/read_model.ts';
import { IdTable } from './id_table.ts';
import { emptySet, type IdSet, Postings, SingleId } from './postings.ts';
import type { StoredEntry } from './stored_entry.ts';

export class Tree {
  readonly #entries: (StoredEntry | undefined)[] = [];
  readonly #keys = new IdTable();
  readonly #uuids: Record<ObjectKind, IdTable> = {
    suffix: new IdTable(),
    container: new IdTable(),
    organisation: new IdTable(),
    unit: new IdTable(),
    post: new IdTable(),
    person: new IdTable(),
    group: new IdTable(),
    system: new IdTable(),
    authority: new IdTable(),
  };
  #size = 0;

  get size(): number {
    return this.#size;
  }

  byId(id: number): StoredEntry | undefined {
    return this.#entries[id];
  }

  byKey(key: string): StoredEntry | undefined {
    return this.#entries[this.#keys.get(key)];
  }

  byUuid(kind: ObjectKind, uuid: string): StoredEntry | undefined {
    return this.#entries[this.#uuids[kind].get(uuid)];
  }

  keyAt(slot: number): string {
    return this.#keys.nameAt(slot);
  }

  uuidAt(kind: ObjectKind, slot: number): string {
    return this.#uuids[kind].nameAt(slot);
  }

  *entries(): Generator<StoredEntry> {
    for (const entry of this.#entries) if (entry !== undefined) yield entry;
  }

  /** Takes in an entry below its parent. The key must be free. */
  add(entry: StoredEntry, names: { parent: StoredEntry | null; key: string; uuid: string }): void {
    while (this.#entries.length < entry.id) this.#entries.push(undefined);
    this.#entries[entry.id] = entry;
    this.#size++;
    entry.keySlot = this.#keys.set(names.key, entry.id);
    entry.uuidSlot = this.#uuids[entry.kind].set(names.uuid, entry.id);
    this.#attach(entry, names.parent);
  }

  /** Gives an entry another key or parent. The entries below keep theirs: the caller renames them in turn. */
  rename(entry: StoredEntry, names: { parent: StoredEntry | null; key: string }): void {
    const key = entry.key;
    if (key !== names.key) {
      entry.keySlot = this.#keys.set(names.key, entry.id);
      this.#keys.delete(key, entry.id);
    }
    if (entry.parent !== names.parent) {
      this.#detach(entry);
      this.#attach(entry, names.parent);
    }
  }

  /** Forgets an entry that has nothing below it. */
  remove(entry: StoredEntry): void {
    if (entry.subordinates !== null) throw new RangeError(`${entry.dn} still has entries below it`);
    const { key, uuid } = entry;
    entry.departed = { key, uuid };
    this.#keys.delete(key, entry.id);
    this.#uuids[entry.kind].delete(uuid, entry.id);
    this.#entries[entry.id] = undefined;
    this.#size--;
    this.#detach(entry);
  }

  /** The entries below, at any depth, parents first. */
  below(entry: StoredEntry): StoredEntry[] {
    const found: StoredEntry[] = [];
    const walk = (parent: StoredEntry): void => {
      for (const id of parent.subordinates?.children.view() ?? []) {
        const child = this.#entries[id];
        if (child === undefined) continue;
        found.push(child);
        walk(child);
      }
    };
    walk(entry);
    return found;
  }

  /** The ids in scope. A small subtree with several levels is gathered; a large one is everything, to be asked. */
  inScope(base: StoredEntry, scope: SearchScope): IdSet {
    if (scope === 'base') return new SingleId(base.id);
    const below = base.subordinates;
    if (below === null) return scope === 'subtree' ? new SingleId(base.id) : emptySet;
    if (scope === 'one') return below.children;
    return new Subtree(this, base, scope === 'subtree');
  }

  #attach(entry: StoredEntry, parent: StoredEntry | null): void {
    entry.parent = parent;
    if (parent === null) return;
    parent.subordinates ??= { children: new Postings(), descendants: 0 };
    parent.subordinates.children.add(entry.id);
    this.#count(parent, 1 + (entry.subordinates?.descendants ?? 0));
  }

  #detach(entry: StoredEntry): void {
    const { parent } = entry;
    if (parent === null) return;
    parent.subordinates?.children.remove(entry.id);
    this.#count(parent, -1 - (entry.subordinates?.descendants ?? 0));
    if (parent.subordinates?.children.size === 0) parent.subordinates = null;
    entry.parent = null;
  }

  #count(from: StoredEntry, difference: number): void {
    for (let at: StoredEntry | null = from; at !== null; at = at.parent) {
      if (at.subordinates !== null) at.subordinates.descendants += difference;
    }
  }

  /** The smallest id in use above `after`; -1 when there is none. */
  nextId(after: number): number {
    for (let id = after + 1; id < this.#entries.length; id++) if (this.#entries[id] !== undefined) return id;
    return -1;
  }
}

/** Below this share of the tree a subtree is gathered rather than looked for among all ids. */
const smallShare = 16;

/** The ids of one subtree. */
class Subtree implements IdSet {
  readonly estimate: number;
  readonly #tree: Tree;
  readonly #base: StoredEntry;
  readonly #withBase: boolean;
  #gathered: IdSet | null = null;
  #started = false;

  constructor(tree: Tree, base: StoredEntry, withBase: boolean) {
    this.#tree = tree;
    this.#base = base;
    this.#withBase = withBase;
    this.estimate = (base.subordinates?.descendants ?? 0) + (withBase ? 1 : 0);
  }

  has(id: number): boolean {
    const entry = this.#tree.byId(id);
    if (entry === undefined) return false;
    return entry === this.#base ? this.#withBase : entry.isWithin(this.#base);
  }

  nextAfter(after: number): number {
    this.#start();
    if (this.#gathered !== null) return this.#gathered.nextAfter(after);
    let next = this.#tree.nextId(after);
    while (next >= 0 && !this.has(next)) next = this.#tree.nextId(next);
    return next;
  }

  #start(): void {
    if (this.#started) return;
    this.#started = true;
    const children = this.#base.subordinates?.children;
    if (children === undefined || this.estimate * smallShare >= this.#tree.size) return;
    const ids = this.#tree.below(this.#base).map((entry) => entry.id);
    if (this.#withBase) ids.push(this.#base.id);
    this.#gathered = Postings.of(Int32Array.from(ids));
  }
}
