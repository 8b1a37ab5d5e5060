// Which hash is computed next, and which is refused when too many wait. Whoever succeeded lately goes before strangers;
// within a class networks take turns, and in a network its addresses, so that neither one address nor many strangers can
// hold up everybody else.
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

/** Waiting work by some key, whose turns go round. */
class Rotation<Work> {
  readonly #byKey = new Map<string, Work>();

  get(key: string): Work | undefined {
    return this.#byKey.get(key);
  }

  set(key: string, work: Work): void {
    this.#byKey.set(key, work);
  }

  delete(key: string): void {
    this.#byKey.delete(key);
  }

  /** Whose turn it is; its next one comes after all others. */
  turn(): { key: string; work: Work } | undefined {
    const first = this.#byKey.entries().next();
    if (first.done) return undefined;
    const [key, work] = first.value;
    this.#byKey.delete(key);
    this.#byKey.set(key, work);
    return { key, work };
  }

  most(sizeOf: (work: Work) => number): { key: string; work: Work; size: number } | undefined {
    let found: { key: string; work: Work; size: number } | undefined;
    for (const [key, work] of this.#byKey) {
      const size = sizeOf(work);
      if (found === undefined || size > found.size) found = { key, work, size };
    }
    return found;
  }
}

interface Network<Job> {
  size: number;
  addresses: Rotation<Job[]>;
}

/** The /24 of an IPv4 address, the /48 of an IPv6 one: who floods from many addresses often has one network of them. */
function networkOf(key: string): string {
  if (key.includes(':')) return key.split(':').slice(0, 3).join(':');
  return key.slice(0, key.lastIndexOf('.') + 1) || key;
}

/** The waiting work of one class: networks in turn, and within a network its addresses. */
class Turns<Job> {
  readonly #networks = new Rotation<Network<Job>>();
  size = 0;

  push(address: string, job: Job): void {
    const key = networkOf(address);
    const network = this.#networks.get(key) ?? { size: 0, addresses: new Rotation() };
    const waiting = network.addresses.get(address);
    if (waiting === undefined) network.addresses.set(address, [job]);
    else waiting.push(job);
    network.size += 1;
    this.size += 1;
    if (network.size === 1) this.#networks.set(key, network);
  }

  shift(): Job | undefined {
    const network = this.#networks.turn();
    const address = network?.work.addresses.turn();
    const job = address?.work.shift();
    if (network !== undefined && address !== undefined) this.#taken(network, address);
    return job;
  }

  /** Whether somebody would have to give way to one more of this address. */
  canDisplace(address: string | null): boolean {
    return this.#victim(address) !== undefined;
  }

  /** Takes back the newest job of who gives way. */
  displace(address: string | null): Job | undefined {
    const victim = this.#victim(address);
    const job = victim?.address.work.pop();
    if (victim !== undefined) this.#taken(victim.network, victim.address);
    return job;
  }

  /**
   * The address with most of the network with most; for an arriving address only where its network, and within that it
   * itself, has less. Among equals whose turn comes next gives way, who as a rule has waited longest: a full queue must
   * not stay with those who filled it.
   */
  #victim(arriving: string | null) {
    const network = this.#networks.most(({ size }) => size);
    const address = network?.work.addresses.most(({ length }) => length);
    if (network === undefined || address === undefined) return undefined;
    if (arriving === null) return { network, address };
    const key = networkOf(arriving);
    const own = this.#networks.get(key);
    if (own === undefined || network.size > own.size) return { network, address };
    const other = own.addresses.most(({ length }) => length);
    if (other === undefined || other.size <= (own.addresses.get(arriving)?.length ?? 0)) return undefined;
    return { network: { key, work: own }, address: other };
  }

  #taken(network: { key: string; work: Network<Job> }, address: { key: string; work: Job[] }): void {
    this.size -= 1;
    network.work.size -= 1;
    if (address.work.length === 0) network.work.addresses.delete(address.key);
    if (network.work.size === 0) this.#networks.delete(network.key);
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
      displaced = victim?.turns.displace(victim.arriving) ?? null;
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

  /** Who gives way in a full queue: somebody of a less urgent class, or of the same one with more than the arriving. */
  #victim(
    classes: readonly HashClass[],
    name: HashClass,
    address: string,
  ): { turns: Turns<Job>; arriving: string | null } | undefined {
    for (const other of [...classes].reverse()) {
      const turns = this.#turns[other];
      const arriving = other === name ? address : null;
      if (turns.canDisplace(arriving)) return { turns, arriving };
      if (other === name) return undefined;
    }
    return undefined;
  }
}
