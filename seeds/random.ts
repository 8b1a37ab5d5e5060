// A small reproducible generator of numbers (mulberry32), for invented data. Nothing secret may come from it.

export interface Random {
  /** A whole number from 0 to below - 1. */
  below(below: number): number;
  pick<One>(list: readonly [One, ...One[]]): One;
  /** A uuid (RFC 9562 version 4 in form). */
  uuid(): string;
}

/** The same `seed` and `index` give the same numbers, whatever came before. */
export function createRandom(seed: number, index: number): Random {
  let state = (Math.imul(seed ^ 0x9e3779b9, 0x85ebca6b) ^ Math.imul(index + 1, 0xc2b2ae35)) >>> 0;
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return (mixed ^ (mixed >>> 14)) >>> 0;
  };
  const below = (limit: number): number => Math.floor((next() / 2 ** 32) * limit);
  return {
    below,
    pick: (list) => list[below(list.length)] ?? list[0],
    uuid: () => {
      const words = [seed >>> 0, index >>> 0, next(), next()].map((word) =>
        word.toString(16).padStart(8, '0'),
      );
      const hex = words.join('');
      // Seed and index stand in it whole: people of one run can never meet. Version and variant as RFC 9562 5.4 has them.
      return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(12, 15)}-a${hex.slice(15, 18)}-${hex.slice(18, 30)}`;
    },
  };
}
