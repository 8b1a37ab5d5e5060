// What an argon2id hash costs, read from its PHC string, and what is missing to a whole one.

export interface Cost {
  memoryKib: number;
  passes: number;
}

const phc = /^\$argon2(?:i|d|id)\$v=\d+\$m=(\d+),t=(\d+),p=\d+\$/;
/** Below this argon2 has no smaller unit (RFC 9106 3.1: 8 p KiB). */
const leastMemoryKib = 8;

/** The cost of a stored hash; undefined when it is not argon2 in PHC form. */
export function costOf(storedHash: string): Cost | undefined {
  const [, memoryKib, passes] = phc.exec(storedHash) ?? [];
  return memoryKib === undefined ? undefined : { memoryKib: Number(memoryKib), passes: Number(passes) };
}

/** The work that makes a hash of `stored` cost as long as one of `current`; null when none is missing. */
export function paddingOf(stored: Cost, current: Cost): Cost | null {
  const missing = current.memoryKib * current.passes - stored.memoryKib * stored.passes;
  const memoryKib = Math.round(missing / current.passes);
  return memoryKib < leastMemoryKib ? null : { memoryKib, passes: current.passes };
}
