// The index of one attribute type, all its options and values: equality, and where asked for ordering and substrings.
// Keys are normal forms. Of an attribute with a substrings index they are the normal form of its substrings rule, from
// which the one of its equality rule differs only in the writing of spaces (RFC 4518 2.6.1).
import { createHash } from 'node:crypto';
import type { Filter } from '../x500/filter.ts';
import type { AttributeType, MatchingRule } from '../x500/schema.ts';
import type { Effort } from './effort.ts';
import { KeyTable } from './key_table.ts';
import { emptySet, type IdSet, Postings, SingleId, unite } from './postings.ts';
import { Signatures } from './signatures.ts';

export type SubstringsFilter = Extract<Filter, { kind: 'substrings' }>;

/** `digest`: equality of values too long to keep, by their hash. */
export type IndexMode = 'equality' | 'digest' | 'ordering' | 'substrings';

/** Beyond this many keys an index says nothing worth the work: then candidates are dense and a scan finds them. */
const mostKeys = 16_384;

/** True when a value in normal form has the parts in order, none overlapping (RFC 4511 4.5.1.7.2). */
function hasParts(value: string, filter: SubstringsFilter): boolean {
  let from = 0;
  if (filter.initial !== null) {
    if (!value.startsWith(filter.initial)) return false;
    from = filter.initial.length;
  }
  for (const part of filter.any) {
    const at = value.indexOf(part, from);
    if (at < 0) return false;
    from = at + part.length;
  }
  return (
    filter.final === null || (value.length - filter.final.length >= from && value.endsWith(filter.final))
  );
}

export class AttributeIndex {
  readonly type: AttributeType;
  readonly mode: IndexMode;
  /** How many keys have gone: a slot remembered since then may be another key's. */
  closures = 0;
  readonly #rule: MatchingRule;
  readonly #keys = new KeyTable();
  /** By slot: an id, or -1 - n for the set `#sets[n]`. */
  #ids = new Int32Array(16);
  readonly #sets: (Postings | undefined)[] = [];
  readonly #freeSets: number[] = [];
  readonly #signatures: Signatures | null;
  /** Slots in order of their keys, made when first asked for and kept in order from then on. */
  #order: number[] | null = null;

  constructor(type: AttributeType, mode: IndexMode) {
    const rule = mode === 'substrings' ? type.substrings : type.equality;
    if (rule === null || type.equality === null || (mode === 'ordering' && type.ordering === null)) {
      throw new RangeError(`${type.name} has no matching rule for a ${mode} index`);
    }
    this.type = type;
    this.mode = mode;
    this.#rule = rule;
    this.#signatures = mode === 'substrings' ? new Signatures() : null;
  }

  /** How many different values there are. */
  get size(): number {
    return this.#keys.size;
  }

  /** The key of a stored value; null when it does not conform and so matches nothing. */
  keyOf(value: Buffer): string | null {
    const normal = this.#rule.normalise(value);
    return normal === null || this.mode !== 'digest' ? normal : digest(normal);
  }

