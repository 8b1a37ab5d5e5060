// Walks the matches of one search by ascending id. Nothing is copied: the cursor remembers the last id and seeks on from
// it, so entries may come, change and go between two calls.
import type { Visibility } from '../directory/access.ts';
import type { Entry } from '../x500/entry.ts';
import type { Filter } from '../x500/filter.ts';
import { compileForJudging, holdEntry, judge, judgingCost } from '../x500/judge_filter.ts';
import type { CompiledFilter, Truth } from '../x500/match_filter.ts';
import { filterByName } from '../x500/name_only.ts';
import type { SearchCursor } from '../x500/read_model.ts';
import type { Schema } from '../x500/schema.ts';
import { isVisibleEntry, showsNameOnly } from '../x500/visible_entry.ts';
import type { EntryViews } from './entry_views.ts';
import type { Plan } from './planner.ts';
import { type IdSet, smallest } from './postings.ts';
import type { Tree } from './tree.ts';

export interface CursorInput {
  readonly schema: Schema;
  readonly tree: Tree;
  readonly views: EntryViews;
  readonly scope: IdSet;
  readonly plan: Plan;
  readonly filter: Filter;
  readonly visibility: Visibility;
  readonly after: number;
  /** Grows with every applied batch: sets gathered before it may be out of date. */
  readonly generation: () => number;
}

/** A filter of at most this weight is asked of an entry at once, unless the entry is a group, which may be very large. */
const lightFilter = 2;
/** What may be looked at in an entry's attributes for each candidate of a call's budget. */
const octetsPerCandidate = 256;

export class Cursor implements SearchCursor {
  readonly estimate: number;
  readonly #input: CursorInput;
  readonly #generation: number;
  #outdated = false;
  readonly #driver: IdSet;
  #tests: readonly IdSet[];
  #restFilter: Filter | null;
  /** `#restFilter` as it is asked of entries; made when the first is, which spares the step that plans. */
  #rest: CompiledFilter | null = null;
  /** The entry that is being decided piece by piece. */
  #judging: { entry: Entry; seen: Entry; pieces: Generator<undefined, Truth> } | null = null;
  /** The whole filter, for entries of which the reader sees less than the sets know. */
  #whole: CompiledFilter | null = null;
  /** For those of whom there is a name. */
  #byName: CompiledFilter | null = null;
  #last: number;

  constructor(input: CursorInput) {
    const { scope, plan } = input;
    this.#input = input;
    this.#generation = input.generation();
    this.#driver = smallest(scope, ...plan.sets);
    this.#tests = [scope, ...plan.sets].filter((set) => set !== this.#driver);
    this.#restFilter = plan.rest;
    this.#last = input.after;
    this.estimate = this.#driver.estimate;
  }

  next(budget: number): Entry | 'more' | 'end' {
    if (!this.#outdated && this.#generation !== this.#input.generation()) this.#decideByEntry();
    const { tree, views, visibility } = this.#input;
    let octets = budget * octetsPerCandidate;
    const { spent } = views;
    for (let looked = 0; looked < budget && octets > views.spent - spent; looked++) {
      if (this.#judging === null) {
        const id = this.#driver.nextAfter(this.#last);
        if (id < 0) return 'end';
        this.#last = id;
        const entry = tree.byId(id);
        if (entry === undefined || !isVisibleEntry(visibility, entry) || !this.#isInAll(id)) continue;
        const seen = views.of(visibility, entry);
        const rest = seen === entry ? this.#restOfFilter() : this.#filterOf(entry);
        if (rest === null) return seen;
        if (rest.weight <= lightFilter && entry.kind !== 'group') {
          if (rest.matcher(seen) === true) return seen;
          continue;
        }
        const held = holdEntry(seen);
        octets -= judgingCost(rest, held);
        this.#judging = { entry, seen, pieces: judge(rest, held) };
      }
      const { entry, seen, pieces } = this.#judging;
      const piece = pieces.next();
      if (piece.done !== true) return 'more';
      this.#judging = null;
      if (piece.value === true && tree.byId(entry.id) === entry) return seen;
    }
    return 'more';
  }

  #restOfFilter(): CompiledFilter | null {
    if (this.#restFilter === null) return null;
    const { schema, visibility } = this.#input;
    this.#rest ??= compileForJudging(schema, this.#restFilter, visibility);
    return this.#rest;
  }

  #filterOf(entry: Entry): CompiledFilter {
    const { schema, filter, visibility } = this.#input;
    if (showsNameOnly(visibility, entry)) {
      this.#byName ??= compileForJudging(schema, filterByName(schema, filter), visibility);
      return this.#byName;
    }
    this.#whole ??= compileForJudging(schema, filter, visibility);
    return this.#whole;
  }

  #isInAll(id: number): boolean {
    for (const test of this.#tests) if (!test.has(id)) return false;
    return true;
  }

  /** After a change the sets still say where to look, and each entry is asked itself whether it matches. */
  #decideByEntry(): void {
    const { scope, filter } = this.#input;
    this.#outdated = true;
    this.#tests = [scope];
    this.#restFilter = filter;
    this.#rest = null;
    if (this.#judging === null) return;
    this.#last = this.#judging.entry.id - 1; // what was being decided is decided anew
    this.#judging = null;
  }
}
