// Walks the matches of one search by ascending id. Nothing is copied: the cursor remembers the last id and seeks on from
// it, so entries may come, change and go between two calls.
import type { Visibility } from '../directory/access.ts';
import type { Entry } from '../x500/entry.ts';
import type { Filter } from '../x500/filter.ts';
import { createMatcher, type Matcher } from '../x500/match_filter.ts';
import type { SearchCursor } from '../x500/read_model.ts';
import type { Schema } from '../x500/schema.ts';
import { isVisibleEntry } from '../x500/visible_entry.ts';
import type { Plan } from './planner.ts';
import { type IdSet, smallest } from './postings.ts';
import type { Tree } from './tree.ts';

export interface CursorInput {
  readonly schema: Schema;
  readonly tree: Tree;
  readonly scope: IdSet;
  readonly plan: Plan;
  readonly filter: Filter;
  readonly visibility: Visibility;
  readonly after: number;
  /** Grows with every applied batch: sets gathered before it may be out of date. */
  readonly generation: () => number;
}

export class Cursor implements SearchCursor {
  readonly estimate: number;
  readonly #input: CursorInput;
  readonly #generation: number;
  #outdated = false;
  readonly #driver: IdSet;
  #tests: readonly IdSet[];
  #matcher: Matcher | null;
  #last: number;

  constructor(input: CursorInput) {
    const { schema, scope, plan, visibility } = input;
    this.#input = input;
    this.#generation = input.generation();
    this.#driver = smallest(scope, ...plan.sets);
    this.#tests = [scope, ...plan.sets].filter((set) => set !== this.#driver);
    this.#matcher = plan.rest === null ? null : createMatcher(schema, plan.rest, visibility);
    this.#last = input.after;
    this.estimate = this.#driver.estimate;
  }

  next(budget: number): Entry | 'more' | 'end' {
    if (!this.#outdated && this.#generation !== this.#input.generation()) this.#decideByEntry();
    const { tree, visibility } = this.#input;
    for (let looked = 0; looked < budget; looked++) {
      const id = this.#driver.nextAfter(this.#last);
      if (id < 0) return 'end';
      this.#last = id;
      const entry = tree.byId(id);
      if (entry === undefined || !isVisibleEntry(visibility, entry)) continue;
      if (this.#isInAll(id) && (this.#matcher === null || this.#matcher(entry) === true)) return entry;
    }
    return 'more';
  }

  #isInAll(id: number): boolean {
    for (const test of this.#tests) if (!test.has(id)) return false;
    return true;
  }

  /** After a change the sets still say where to look, and each entry is asked itself whether it matches. */
  #decideByEntry(): void {
    const { schema, scope, filter, visibility } = this.#input;
    this.#outdated = true;
    this.#tests = [scope];
    this.#matcher = createMatcher(schema, filter, visibility);
  }
}
