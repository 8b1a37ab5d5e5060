// All connections of a process: who is bound on which, so that a withdrawal ends binds at once, and one coarse sweep for
// every time limit instead of timers that each message would have to move.
import type { Clock } from '../clock.ts';
import type { Connection } from './connection.ts';

/** Octets waiting for slow readers beyond which the slowest are dropped. */
const BACKLOG_OF_ALL = 256 * 1024 * 1024;
/** A bound session is checked again after this many sweeps: expiry dates pass without a change that would tell. */
const REVALIDATE_EVERY = 10;

export class Connections {
  readonly #clock: Clock;
  readonly #all = new Set<Connection>();
  readonly #accounts = new Map<Connection, string>();
  readonly #byAccount = new Map<string, Set<Connection>>();
  #sweeps = 0;
  #emptied: (() => void) | null = null;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  get size(): number {
    return this.#all.size;
  }

  add(connection: Connection): void {
    this.#all.add(connection);
  }

  remove(connection: Connection): void {
    this.bound(connection, null);
    this.#all.delete(connection);
    if (this.#all.size === 0) this.#emptied?.();
  }

  bound(connection: Connection, account: string | null): void {
    const before = this.#accounts.get(connection);
    if (before === (account ?? undefined)) return;
    if (before !== undefined) {
      this.#accounts.delete(connection);
      const bound = this.#byAccount.get(before);
      bound?.delete(connection);
      if (bound?.size === 0) this.#byAccount.delete(before);
    }
    if (account === null) return;
    this.#accounts.set(connection, account);
    const bound = this.#byAccount.get(account);
    if (bound === undefined) this.#byAccount.set(account, new Set([connection]));
    else bound.add(connection);
  }

  /** The records of these accounts changed. */
  revalidate(accounts: readonly string[]): void {
    for (const account of accounts) {
      const bound = this.#byAccount.get(account);
      if (bound !== undefined) for (const connection of [...bound]) connection.revalidate();
    }
  }

  sweep(): void {
    const now = this.#clock.elapsed();
    const turn = this.#sweeps++ % REVALIDATE_EVERY;
    let place = 0;
    let backlog = 0;
    for (const connection of [...this.#all]) {
      connection.checkTimes(now);
      if (place++ % REVALIDATE_EVERY === turn) connection.revalidate();
      backlog += connection.backlog;
    }
    if (backlog > BACKLOG_OF_ALL) this.#dropSlowest(backlog);
  }

  #dropSlowest(backlog: number): void {
    let left = backlog;
    const slowestFirst = [...this.#all].sort((one, other) => other.backlog - one.backlog);
    for (const connection of slowestFirst) {
      if (left <= BACKLOG_OF_ALL / 2) return;
      left -= connection.backlog;
      connection.destroy('stalled');
    }
  }

  /** Lets what is under way finish; cuts what is left after `deadlineMs`. */
  async drain(deadlineMs: number): Promise<void> {
    if (this.#all.size === 0) return;
    const emptied = new Promise<void>((resolve) => {
      this.#emptied = resolve;
    });
    const cut = setTimeout(() => {
      for (const connection of this.#all) connection.destroy(null);
    }, deadlineMs);
    for (const connection of [...this.#all]) connection.endWhenIdle();
    await emptied;
    clearTimeout(cut);
  }
}
