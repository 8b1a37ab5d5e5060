// An entry of the replica. Its octets (DN, attributes, account) lie in a slab; its names lie in the tree's tables; the
// object itself is a handful of numbers and references, so that 200,000 of them stay small.
import type { ObjectKind } from '../directory/access.ts';
import type { Standing } from '../directory/lifecycle.ts';
import type { Entry, Layout } from '../x500/entry.ts';
import { Postings } from './postings.ts';
import type { Slab } from './slab.ts';

/** What entries ask of the image they belong to. */
export interface EntryHost {
  keyAt(slot: number): string;
  uuidAt(kind: ObjectKind, slot: number): string;
  /** The attributes as they lie in the slab. */
  unpack(entry: StoredEntry): Buffer;
  /** Brings the lazily encoded attributes of the entry up to date. */
  render(entry: StoredEntry): void;
}

/** Below an entry: its children, and how many entries there are at any depth. */
export interface Subordinates {
  readonly children: Postings;
  descendants: number;
}

/** Keys of the entries that attributes name, value by value, by description; null for a value that names nothing here. */
export type NamedKeys = ReadonlyMap<string, readonly (string | null)[]>;

/** Stands for the slots an entry has before the tree gives it some. */
const noSlot = -1;

export class StoredEntry implements Entry {
  readonly id: number;
  readonly kind: ObjectKind;
  parent: StoredEntry | null = null;
  organisation: string | null = null;
  standing: Standing = 'in_service';
  keySlot = noSlot;
  uuidSlot = noSlot;

  slab: Slab;
  /** The DN starts here, the packed attributes follow, then the account. */
  start = 0;
  dnLength = 0;
  packedLength = 0;
  /** Of the attributes when they are unpacked. */
  wireLength = 0;
  accountLength = 0;
  /** The attributes that projection gave come first in `wire`; lazily encoded ones follow. */
  projectedLength = 0;
  projected: Layout;
  rendered: Layout;
  /** False: `render` must run before attributes are read. */
  fresh = true;
  /** Found by entry_views.ts; null until somebody asks after the entry was written. */
  named: NamedKeys | null = null;
  /** Attributes of an entry that changes too often to be kept in a slab (groups, containers). */
  apart: Buffer | null = null;

  subordinates: Subordinates | null = null;
  /** Its last names, once it has left the tree: a reader may still hold it. */
  departed: { readonly key: string; readonly uuid: string } | null = null;
  /** Groups it is a direct member of. */
  memberships: Group[] = noGroups;
  readonly #host: EntryHost;

  constructor(host: EntryHost, id: number, kind: ObjectKind, layout: Layout, slab: Slab) {
    this.#host = host;
    this.id = id;
    this.kind = kind;
    this.projected = layout;
    this.rendered = layout;
    this.slab = slab;
  }

  get uuid(): string {
    return this.departed?.uuid ?? this.#host.uuidAt(this.kind, this.uuidSlot);
  }

  get key(): string {
    return this.departed?.key ?? this.#host.keyAt(this.keySlot);
  }

  get dn(): string {
    return this.slab.octets.toString('utf8', this.start, this.start + this.dnLength);
  }

  get dnOctets(): Buffer {
    return this.slab.octets.subarray(this.start, this.start + this.dnLength);
  }

  get layout(): Layout {
    if (!this.fresh) this.#host.render(this);
    return this.rendered;
  }

  wire(): Buffer {
    if (!this.fresh) this.#host.render(this);
    if (this.apart !== null) return this.apart;
    return this.#host.unpack(this);
  }

  /** The attributes as projected, without the lazily encoded ones: what the indexes are kept by. */
  projectedWire(): Buffer {
    return this.#host.unpack(this).subarray(0, this.projectedLength);
  }

  /** The account that comes with the entry, as accounts.ts wrote it; empty when there is none. */
  accountOctets(): Buffer {
    const start = this.start + this.dnLength + this.packedLength;
    return this.slab.octets.subarray(start, start + this.accountLength);
  }

  /** Octets it occupies in its slab. */
  get size(): number {
    return this.dnLength + this.packedLength + this.accountLength;
  }

  /** True when `base` is this entry or above it. */
  isWithin(base: StoredEntry): boolean {
    for (let at: StoredEntry | null = this; at !== null; at = at.parent) if (at === base) return true;
    return false;
  }
}

/** Shared by all who are in none: replaced, never added to. */
const noGroups: Group[] = [];

/** A group, beside the entry that shows it (groups.ts keeps it). Here because entries and groups refer to each other. */
export class Group {
  readonly entry: StoredEntry;
  readonly uuid: string;
  /** Ids of the published direct members, people and groups. */
  readonly members = new Postings();
  /** Those of the members that are groups. */
  readonly subgroups = new Set<Group>();
  /** Whether its members follow a rule. */
  byRule = false;
  /** uuids of members that are not published now. */
  readonly absent = new Set<string>();

  constructor(entry: StoredEntry, uuid: string) {
    this.entry = entry;
    this.uuid = uuid;
  }
}
