// How many searches each account has under way on all its connections of this worker, large filters counted several times:
// they hold memory for as long as they go on.
import type { UncheckedFilter } from '../x500/unchecked_filter.ts';

/** Weight of a filter that counts as one more search. */
const WEIGHT_A_PLACE = 64;
/** Octets of a value that weigh as much as a part of a filter. */
const OCTETS_A_PART = 256;

export class Outstanding {
  readonly #most: number;
  readonly #places = new Map<string, number>();

  constructor(most: number) {
    this.#most = most;
  }

  /** True: `owner` may begin no other before one has ended. */
  isFull(owner: string): boolean {
    return this.#places.size > 0 && (this.#places.get(owner) ?? 0) >= this.#most;
  }

  /** Counts a search until the returned function is called (once). */
  enter(owner: string, filter: UncheckedFilter): () => void {
    const places = 1 + Math.floor(filterWeight(filter) / WEIGHT_A_PLACE);
    this.#change(owner, places);
    return () => this.#change(owner, -places);
  }

  #change(owner: string, difference: number): void {
    const held = (this.#places.get(owner) ?? 0) + difference;
    if (held > 0) this.#places.set(owner, held);
    else this.#places.delete(owner);
  }
}

/** What it costs to check and plan a filter: its parts, and its values where they are long. */
export function filterWeight(filter: UncheckedFilter): number {
  switch (filter.kind) {
    case 'and':
    case 'or': {
      let weight = 1;
      for (const part of filter.filters) weight += filterWeight(part);
      return weight;
    }
    case 'not':
      return 1 + filterWeight(filter.filter);
    case 'present':
      return 1;
    case 'substrings': {
      let weight = 1 + weightOf(filter.initial) + weightOf(filter.final);
      for (const part of filter.any) weight += 1 + weightOf(part);
      return weight;
    }
    default:
      return 1 + weightOf(filter.value);
  }
}

function weightOf(value: Buffer | null): number {
  return value === null ? 0 : Math.floor(value.length / OCTETS_A_PART);
}
