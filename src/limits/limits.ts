// What strangers may cost: one place that counts by address, for every face. A rate is a token bucket, a level is a
// number of things held at once. Workers of a node tell each other what they counted (through `Outlet`), a few dozen
// milliseconds late: a limit holds for the node, and no request waits for another process.
import type { Clock } from '../clock.ts';
import { addressKey } from './address.ts';
import { putLast } from './last_used.ts';

export interface RateLimit {
  /** Takes tokens from the address's bucket; false, and nothing is taken, when it holds fewer. */
  take(address: string | null, amount?: number): boolean;
  /** Takes tokens that are spent already, such as milliseconds of work: the bucket may go below zero. */
  charge(address: string | null, amount: number): void;
  /** Gives tokens back, as when an attempt turned out to be right. */
  refund(address: string | null, amount?: number): void;
  /** Whether a token is there. */
  allows(address: string | null): boolean;
  /** Whole seconds until a token is there again; at least 1. */
  retryAfter(address: string | null): number;
}

export interface LevelLimit {
  /** A place, given back by the function that it returns (once; further calls do nothing); null when all are taken. */
  enter(address: string | null): (() => void) | null;
  /** Places that the address holds on this node. */
  held(address: string | null): number;
}

export interface RateRule {
  burst: number; // tokens of a full bucket
  perMinute: number; // tokens that flow back
}

/** One a process. Names are fixed in code; the same name gives the same counts. */
export interface Limits {
  rate(name: string, rule: RateRule): RateLimit;
  level(name: string, limit: number): LevelLimit;
}

/** What a worker counted since it last told the others: tokens taken, and places held now. */
export interface LimitsNews {
  taken: [name: string, key: string, amount: number][];
  held: [name: string, key: string, count: number][];
}

/** Limits that other processes take part in. */
export interface SharedLimits extends Limits {
  /** What the worker `from` tells. */
  hear(from: number, news: LimitsNews): void;
  /** The worker is gone, and holds nothing. */
  forget(from: number): void;
  /** A new worker knows of nothing yet: tell all that is held with the next news. */
  tellAll(): void;
  /** Tells what is new; without an outlet nothing is kept to be told. */
  publish(): void;
}

/** Keys remembered by one rate at most; the one unused longest is forgotten first. */
const mostKeys = 50_000;

class Bucket implements RateLimit {
  readonly #rule: RateRule;
  readonly #clock: Clock;
  readonly #buckets = new Map<string, { tokens: number; at: number }>();
  readonly #taken: Map<string, number> | null;

  constructor(rule: RateRule, clock: Clock, isShared: boolean) {
    this.#rule = rule;
    this.#clock = clock;
    this.#taken = isShared ? new Map() : null;
  }

