// All indexes of the replica. Which attributes are indexed, and how, is one table; what else is looked up by name (DN,
// uuid, membership, presence) is answered by the tree, the groups and the layouts, and kept nowhere twice.
import type { Layout } from '../x500/entry.ts';
import type { AttributeType, Schema } from '../x500/schema.ts';
import { AttributeIndex, type IndexMode } from './attribute_index.ts';
import { type IdSet, Postings, unite } from './postings.ts';

/** Attribute types (language tags and other options included) by what clients ask of them. */
export const indexedAttributes = {
  uid: 'substrings',
  mail: 'substrings',
  cn: 'substrings',
  sn: 'substrings',
  givenName: 'substrings',
  displayName: 'substrings',
  telephoneNumber: 'substrings',
  title: 'substrings',
  employeeNumber: 'substrings',
  objectClass: 'equality',
  departmentNumber: 'equality',
  ou: 'equality',
  o: 'equality',
  gidNumber: 'equality',
  uidNumber: 'equality',
  roleOccupant: 'equality',
  userCertificate: 'digest',
  createTimestamp: 'ordering',
  modifyTimestamp: 'ordering',
} satisfies Record<string, IndexMode>;

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

  /** Entries that hold any of these types, as far as projection gave it to them. */
  present(holds: (layout: Layout) => boolean): IdSet {
    const sets: IdSet[] = [];
    for (const known of this.#layouts) {
      if (known !== undefined && known.ids.size > 0 && holds(known.layout)) sets.push(known.ids);
    }
    return unite(sets);
  }

  insert(id: number, entry: Indexable): void {
    this.#ofLayout(entry.layout).add(id);
    this.#eachKey(entry, (index, key) => index.add(key, id));
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

  /** Walks the PartialAttributes once and gives each value of an indexed one in normal form. */
  #eachKey({ layout, wire }: Indexable, take: (index: AttributeIndex, key: string) => void): void {
    let start = 0;
    for (const index of this.#positionsOf(layout)) {
      const attribute = content(wire, start);
      start = attribute + lengthAt(wire, start);
      if (index === null) continue;
      const type = content(wire, attribute);
      const set = type + lengthAt(wire, attribute);
      let next = content(wire, set);
      const end = next + lengthAt(wire, set);
      while (next < end) {
        const value = content(wire, next);
        const length = lengthAt(wire, next);
        const key = index.keyOf(wire.subarray(value, value + length));
        if (key !== null) take(index, key);
        next = value + length;
      }
    }
  }
}

/** Where the content of the TLV at `start` starts. The octets are our own encoding: always well formed. */
function content(octets: Buffer, start: number): number {
  const first = octets[start + 1] ?? 0;
  return start + 2 + (first < 0x80 ? 0 : first & 0x7f);
}

/** Length of the content of the TLV at `start`. */
function lengthAt(octets: Buffer, start: number): number {
  const first = octets[start + 1] ?? 0;
  return first < 0x80 ? first : octets.readUIntBE(start + 2, first & 0x7f);
}
