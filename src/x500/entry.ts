// An entry as the replica holds it: already BER encoded for the wire (RFC 4511 4.5.2 PartialAttributeList), with just
// enough beside it to filter, select and page. A Layout says which descriptions the octets hold, in order, and is shared
// by all entries that hold the same ones.
import type { ObjectKind } from '../directory/access.ts';
import type { Standing } from '../directory/lifecycle.ts';
import type { AttributeDescription, Schema } from './schema.ts';

export interface Layout {
  readonly index: number; // dense, from 0
  /** User attributes first, then operational ones. */
  readonly descriptions: readonly AttributeDescription[];
  readonly userAttributes: number; // how many of `descriptions` are user attributes
}

export interface Entry {
  /** Dense and ascending in order of first publication; never reused while the process lives. */
  readonly id: number;
  readonly parent: Entry | null;
  readonly uuid: string;
  readonly kind: ObjectKind;
  /** uuid of the organisation it belongs to, for population filters; null for what belongs to none. */
  readonly organisation: string | null;
  /** Of a person; whatever else is published is in service. */
  readonly standing: Standing;
  readonly dn: string;
  readonly dnOctets: Buffer;
  /** Normal form of the DN: equal keys, same entry. */
  readonly key: string;
  readonly layout: Layout;
  /** PartialAttribute TLVs in layout order, concatenated. Built at the first call for entries that change much. */
  wire(): Buffer;
}

/** An entry with other attributes than its own, or with its own unpacked once. What else it is, it is asked itself. */
export class EntryWith implements Entry {
  readonly id: number;
  readonly layout: Layout;
  readonly #entry: Entry;
  readonly #wire: Buffer;

  constructor(entry: Entry, { layout, wire }: { layout: Layout; wire: Buffer }) {
    this.id = entry.id;
    this.layout = layout;
    this.#entry = entry;
    this.#wire = wire;
  }

  get parent(): Entry | null {
    return this.#entry.parent;
  }

  get uuid(): string {
    return this.#entry.uuid;
  }

  get kind(): ObjectKind {
    return this.#entry.kind;
  }

  get organisation(): string | null {
    return this.#entry.organisation;
  }

  get standing(): Standing {
    return this.#entry.standing;
  }

  get dn(): string {
    return this.#entry.dn;
  }

  get dnOctets(): Buffer {
    return this.#entry.dnOctets;
  }

  get key(): string {
    return this.#entry.key;
  }

  wire(): Buffer {
    return this.#wire;
  }
}

/** One attribute as projection gives it: description and values, text as string. */
export interface AttributeValues {
  description: string;
  values: readonly (string | Buffer)[];
}

/** Reads a BER length at `at`; returns where the content starts and ends. The octets are our own: always well formed. */
function content(octets: Buffer, at: number): { start: number; end: number } {
  const first = octets[at + 1] ?? 0;
  if (first < 0x80) return { start: at + 2, end: at + 2 + first };
  const size = first & 0x7f;
  const start = at + 2 + size;
  return { start, end: start + octets.readUIntBE(at + 2, size) };
}

/** Where the PartialAttribute at `position` of the layout lies in `wire`. */
export function attributeRange(wire: Buffer, position: number): { start: number; end: number } {
  let start = 0;
  for (let skipped = 0; skipped < position; skipped++) start = content(wire, start).end;
  return { start, end: content(wire, start).end };
}

/** The values of one PartialAttribute that starts at `at` of `wire`, as views. */
export function attributeValues(wire: Buffer, at: number): Buffer[] {
  const attribute = content(wire, at);
  const type = content(wire, attribute.start);
  const set = content(wire, type.end);
  const values: Buffer[] = [];
  for (let next = set.start; next < set.end; ) {
    const value = content(wire, next);
    values.push(wire.subarray(value.start, value.end));
    next = value.end;
  }
  return values;
}

/** Every attribute of an entry with its values, in layout order. */
export function* attributesOf(
  entry: Entry,
): Generator<{ description: AttributeDescription; values: Buffer[] }> {
  const wire = entry.wire();
  let at = 0;
  for (const description of entry.layout.descriptions) {
    yield { description, values: attributeValues(wire, at) };
    at = content(wire, at).end;
  }
}

/** Values of the exactly named description (no subtypes, no further options) as text; empty when absent. */
export function textValues(schema: Schema, entry: Entry, description: string): string[] {
  return binaryValues(schema, entry, description).map((value) => value.toString('utf8'));
}

/** As textValues, as octets. */
export function binaryValues(schema: Schema, entry: Entry, description: string): Buffer[] {
  const described = schema.describe(description);
  const position = described === undefined ? -1 : entry.layout.descriptions.indexOf(described);
  if (position < 0) return [];
  const wire = entry.wire();
  return attributeValues(wire, attributeRange(wire, position).start);
}
