// A set of entry ids in ascending order: the unit that indexes, scopes and groups are made of. Every read seeks from an
// id, never from a position, so a reader that was away while the set changed simply goes on.

/** A set of ids that can be walked upwards and asked; live ones follow every change of the replica. */
export interface IdSet {
  /** An upper bound of its size, cheap to say. */
  readonly estimate: number;
  /** The smallest id above `after`; -1 when there is none. */
  nextAfter(after: number): number;
  has(id: number): boolean;
}

/** Position of the first element above `after` among the first `length`. */
function seek(ids: Int32Array, length: number, after: number): number {
  let low = 0;
  let high = length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((ids[middle] ?? 0) <= after) low = middle + 1;
    else high = middle;
  }
  return low;
}

export class Postings implements IdSet {
  #ids: Int32Array;
  #length = 0;
  /** Where the last walk stood: a walk upwards then costs no search. */
  #hint = 0;

  constructor(capacity = 4) {
    this.#ids = new Int32Array(capacity);
  }

  /** A set of `ids`, which need not be sorted or distinct; the array is taken over. */
  static of(ids: Int32Array): Postings {
    ids.sort();
    const postings = new Postings(0);
    let length = 0;
    for (const id of ids) {
      if (length === 0 || ids[length - 1] !== id) ids[length++] = id;
    }
    postings.#ids = ids;
    postings.#length = length;
    return postings;
  }

  get estimate(): number {
    return this.#length;
  }

  get size(): number {
    return this.#length;
  }

  has(id: number): boolean {
    const at = seek(this.#ids, this.#length, id - 1);
    return at < this.#length && this.#ids[at] === id;
  }

  nextAfter(after: number): number {
    const ids = this.#ids;
    let at = this.#hint;
    if (at >= this.#length || ids[at] !== after) at = seek(ids, this.#length, after);
    else at++;
    if (at >= this.#length) return -1;
    this.#hint = at;
    return ids[at] ?? -1;
  }

  /** False when it was there already. */
  add(id: number): boolean {
    const length = this.#length;
    let at = length;
    if (length > 0 && (this.#ids[length - 1] ?? 0) >= id) {
      at = seek(this.#ids, length, id - 1);
      if (this.#ids[at] === id) return false;
    }
    if (length === this.#ids.length) {
      const grown = new Int32Array(Math.max(4, length + (length >> 1) + 1));
      grown.set(this.#ids);
      this.#ids = grown;
    }
    if (at < length) this.#ids.copyWithin(at + 1, at, length);
    this.#ids[at] = id;
    this.#length = length + 1;
    return true;
  }

  /** False when it was not there. */
  remove(id: number): boolean {
    const at = seek(this.#ids, this.#length, id - 1);
    if (at >= this.#length || this.#ids[at] !== id) return false;
    this.#ids.copyWithin(at, at + 1, this.#length);
    this.#length--;
    return true;
  }

  /** The ids, as a view that the next change invalidates. */
  view(): Int32Array {
    return this.#ids.subarray(0, this.#length);
  }
}

export const emptySet: IdSet = { estimate: 0, nextAfter: () => -1, has: () => false };

/** The set of one id. */
export class SingleId implements IdSet {
  readonly estimate = 1;
  readonly #id: number;

  constructor(id: number) {
    this.#id = id;
  }

  nextAfter(after: number): number {
    return after < this.#id ? this.#id : -1;
  }

  has(id: number): boolean {
    return id === this.#id;
  }
}

/** What is in any of its parts, merged as it is walked. */
class Union implements IdSet {
  readonly estimate: number;
  readonly parts: readonly IdSet[];

  constructor(parts: readonly IdSet[]) {
    this.parts = parts;
    this.estimate = sumOfEstimates(parts);
  }

  nextAfter(after: number): number {
    let least = -1;
    for (const part of this.parts) {
      const next = part.nextAfter(after);
      if (next >= 0 && (least < 0 || next < least)) least = next;
    }
    return least;
  }

  has(id: number): boolean {
    return this.parts.some((part) => part.has(id));
  }
}

/** The part with the lowest estimate. */
export function smallest(first: IdSet, ...others: readonly IdSet[]): IdSet {
  return others.reduce((least, part) => (part.estimate < least.estimate ? part : least), first);
}

/** Parts of a union that are merged as it is walked: each of them is asked at every step. */
const mostMergedParts = 16;
/** Ids that are gathered and sorted in one go, which takes about a millisecond. */
const mostGatheredIds = 16_384;

/**
 * What is in any of `parts`. Many parts are gathered at once (and then no longer follow changes); null when they hold
 * too many ids for that: then a walk over everything finds them as well.
 */
export function unite(parts: readonly IdSet[]): IdSet | null {
  const [first] = parts;
  if (first === undefined) return emptySet;
  if (parts.length === 1) return first;
  const flat = parts.some(isUnion) ? parts.flatMap((part) => (isUnion(part) ? part.parts : part)) : parts;
  if (flat.length <= mostMergedParts) return new Union(flat);
  return sumOfEstimates(flat) > mostGatheredIds ? null : gather(flat);
}

function isUnion(set: IdSet): set is Union {
  return set instanceof Union;
}

/** What is in any of `parts` now, however much that is. */
export function gather(parts: readonly IdSet[]): Postings {
  const ids = new Int32Array(sumOfEstimates(parts));
  let length = 0;
  for (const part of parts) {
    for (let id = part.nextAfter(-1); id >= 0; id = part.nextAfter(id)) ids[length++] = id;
  }
  return Postings.of(ids.subarray(0, length));
}

function sumOfEstimates(parts: readonly IdSet[]): number {
  return parts.reduce((sum, part) => sum + part.estimate, 0);
}
