// Which hash is computed next, and which is refused when too many wait. Whoever succeeded lately goes before strangers;
// within a class addresses take turns, so that neither one address nor many strangers can hold up everybody else.
import { addressKey } from '../limits/address.ts';

/**
 * Most urgent first. The class depends on what succeeded before, never on whether the named account exists:
 * `pair`: this account succeeded lately from this address; `address`: another account did;
 * `clean`: a stranger without recent failures; `failing`: a stranger with some.
 */
export type HashClass = 'pair' | 'address' | 'clean' | 'failing';

/** On whose behalf a hash is computed. */
export interface HashPlace {
  class: HashClass;
  address: string | null;
}

/** Waiting hashes at most, of those who succeeded lately and of strangers. */
export interface QueuePlaces {
  known: number;
  strangers: number;
}

const known = ['pair', 'address'] as const satisfies HashClass[];
const strangers = ['clean', 'failing'] as const satisfies HashClass[];
/** Of the turns that both want, one in so many goes to those who come second: nobody starves. */
const minorityEvery = 4;

/** The waiting work of one class, by address in turn. */
class Turns<Job> {
  readonly #byAddress = new Map<string, Job[]>();
  size = 0;

  push(address: string, job: Job): void {
    const waiting = this.#byAddress.get(address);
    if (waiting === undefined) this.#byAddress.set(address, [job]);
    else waiting.push(job);
    this.size += 1;
  }

  shift(): Job | undefined {
    const first = this.#byAddress.entries().next();
    if (first.done) return undefined;
    const [address, waiting] = first.value;
    const job = waiting.shift();
    this.size -= 1;
    this.#byAddress.delete(address);
    if (waiting.length > 0) this.#byAddress.set(address, waiting); // to the end: the others first
    return job;
  }

  waitingOf(address: string): number {
    return this.#byAddress.get(address)?.length ?? 0;
  }

  /** The address with the most waiting. */
  longest(): { address: string; length: number } {
    let found = { address: '', length: 0 };
    for (const [address, { length }] of this.#byAddress)
      if (length > found.length) found = { address, length };
    return found;
  }

  /** Takes back the newest of an address. */
  pop(address: string): Job | undefined {
    const waiting = this.#byAddress.get(address);
    const job = waiting?.pop();
    if (job !== undefined) this.size -= 1;
    if (waiting?.length === 0) this.#byAddress.delete(address);
    return job;
  }
}

export class HashQueue<Job> {
  readonly #places: QueuePlaces;
  readonly #turns: Record<HashClass, Turns<Job>> = {
    pair: new Turns(),
    address: new Turns(),
    clean: new Turns(),
    failing: new Turns(),
  };
  #taken = 0;
  #strangersTaken = 0;

  constructor(places: QueuePlaces) {
    this.#places = places;
  }

  /** Whether a job would find a place now. */
  hasPlace({ class: name, address }: HashPlace): boolean {
    const { classes, limit } = this.#groupOf(name);
    return this.#count(classes) < limit || this.#victim(classes, name, addressKey(address)) !== undefined;
  }

  /** Returns the job that has no place: null, another that waited, or the one given. */
  add({ class: name, address }: HashPlace, job: Job): Job | null {
    const key = addressKey(address);
    const { classes, limit } = this.#groupOf(name);
    let displaced: Job | null = null;
    if (this.#count(classes) >= limit) {
      const victim = this.#victim(classes, name, key);
      displaced = victim?.turns.pop(victim.address) ?? null;
      if (displaced === null) return job;
    }
    this.#turns[name].push(key, job);
    return displaced;
  }

  /** What is next for a thread; a reserved one takes nothing of strangers. */
  next(isReserved: boolean): Job | undefined {
    if (isReserved) return this.#nextOf(known);
    const strangersFirst = this.#count(strangers) > 0 && ++this.#taken % minorityEvery === 0;
    return strangersFirst
      ? (this.#nextStranger() ?? this.#nextOf(known))
      : (this.#nextOf(known) ?? this.#nextStranger());
  }

  #nextStranger(): Job | undefined {
    const failingFirst = this.#turns.failing.size > 0 && ++this.#strangersTaken % minorityEvery === 0;
    return failingFirst ? this.#turns.failing.shift() : this.#nextOf(strangers);
  }

  #nextOf(classes: readonly HashClass[]): Job | undefined {
    for (const name of classes) {
      const job = this.#turns[name].shift();
      if (job !== undefined) return job;
    }
    return undefined;
  }

  #count(classes: readonly HashClass[]): number {
    return classes.reduce((sum, name) => sum + this.#turns[name].size, 0);
  }

  #groupOf(name: HashClass): { classes: readonly HashClass[]; limit: number } {
    const isKnown = name === 'pair' || name === 'address';
    return isKnown
      ? { classes: known, limit: this.#places.known }
      : { classes: strangers, limit: this.#places.strangers };
  }

  /** Who gives way in a full queue: the address that has most, of a less urgent class if there is one. */
  #victim(
    classes: readonly HashClass[],
    arriving: HashClass,
    address: string,
  ): { turns: Turns<Job>; address: string } | undefined {
    for (const name of [...classes].reverse()) {
      const turns = this.#turns[name];
      const most = turns.longest();
      const isLessUrgent = name !== arriving && most.length > 0;
      if (isLessUrgent || most.length > turns.waitingOf(address) + 1) return { turns, address: most.address };
      if (name === arriving) return undefined;
    }
    return undefined;
  }
}
