// Bit-sliced signatures: which slots of a KeyTable may hold a key that contains a text. Row r, bit s says that key s has
// some gram whose hash is r, so a search is the AND of a few rows: 25 KB of memory touched a row at 200,000 keys, against
// a scan of every key. False positives are sorted out by the caller; there are no false negatives. A tenth the size of
// posting lists, and a key comes and goes by setting some forty bits.

const rows = 256;
const rowBits = 8;
/** Slots are cut into blocks of this many 32-bit words a row, so that growing copies nothing. */
const words = 128;
const slotsPerBlock = words * 32;
/** Characters of a part that are looked up: more would single out no fewer keys, and a part may be as long as a request. */
const longestPart = 64;
/** Stand before and after a key, so that short initial and final parts make grams too. */
const before = '\u0002';
const after = '\u0003';

function spread(mixed: number): number {
  return Math.imul(mixed ^ (mixed >>> 15), 0xc2b2ae35) >>> (32 - rowBits);
}

/** Calls `take` with the row of each gram: pairs, triples, and what is not ASCII alone (a Chinese name has two to four). */
function eachRow(text: string, take: (row: number) => void): void {
  let first = 0;
  let second = 0;
  for (let at = 0; at < text.length; at++) {
    const third = text.charCodeAt(at);
    if (third > 0x7f) take(spread(Math.imul(third, 0x27d4eb2f)));
    if (at > 0) {
      const pair = Math.imul(Math.imul(second, 0x85ebca6b) ^ third, 0x9e3779b1);
      take(spread(pair));
      if (at > 1) take(spread(Math.imul(pair ^ first, 0x85ebca6b)));
    }
    first = second;
    second = third;
  }
}

export class Signatures {
  readonly #blocks: Uint32Array[] = [];

  add(slot: number, key: string): void {
    const number = Math.floor(slot / slotsPerBlock);
    while (this.#blocks.length <= number) this.#blocks.push(new Uint32Array(rows * words));
    const block = this.#blocks[number];
    if (block === undefined) return;
    const word = (slot % slotsPerBlock) >>> 5;
    const bit = 1 << (slot & 31);
    eachRow(before + key + after, (row) => {
      const cell = row * words + word;
      block[cell] = (block[cell] ?? 0) | bit;
    });
  }

  remove(slot: number): void {
    const block = this.#blocks[Math.floor(slot / slotsPerBlock)];
    if (block === undefined) return;
    const word = (slot % slotsPerBlock) >>> 5;
    const keep = ~(1 << (slot & 31));
    for (let row = 0; row < rows; row++) {
      const cell = row * words + word;
      block[cell] = (block[cell] ?? 0) & keep;
    }
  }

  /**
   * Slots whose key may start, go on and end with these parts; null when the parts are too short to say, or when there
   * are more than `most`.
   */
  candidates(
    initial: string | null,
    any: readonly string[],
    final: string | null,
    most: number,
  ): number[] | null {
    const needed = new Set<number>();
    const take = (row: number): void => {
      needed.add(row);
    };
    if (initial !== null) eachRow(before + initial.slice(0, longestPart), take);
    for (const part of any) eachRow(part.slice(0, longestPart), take);
    if (final !== null) eachRow(final.slice(-longestPart) + after, take);
    if (needed.size === 0) return null;
    const offsets = [...needed].map((row) => row * words);
    const slots: number[] = [];
    for (const [number, block] of this.#blocks.entries()) {
      gather(block, offsets, number * slotsPerBlock, slots);
      if (slots.length > most) return null;
    }
    return slots;
  }
}

/** Appends the slots of one block that have a bit in every row. */
function gather(block: Uint32Array, offsets: readonly number[], firstSlot: number, slots: number[]): void {
  for (let word = 0; word < words; word++) {
    let bits = -1;
    for (let at = 0; at < offsets.length && bits !== 0; at++) bits &= block[(offsets[at] ?? 0) + word] ?? 0;
    while (bits !== 0) {
      slots.push(firstSlot + word * 32 + (31 - Math.clz32(bits & -bits)));
      bits &= bits - 1;
    }
  }
}