  /** Returns the key's slot, which stays the key's while `closures` stays the same. */
  add(key: string, id: number): number {
    const known = this.#keys.size;
    const slot = this.#keys.add(key);
    if (this.#keys.size !== known) this.#open(slot, key, id);
    else this.addAt(slot, id);
    return slot;
  }

  /** As `add`, for a key whose slot is known. */
  addAt(slot: number, id: number): void {
    const held = this.#ids[slot] ?? 0;
    if (held < 0) {
      this.#sets[-1 - held]?.add(id);
    } else if (held !== id) {
      const set = new Postings();
      set.add(held);
      set.add(id);
      const place = this.#freeSets.pop() ?? this.#sets.length;
      this.#sets[place] = set;
      this.#ids[slot] = -1 - place;
    }
  }

  remove(key: string, id: number): void {
    const slot = this.#keys.slotOf(key);
    if (slot < 0) return;
    const held = this.#ids[slot] ?? 0;
    if (held >= 0) {
      if (held === id) this.#close(slot, key);
      return;
    }
    const set = this.#sets[-1 - held];
    if (set === undefined) return;
    set.remove(id);
    if (set.size > 0) return;
    this.#sets[-1 - held] = undefined;
    this.#freeSets.push(-1 - held);
    this.#close(slot, key);
  }

  /** Entries with a value whose equality normal form this is. */
  equal(normal: string): IdSet {
    const key = this.#assertionKey(normal);
    const slot = key === null ? -1 : this.#keys.slotOf(key);
    return slot < 0 ? emptySet : this.#setOf(slot);
  }

  /** Entries with a value at or above (at or below) this normal form; null when scanning them is as good. */
  range(kind: 'greater_or_equal' | 'less_or_equal', normal: string, effort: Effort): IdSet | null {
    if (this.mode !== 'ordering') return null;
    const order = this.#ordered();
    const above = kind === 'greater_or_equal';
    const bound = this.#position(order, normal, !above);
    const count = above ? order.length - bound : bound;
    if (count > mostKeys || !effort.take(count)) return null;
    return unite((above ? order.slice(bound) : order.slice(0, bound)).map((slot) => this.#setOf(slot)));
  }

  /** Entries with a value that has these parts; null when scanning them is as good. */
  substrings(filter: SubstringsFilter, effort: Effort): IdSet | null {
    if (this.#signatures === null || !effort.take(this.size >> 5)) return null; // a word of bits tells of 32 keys
    const slots = this.#signatures.candidates(filter.initial, filter.any, filter.final, mostKeys);
    if (slots === null || !effort.take(slots.length)) return null;
    const matching = slots.filter((slot) => hasParts(this.#keys.keyAt(slot), filter));
    return unite(matching.map((slot) => this.#setOf(slot)));
  }

  #assertionKey(normal: string): string | null {
    if (this.mode === 'digest') return digest(normal);
    return this.mode === 'substrings' ? this.#rule.normalise(Buffer.from(normal)) : normal;
  }

  #setOf(slot: number): IdSet {
    const held = this.#ids[slot] ?? 0;
    return held >= 0 ? new SingleId(held) : (this.#sets[-1 - held] ?? emptySet);
  }

  #open(slot: number, key: string, id: number): void {
    if (slot >= this.#ids.length) {
      const grown = new Int32Array(this.#ids.length * 2);
      grown.set(this.#ids);
      this.#ids = grown;
    }
    this.#ids[slot] = id;
    this.#signatures?.add(slot, key);
    if (this.#order !== null) this.#order.splice(this.#position(this.#order, key, false), 0, slot);
  }

  #close(slot: number, key: string): void {
    this.closures++;
    if (this.#order !== null) this.#order.splice(this.#position(this.#order, key, false), 1);
    this.#signatures?.remove(slot);
    this.#keys.remove(slot);
  }

  #ordered(): number[] {
    if (this.#order !== null) return this.#order;
    const compare = this.#compare();
    const keys: { slot: number; key: string }[] = [];
    for (let slot = 0; slot < this.#keys.slots; slot++) {
      if (this.#keys.isUsed(slot)) keys.push({ slot, key: this.#keys.keyAt(slot) });
    }
    this.#order = keys.sort((left, right) => compare(left.key, right.key)).map(({ slot }) => slot);
    return this.#order;
  }

  #compare(): MatchingRule['compare'] {
    const rule = this.type.ordering ?? this.#rule;
    return (left, right) => rule.compare(left, right);
  }

  /** How many keys sort before `key`; with `after`, how many sort before or with it. */
  #position(order: readonly number[], key: string, after: boolean): number {
    const compare = this.#compare();
    let low = 0;
    let high = order.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      const relation = compare(this.#keys.keyAt(order[middle] ?? 0), key);
      if (relation < 0 || (after && relation === 0)) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

function digest(normal: string): string {
  return createHash('sha256').update(normal, 'utf8').digest('base64');
}
