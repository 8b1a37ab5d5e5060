// Turns at the process: long searches and connections with much to say go on one after another, a few milliseconds each
// loop of events, so that whoever asks for little is answered at once.
import type { Clock } from '../clock.ts';

/** Something that goes on piece by piece. */
export interface Turn {
  /** Goes on for one piece; must not throw. True: it wants another turn. */
  turn(): boolean;
}

/** How long turns may keep the loop of events from its sockets, in milliseconds. */
const LOOP_MS = 8;

export class Turns {
  readonly #clock: Clock;
  #queue: Turn[] = [];
  #next = 0;
  #scheduled = false;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  enqueue(turn: Turn): void {
    this.#queue.push(turn);
    if (this.#scheduled) return;
    this.#scheduled = true;
    setImmediate(this.#run);
  }

  readonly #run = (): void => {
    const until = this.#clock.elapsed() + LOOP_MS;
    // Those that come back stand behind everybody who waits; none is served twice in one loop.
    for (let left = this.#queue.length - this.#next; left > 0; left--) {
      const turn = this.#queue[this.#next++];
      if (turn?.turn() === true) this.#queue.push(turn);
      if (this.#clock.elapsed() >= until) break;
    }
    this.#queue.splice(0, this.#next);
    this.#next = 0;
    this.#scheduled = this.#queue.length > 0;
    if (this.#scheduled) setImmediate(this.#run);
  };
}
