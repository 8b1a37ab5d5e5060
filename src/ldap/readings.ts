// Who reads much leaves a trace however it is done: one search, a walk over pages, or many small searches and comparisons
// within an hour.
import { createHash } from 'node:crypto';
import type { AuditAct } from '../audit/event.ts';
import type { Clock } from '../clock.ts';
import { putLast } from '../limits/last_used.ts';

export type Reading = Extract<AuditAct, { act: 'directory.read' }>;
/** What was asked for. */
export type Question = Pick<Reading, 'base' | 'filter'>;

const HOUR_MS = 3_600_000;
/** Accounts remembered within the hour; the one that has not read for longest is forgotten first. */
const MOST_ACCOUNTS = 10_000;
/** A sum is recorded when it passes the mark, ten times the mark, and so on. */
const STEP = 10;

/** What accounts read within an hour, on all connections of a node. */
export interface HourlyReadings {
  /**
   * Adds what an account was sent or compared. `record`: called, at once or a little later, with the sum when that is to
   * be recorded; null for a read that is recorded itself.
   */
  add(account: string, entries: number, record: ((sum: number) => void) | null): void;
}

/** The readings of a process that serves alone. */
export function createHourlyReadings(clock: Clock, mark: number): HourlyReadings {
  const sums = new HourlySums(clock, mark);
  return {
    add(account, entries, record) {
      const sum = sums.add(account, entries);
      if (sum !== null) record?.(sum);
    },
  };
}

/** One sum for each account. */
export class HourlySums {
  readonly #clock: Clock;
  readonly #mark: number;
  readonly #sums = new Map<string, { began: number; entries: number; next: number }>();

  constructor(clock: Clock, mark: number) {
    this.#clock = clock;
    this.#mark = mark;
  }

  /** Adds to the account's sum. The sum, when it is to be recorded now; null otherwise. */
  add(account: string, entries: number): number | null {
    const now = this.#clock.elapsed();
    let sum = this.#sums.get(account);
    if (sum === undefined || now - sum.began >= HOUR_MS) {
      sum = { began: now, entries: 0, next: this.#mark };
      putLast(this.#sums, account, sum, MOST_ACCOUNTS);
    }
    sum.entries += entries;
    if (sum.entries <= sum.next) return null;
    while (sum.entries > sum.next) sum.next *= STEP;
    return sum.entries;
  }
}

/** Walks over pages whose reader has passed the mark and not come to the end. Of one session. */
export class OpenWalks {
  readonly #walks = new Map<string, { messageId: number; reading: Reading }>();
  readonly #record: (messageId: number, reading: Reading) => void;

  constructor(record: (messageId: number, reading: Reading) => void) {
    this.#record = record;
  }

  /** Remembers how far a walk has come. `scope` names it, as its cookie does. */
  stands(scope: string, messageId: number, reading: Reading): void {
    const key = keyOf(scope);
    const [, forgotten] = putLast(this.#walks, key, { messageId, reading }, MOST_WALKS) ?? [];
    if (forgotten !== undefined) this.#record(forgotten.messageId, forgotten.reading);
  }

  /** The walk came to its end, and was recorded. */
  ended(scope: string): void {
    if (this.#walks.size > 0) this.#walks.delete(keyOf(scope));
  }

  /** Its reader gave it up before. */
  givenUp(scope: string): void {
    if (this.#walks.size > 0) this.#giveUp(keyOf(scope));
  }

  /** Nobody can go on with any of them. */
  allGivenUp(): void {
    for (const key of [...this.#walks.keys()]) this.#giveUp(key);
  }

  #giveUp(key: string): void {
    const walk = this.#walks.get(key);
    this.#walks.delete(key);
    if (walk !== undefined) this.#record(walk.messageId, walk.reading);
  }
}

const MOST_WALKS = 16;

const keyOf = (scope: string): string => createHash('sha256').update(scope).digest('base64');
