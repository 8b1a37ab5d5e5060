// How attributes lie in a slab: what many entries have in common (classes, organisation, states) is kept once and referred
// to, what is an entry's own stands inline. Halves the memory of an officer's entry; putting it together again for the
// wire copies some ten pieces.
import type { Layout } from '../x500/entry.ts';
import { elementEnd } from '../x500/wire_walk.ts';

/** Attributes whose values repeat from entry to entry, with all their options. */
const repeating: ReadonlySet<string> = new Set([
  'objectClass',
  'structuralObjectClass',
  'o',
  'ou',
  'departmentNumber',
  'employeeType',
  'preferredLanguage',
  'bauhiniaOrganisationCode',
  'bauhiniaOrganisationUuid',
  'bauhiniaOrganisationKind',
  'bauhiniaRank',
  'bauhiniaRequiredClearance',
  'bauhiniaPostKind',
  'bauhiniaEmploymentCategory',
  'bauhiniaClearance',
  'bauhiniaAccountState',
  'bauhiniaAccountKind',
  'subschemaSubentry',
  'memberOf',
  'hasSubordinates',
  'numSubordinates',
]);

/** Neighbouring attributes of a layout that are kept alike. */
interface Stretch {
  readonly attributes: number;
  readonly shared: boolean;
}

/** In place of a length: the piece is shared, and this is its number. */
const sharedMark = 0x80000000;

/** Pieces of octets, each kept once for all that use it. */
class SharedPieces {
  readonly #numbers = new Map<string, number>();
  readonly #pieces: (Buffer | undefined)[] = [];
  readonly #uses: number[] = [];
  readonly #free: number[] = [];

  use(octets: Buffer): number {
    const text = octets.toString('latin1');
    let number = this.#numbers.get(text);
    if (number === undefined) {
      number = this.#free.pop() ?? this.#pieces.length;
      this.#numbers.set(text, number);
      this.#pieces[number] = Buffer.from(octets);
      this.#uses[number] = 0;
    }
    this.#uses[number] = (this.#uses[number] ?? 0) + 1;
    return number;
  }

  drop(number: number): void {
    const left = (this.#uses[number] ?? 0) - 1;
    this.#uses[number] = left;
    const octets = this.#pieces[number];
    if (left > 0 || octets === undefined) return;
    this.#numbers.delete(octets.toString('latin1'));
    this.#pieces[number] = undefined;
    this.#free.push(number);
  }

  at(number: number): Buffer {
    const octets = this.#pieces[number];
    if (octets === undefined) throw new RangeError(`no shared octets under ${number}`);
    return octets;
  }

  get count(): number {
    return this.#numbers.size;
  }
}

/**
 * Packed attributes: the number of pieces, then for each its length or its number among the shared ones (32 bits each),
 * then the pieces that are not shared.
 */
export class Packing {
  readonly #shared = new SharedPieces();
  readonly #stretches: (readonly Stretch[])[] = [];
  #scratch = Buffer.allocUnsafeSlow(8_192);

  /** Packs PartialAttributes of this layout. The octets are valid until the next call. */
  pack(layout: Layout, wire: Buffer): Buffer {
    const stretches = this.#stretchesOf(layout);
    const header = 4 + stretches.length * 4;
    if (this.#scratch.length < header + wire.length) {
      this.#scratch = Buffer.allocUnsafeSlow((header + wire.length) * 2);
    }
    const packed = this.#scratch;
    packed.writeUInt32LE(stretches.length, 0);
    let at = 4;
    let used = header;
    let start = 0;
    for (const { attributes, shared } of stretches) {
      let end = start;
      for (let passed = 0; passed < attributes; passed++) end = elementEnd(wire, end);
      if (shared) {
        packed.writeUInt32LE(this.#shared.use(wire.subarray(start, end)) + sharedMark, at);
      } else {
        packed.writeUInt32LE(end - start, at);
        used += wire.copy(packed, used, start, end);
      }
      at += 4;
      start = end;
    }
    return packed.subarray(0, used);
  }

  /** The PartialAttributes, `length` octets in all, of what was packed at `start`. */
  unpack(octets: Buffer, start: number, length: number): Buffer {
    const wire = Buffer.allocUnsafe(length);
    const pieces = octets.readUInt32LE(start);
    let at = start + 4;
    let inline = at + pieces * 4;
    let used = 0;
    for (let piece = 0; piece < pieces; piece++, at += 4) {
      const number = octets.readUInt32LE(at);
      if (number >= sharedMark) {
        const shared = this.#shared.at(number - sharedMark);
        wire.set(shared, used);
        used += shared.length;
      } else {
        octets.copy(wire, used, inline, inline + number);
        inline += number;
        used += number;
      }
    }
    return wire;
  }

  /** Says that what was packed at `start` is not used any more. */
  drop(octets: Buffer, start: number): void {
    const pieces = octets.readUInt32LE(start);
    for (let piece = 0; piece < pieces; piece++) {
      const number = octets.readUInt32LE(start + 4 + piece * 4);
      if (number >= sharedMark) this.#shared.drop(number - sharedMark);
    }
  }

  /** How many different pieces are shared. */
  get sharedPieces(): number {
    return this.#shared.count;
  }

  #stretchesOf(layout: Layout): readonly Stretch[] {
    const known = this.#stretches[layout.index];
    if (known !== undefined) return known;
    const stretches: Stretch[] = [];
    for (const { type } of layout.descriptions) {
      const shared = repeating.has(type.name);
      const last = stretches.at(-1);
      if (last?.shared === shared) {
        stretches[stretches.length - 1] = { attributes: last.attributes + 1, shared };
      } else {
        stretches.push({ attributes: 1, shared });
      }
    }
    this.#stretches[layout.index] = stretches;
    return stretches;
  }
}
