// Turns at the process: long searches and connections with much to say go on one after another, a few milliseconds each
// loop of events, so that whoever asks for little is answered at once. Accounts come before their searches: one that has
// a hundred under way gets as many turns as one that has a single search. Searches with large filters, which cost most
// for what they find, have half of the process at most.
import type { Clock } from '../clock.ts';

/** Something that goes on piece by piece. */
export interface Turn {
  /** Whose share of the process it takes: an account, or an address that has not bound. */
  readonly owner: string;
  readonly isLarge: boolean;
  /** Goes on for one piece; must not throw. True: it wants another turn. */
  turn(): boolean;
}

/** How long turns may keep the loop of events from its sockets, in milliseconds. */
const LOOP_MS = 4;
/** How long large turns rest, in parts of the time that they took. */
const LARGE_REST = 1;

export class Turns {
  readonly #usual: Queue;
  readonly #large: Queue;

  constructor(clock: Clock) {
    this.#usual = new Queue(clock, 0);
    this.#large = new Queue(clock, LARGE_REST);
  }

  enqueue(turn: Turn): void {
    (turn.isLarge ? this.#large : this.#usual).enqueue(turn);
  }
}

class Queue {
  readonly #clock: Clock;
  readonly #rest: number;
  /** What waits, by owner; the owner who is next comes first. */
  readonly #waiting = new Map<string, Turn[]>();
  #count = 0;
  #scheduled = false;
  /** Clock.elapsed() before which nothing is run. */
  #restsUntil = 0;

  constructor(clock: Clock, rest: number) {
    this.#clock = clock;
    this.#rest = rest;
  }

  enqueue(turn: Turn): void {
    this.#add(turn);
    if (!this.#scheduled) this.#schedule();
  }

  #schedule(): void {
    this.#scheduled = true;
    const wait = this.#rest === 0 ? 0 : this.#restsUntil - this.#clock.elapsed();
    if (wait > 0) setTimeout(this.#run, wait);
    else setImmediate(this.#run);
  }

  readonly #run = (): void => {
    const began = this.#clock.elapsed();
    let now = began;
    // Those that come back stand behind everybody who waits; none is served twice in one loop.
    for (let left = this.#count; left > 0 && now - began < LOOP_MS; left--) {
      const turn = this.#take();
      if (turn?.turn() === true) this.#add(turn);
      now = this.#clock.elapsed();
    }
    this.#restsUntil = now + (now - began) * this.#rest;
    this.#scheduled = false;
    if (this.#count > 0) this.#schedule();
  };

  #add(turn: Turn): void {
    const waiting = this.#waiting.get(turn.owner);
    if (waiting === undefined) this.#waiting.set(turn.owner, [turn]);
    else waiting.push(turn);
    this.#count++;
  }

  /** The first turn of the first owner, who stands behind the others then. */
  #take(): Turn | undefined {
    const [next] = this.#waiting;
    if (next === undefined) return undefined;
    const [owner, turns] = next;
    const turn = turns.shift();
    this.#waiting.delete(owner);
    if (turns.length > 0) this.#waiting.set(owner, turns);
    this.#count--;
    return turn;
  }
}