  take(address: string | null, amount = 1): boolean {
    const key = addressKey(address);
    if (this.#tokens(key) < amount) return false;
    this.#spend(key, amount);
    return true;
  }

  charge(address: string | null, amount: number): void {
    this.#spend(addressKey(address), amount);
  }

  refund(address: string | null, amount = 1): void {
    this.#spend(addressKey(address), -amount);
  }

  allows(address: string | null): boolean {
    return this.#tokens(addressKey(address)) >= 1;
  }

  retryAfter(address: string | null): number {
    const missing = 1 - this.#tokens(addressKey(address));
    return Math.max(1, Math.ceil((missing / this.#rule.perMinute) * 60));
  }

  /** Tokens that another worker took. */
  takenElsewhere(key: string, amount: number): void {
    this.#change(key, amount);
  }

  takeNews(name: string, into: LimitsNews['taken']): void {
    if (this.#taken === null) return;
    for (const [key, amount] of this.#taken) if (amount !== 0) into.push([name, key, amount]);
    this.#taken.clear();
  }

  #tokens(key: string): number {
    const bucket = this.#buckets.get(key);
    if (bucket === undefined) return this.#rule.burst;
    const refilled = bucket.tokens + ((this.#clock.elapsed() - bucket.at) * this.#rule.perMinute) / 60_000;
    return Math.min(this.#rule.burst, refilled);
  }

  #spend(key: string, amount: number): void {
    this.#change(key, amount);
    this.#taken?.set(key, (this.#taken.get(key) ?? 0) + amount);
  }

  /** A debt is bounded by one burst: whoever stops is let in again after a known time. */
  #change(key: string, amount: number): void {
    const { burst } = this.#rule;
    const tokens = Math.min(burst, Math.max(-burst, this.#tokens(key) - amount));
    putLast(this.#buckets, key, { tokens, at: this.#clock.elapsed() }, mostKeys);
  }
}

class Places {
  readonly #held = new Map<string, number>();
  readonly #elsewhere = new Map<string, Map<number, number>>();
  readonly #changed: Set<string> | null;

  constructor(isShared: boolean) {
    this.#changed = isShared ? new Set() : null;
  }

  enter(address: string | null, limit: number): (() => void) | null {
    const key = addressKey(address);
    if (this.#count(key) >= limit) return null;
    this.#set(key, (this.#held.get(key) ?? 0) + 1);
    let left = false;
    return () => {
      if (left) return;
      left = true;
      this.#set(key, (this.#held.get(key) ?? 1) - 1);
    };
  }

  held(address: string | null): number {
    return this.#count(addressKey(address));
  }

  heldElsewhere(from: number, key: string, count: number): void {
    const workers = this.#elsewhere.get(key) ?? new Map<number, number>();
    if (count > 0) workers.set(from, count);
    else workers.delete(from);
    if (workers.size > 0) this.#elsewhere.set(key, workers);
    else this.#elsewhere.delete(key);
  }

  forget(from: number): void {
    for (const key of [...this.#elsewhere.keys()]) this.heldElsewhere(from, key, 0);
  }

  markAll(): void {
    if (this.#changed !== null) for (const key of this.#held.keys()) this.#changed.add(key);
  }

  takeNews(name: string, into: LimitsNews['held']): void {
    if (this.#changed === null) return;
    for (const key of this.#changed) into.push([name, key, this.#held.get(key) ?? 0]);
    this.#changed.clear();
  }

  #count(key: string): number {
    let count = this.#held.get(key) ?? 0;
    for (const other of this.#elsewhere.get(key)?.values() ?? []) count += other;
    return count;
  }

  #set(key: string, count: number): void {
    if (count > 0) this.#held.set(key, count);
    else this.#held.delete(key);
    this.#changed?.add(key);
  }
}

/** `outlet` carries news to the other workers of the node; without one, this process counts alone. */
export function createLimits(clock: Clock, outlet: ((news: LimitsNews) => void) | null): SharedLimits {
  const rates = new Map<string, Bucket>();
  const levels = new Map<string, Places>();
  const isShared = outlet !== null;

  /** Made by whoever comes first: a worker that starts hears of places before its faces ask for them. */
  function placesOf(name: string): Places {
    const places = levels.get(name) ?? new Places(isShared);
    levels.set(name, places);
    return places;
  }

  return {
    rate(name, rule) {
      const rate = rates.get(name) ?? new Bucket(rule, clock, isShared);
      rates.set(name, rate);
      return rate;
    },
    level(name, limit) {
      const places = placesOf(name);
      return { enter: (address) => places.enter(address, limit), held: (address) => places.held(address) };
    },
    hear(from, news) {
      for (const [name, key, amount] of news.taken) rates.get(name)?.takenElsewhere(key, amount);
      for (const [name, key, count] of news.held) placesOf(name).heldElsewhere(from, key, count);
    },
    forget(from) {
      for (const level of levels.values()) level.forget(from);
    },
    tellAll() {
      for (const level of levels.values()) level.markAll();
    },
    publish() {
      const news: LimitsNews = { taken: [], held: [] };
      for (const [name, rate] of rates) rate.takeNews(name, news.taken);
      for (const [name, level] of levels) level.takeNews(name, news.held);
      if (news.taken.length > 0 || news.held.length > 0) outlet?.(news);
    },
  };
}

/** Counts of one process alone: the command line, and tests. */
export function createLocalLimits(clock: Clock): Limits {
  return createLimits(clock, null);
}
