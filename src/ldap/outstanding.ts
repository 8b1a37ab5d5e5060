// How many searches each account has under way on all its connections of this worker, large filters counted several times:
// they hold memory for as long as they go on.
import type { UncheckedFilter } from '../x500/unchecked_filter.ts';

/** Parts of a filter that count as one more search. */
const PARTS_A_PLACE = 64;

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
    const places = 1 + Math.floor(partsOf(filter) / PARTS_A_PLACE);
    this.#change(owner, places);
    return () => this.#change(owner, -places);
  }

  #change(owner: string, difference: number): void {
    const held = (this.#places.get(owner) ?? 0) + difference;
    if (held > 0) this.#places.set(owner, held);
    else this.#places.delete(owner);
  }
}

function partsOf(filter: UncheckedFilter): number {
  switch (filter.kind) {
    case 'and':
    case 'or':
      return filter.filters.reduce((sum, part) => sum + partsOf(part), 1);
    case 'not':
      return 1 + partsOf(filter.filter);
    default:
      return 1;
  }
}
