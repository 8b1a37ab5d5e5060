// All indexes of the replica. Which attributes are indexed, and how, is one table; what else is looked up by name (DN,
// uuid, membership, presence) is answered by the tree, the groups and the layouts, and kept nowhere twice.
import type { Layout } from '../x500/entry.ts';
import type { AttributeType, Schema } from '../x500/schema.ts';
import { elementEnd, someValue } from '../x500/wire_walk.ts';
import { AttributeIndex, type IndexMode } from './attribute_index.ts';
import { type IdSet, Postings, unite } from './postings.ts';

/** Attribute types (language tags and other options included) by what clients ask of them. */
const indexedAttributes = {
  uid: 'substrings',
  mail: 'substrings',
  cn: 'substrings',
  sn: 'substrings',
  givenName: 'substrings',
  displayName: 'substrings',
  telephoneNumber: 'substrings',
  title: 'substrings',
  employeeNumber: 'equality',
  objectClass: 'equality',
  departmentNumber: 'equality',
  ou: 'equality',
  o: 'equality',
  gidNumber: 'equality',
  uidNumber: 'equality',
  roleOccupant: 'equality',
  userCertificate: 'digest',
  modifyTimestamp: 'ordering',
} satisfies Record<string, IndexMode>;

/** Those of them whose values many entries share. */
const repeated: ReadonlySet<string> = new Set([
  'objectClass',
  'o',
  'ou',
  'departmentNumber',
  'sn',
  'givenName',
  'title',
]);
const mostRemembered = 4_096;

/** The indexes that one layout's attributes belong to, by position; null where there is none. */
type IndexedPositions = readonly (AttributeIndex | null)[];

/** Attributes of an entry as the indexes see them: its layout and its octets. */
export interface Indexable {
  readonly layout: Layout;
  readonly wire: Buffer;
}

export class Indexes {
  readonly #byType = new Map<AttributeType, AttributeIndex>();
  readonly #positions: IndexedPositions[] = [];
  /** Entries by layout: what `(mail=*)` is answered from. */
  readonly #layouts: ({ layout: Layout; ids: Postings } | undefined)[] = [];

  readonly #remembered = new Map<
    AttributeIndex,
    { closures: number; slots: Map<string, readonly number[]> }
  >();

  constructor(schema: Schema) {
    for (const [name, mode] of Object.entries(indexedAttributes)) {
      const type = schema.attributeType(name);
      if (type === undefined) continue; // a schema without it has no values of it either
      this.#byType.set(type, new AttributeIndex(type, mode));
    }
  }

  of(type: AttributeType): AttributeIndex | undefined {
    return this.#byType.get(type);
  }

  /** Entries whose layout is one of these, as far as projection gave it to them; null when scanning them is as good. */
  present(holds: (layout: Layout) => boolean): IdSet | null {
    const sets: IdSet[] = [];
    for (const known of this.#layouts) {
      if (known !== undefined && known.ids.size > 0 && holds(known.layout)) sets.push(known.ids);
    }
    return unite(sets);
  }

  /** True when an entry has a value of exactly this type. */
  holds(type: AttributeType): boolean {
    return this.#layouts.some(
      (known) =>
        known !== undefined &&
        known.ids.size > 0 &&
        known.layout.descriptions.some((description) => description.type === type),
    );
  }

  insert(id: number, entry: Indexable): void {
    this.#ofLayout(entry.layout).add(id);
    const { wire } = entry;
    let start = 0;
    for (const index of this.#positionsOf(entry.layout)) {
      const end = elementEnd(wire, start);
      if (index !== null) {
        if (repeated.has(index.type.name)) this.#insertRepeated(index, id, wire, start, end);
        else eachValue(wire, start, (value) => addValue(index, value, id));
      }
      start = end;
    }
  }

  remove(id: number, entry: Indexable): void {
    this.#ofLayout(entry.layout).remove(id);
    this.#eachKey(entry, (index, key) => index.remove(key, id));
  }

  /** Takes out the keys that are gone and puts in the new ones; what stayed is not touched. */
  update(id: number, before: Indexable, after: Indexable): void {
    if (before.layout !== after.layout) {
      this.#ofLayout(before.layout).remove(id);
      this.#ofLayout(after.layout).add(id);
    } else if (before.wire.equals(after.wire)) {
      return;
    }
    const old = this.#keys(before);
    const fresh = this.#keys(after);
    for (const [index, keys] of old) {
      const kept = fresh.get(index);
      for (const key of keys) if (kept?.has(key) !== true) index.remove(key, id);
    }
    for (const [index, keys] of fresh) {
      const held = old.get(index);
      for (const key of keys) if (held?.has(key) !== true) index.add(key, id);
    }
  }

  /** How many keys there are in all indexes. */
  get keys(): number {
    return [...this.#byType.values()].reduce((sum, index) => sum + index.size, 0);
  }

  #keys(entry: Indexable): Map<AttributeIndex, Set<string>> {
    const keys = new Map<AttributeIndex, Set<string>>();
    this.#eachKey(entry, (index, key) => {
      const known = keys.get(index);
      if (known === undefined) keys.set(index, new Set([key]));
      else known.add(key);
    });
    return keys;
  }

  #ofLayout(layout: Layout): Postings {
    const known = this.#layouts[layout.index];
    if (known !== undefined) return known.ids;
    const ids = new Postings();
    this.#layouts[layout.index] = { layout, ids };
    return ids;
  }

  #positionsOf(layout: Layout): IndexedPositions {
    const known = this.#positions[layout.index];
    if (known !== undefined) return known;
    const positions = layout.descriptions.map(({ type }) => this.#byType.get(type) ?? null);
    this.#positions[layout.index] = positions;
    return positions;
  }

  /** Values that whole departments share are normalised once: what was done for the same octets is done again. */
  #insertRepeated(index: AttributeIndex, id: number, wire: Buffer, start: number, end: number): void {
    let memory = this.#remembered.get(index);
    if (memory === undefined || memory.closures !== index.closures || memory.slots.size >= mostRemembered) {
      memory = { closures: index.closures, slots: new Map() };
      this.#remembered.set(index, memory);
    }
    const text = wire.toString('latin1', start, end);
    const known = memory.slots.get(text);
    if (known !== undefined) {
      for (const slot of known) index.addAt(slot, id);
      return;
    }
    const slots: number[] = [];
    eachValue(wire, start, (value) => {
      const slot = addValue(index, value, id);
      if (slot >= 0) slots.push(slot);
    });
    memory.slots.set(text, slots);
  }

  #eachKey({ layout, wire }: Indexable, take: (index: AttributeIndex, key: string) => void): void {
    let start = 0;
    for (const index of this.#positionsOf(layout)) {
      if (index !== null) {
        eachValue(wire, start, (value) => {
          const key = index.keyOf(value);
          if (key !== null) take(index, key);
        });
      }
      start = elementEnd(wire, start);
    }
  }
}

/** The slot under which the value stands now; -1 for one that conforms to no syntax and so matches nothing. */
function addValue(index: AttributeIndex, value: Buffer, id: number): number {
  const key = index.keyOf(value);
  return key === null ? -1 : index.add(key, id);
}

function eachValue(wire: Buffer, start: number, take: (value: Buffer) => void): void {
  someValue(wire, start, (from, to) => {
    take(wire.subarray(from, to));
    return false;
  });
}
