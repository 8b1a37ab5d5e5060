// Turns at the process: long searches and connections with much to say go on one after another, a few milliseconds each
// loop of events, so that whoever asks for little is answered at once. Accounts come before their searches: one that has
// a hundred under way gets as many turns as one that has a single search.
import type { Clock } from '../clock.ts';

/** Something that goes on piece by piece. */
export interface Turn {
  /** Whose share of the process it takes: an account, or an address that has not bound. */
  readonly owner: string;
  /** Goes on for one piece; must not throw. True: it wants another turn. */
  turn(): boolean;
}

/** How long turns may keep the loop of events from its sockets, in milliseconds. */
const LOOP_MS = 8;

export class Turns {
  readonly #clock: Clock;
  /** What waits, by owner; the owner who is next comes first. */
  readonly #waiting = new Map<string, Turn[]>();
  #count = 0;
  #scheduled = false;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  enqueue(turn: Turn): void {
    this.#add(turn);
    if (this.#scheduled) return;
    this.#scheduled = true;
    setImmediate(this.#run);
  }

  readonly #run = (): void => {
    const until = this.#clock.elapsed() + LOOP_MS;
    // Those that come back stand behind everybody who waits; none is served twice in one loop.
    for (let left = this.#count; left > 0; left--) {
      const turn = this.#take();
      if (turn?.turn() === true) this.#add(turn);
      if (this.#clock.elapsed() >= until) break;
    }
    this.#scheduled = this.#count > 0;
    if (this.#scheduled) setImmediate(this.#run);
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
