// How much the planner may look up for one search. Plans are made in one step, so what they cost is bounded: when it is
// spent, the rest of the filter is left to be asked of each entry, in turns and under the search's deadline.

/** Keys of indexes, or as much work as those: below ten milliseconds. */
const effortOfPlan = 16_384;

export class Effort {
  #left = effortOfPlan;

  /** False, and nothing is spent, when less is left than `amount`. */
  take(amount: number): boolean {
    if (amount > this.#left) return false;
    this.#left -= amount;
    return true;
  }
}
