// Where entries' octets lie: DN, packed attributes and account of each, one after the other in a slab.
import type { Layout } from '../x500/entry.ts';
import { Packing } from './packing.ts';
import { Slabs } from './slab.ts';
import type { StoredEntry } from './stored_entry.ts';

export interface EntryOctets {
  readonly dn: Buffer;
  /** PartialAttributes in the order of `layout`. */
  readonly wire: Buffer;
  readonly layout: Layout;
  readonly account: Buffer;
}

export class EntryStore {
  readonly slabs = new Slabs();
  readonly #packing = new Packing();
  /** What was unpacked last: filters and answers read one entry several times in a row. */
  #unpacked: { entry: StoredEntry; wire: Buffer } | null = null;

  /** Writes the entry's octets anew. Those handed in may lie in its old room. */
  write(entry: StoredEntry, { dn, wire, layout, account }: EntryOctets): void {
    const packed = this.#packing.pack(layout, wire);
    this.#drop(entry);
    this.#settle(entry, [dn, packed, account], dn.length + packed.length + account.length);
    entry.dnLength = dn.length;
    entry.packedLength = packed.length;
    entry.wireLength = wire.length;
    entry.accountLength = account.length;
    entry.named = null;
  }

  /** The attributes as they were written. */
  read(entry: StoredEntry): Buffer {
    if (this.#unpacked?.entry === entry) return this.#unpacked.wire;
    const wire = this.#packing.unpack(entry.slab.octets, entry.start + entry.dnLength, entry.wireLength);
    this.#unpacked = { entry, wire };
    return wire;
  }

  /** The entry leaves. A reader that still holds it can go on reading: `apart` was set before. */
  release(entry: StoredEntry): void {
    this.#drop(entry);
    this.slabs.release(entry.slab, entry.size);
  }

  /** Moves the last tenants out of slabs that are mostly free. */
  tidy(entries: () => Iterable<StoredEntry>): void {
    const sparse = this.slabs.takeSparse();
    if (sparse === null) return;
    for (const entry of entries()) {
      const { slab, start, size } = entry;
      if (sparse.has(slab)) this.#settle(entry, [slab.octets.subarray(start, start + size)], size);
    }
  }

  /** How many different pieces entries share. */
  get sharedPieces(): number {
    return this.#packing.sharedPieces;
  }

  #drop(entry: StoredEntry): void {
    if (entry.size > 0) this.#packing.drop(entry.slab.octets, entry.start + entry.dnLength);
    this.#unpacked = null;
  }

  /** Gives the entry new room for these octets, and its old room back. */
  #settle(entry: StoredEntry, parts: readonly Buffer[], size: number): void {
    const slab = this.slabs.reserve(size);
    const start = this.slabs.take(slab, size);
    let at = start;
    for (const part of parts) {
      slab.octets.set(part, at);
      at += part.length;
    }
    this.slabs.release(entry.slab, entry.size);
    entry.slab = slab;
    entry.start = start;
  }
}
