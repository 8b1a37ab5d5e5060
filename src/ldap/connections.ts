// All connections of a process: who is bound on which, so that a withdrawal ends binds at once, and one coarse sweep for
// every time limit instead of timers that each message would have to move.
import type { Clock } from '../clock.ts';
import { addressKey } from '../limits/address.ts';
import type { Connection } from './connection.ts';
import type { Strangers } from './strangers.ts';

/** Octets waiting for slow readers beyond which the slowest are dropped. */
const BACKLOG_OF_ALL = 256 * 1024 * 1024;
/** A bound session is checked again after this many sweeps: expiry dates pass without a change that would tell. */
const REVALIDATE_EVERY = 10;

/** Connections that are asked whether they are idle, when one has to go. */
const MOST_LOOKED_AT = 256;

/** Connections by a key, the one added longest ago first. */
class Groups {
  readonly #byKey = new Map<string, Set<Connection>>();
  readonly #keys = new Map<Connection, string>();

  of(key: string): ReadonlySet<Connection> | undefined {
    return this.#byKey.get(key);
  }

  keyOf(connection: Connection): string | undefined {
    return this.#keys.get(connection);
  }

  add(key: string, connection: Connection): ReadonlySet<Connection> {
    this.remove(connection);
    this.#keys.set(connection, key);
    const group = this.#byKey.get(key) ?? new Set();
    this.#byKey.set(key, group);
    return group.add(connection);
  }

  remove(connection: Connection): void {
    const key = this.#keys.get(connection);
    if (key === undefined) return;
    this.#keys.delete(connection);
    const group = this.#byKey.get(key);
    group?.delete(connection);
    if (group?.size === 0) this.#byKey.delete(key);
  }
}

export class Connections {
  readonly #clock: Clock;
  readonly #strangers: Strangers;
  readonly #mostOfAccount: number;
  readonly #all = new Set<Connection>();
  /** Connections without a bind, the one that has been so longest first, and what gives their places back. */
  readonly #unbound = new Map<Connection, () => void>();
  readonly #unboundByAddress = new Groups();
  readonly #byAccount = new Groups();
  /** Those whose password must be changed first: without a bind, and revalidated like bound ones. */
  readonly #mustChange = new Groups();
  #sweeps = 0;
  #emptied: (() => void) | null = null;

  constructor(clock: Clock, strangers: Strangers, mostOfAccount: number) {
    this.#clock = clock;
    this.#strangers = strangers;
    this.#mostOfAccount = mostOfAccount;
  }

  get size(): number {
    return this.#all.size;
  }

  /**
   * True when one more connection from `address` may be added. Where there is no place left, the connection that has
   * been without a bind longest is closed for it: of that address when it holds as many as it may, of all otherwise.
   */
  makeRoom(address: string, most: number): boolean {
    const leave = this.#enter(address);
    if (leave === null) return false;
    leave();
    return this.#all.size < most || this.#dropOldest(this.#unbound.keys());
  }

  add(connection: Connection): void {
    this.#all.add(connection);
    this.#addUnbound(connection);
  }

  remove(connection: Connection): void {
    if (!this.#all.delete(connection)) return;
    this.#mustChange.remove(connection);
    this.#byAccount.remove(connection);
    this.#removeUnbound(connection);
    if (this.#all.size === 0) this.#emptied?.();
  }

  bound(connection: Connection, account: string | null): void {
    this.#mustChange.remove(connection);
    if (this.#byAccount.keyOf(connection) === (account ?? undefined) || !this.#all.has(connection)) return;
    this.#byAccount.remove(connection);
    if (account === null) {
      this.#addUnbound(connection);
      return;
    }
    this.#removeUnbound(connection);
    const bound = this.#byAccount.add(account, connection);
    const [oldest] = bound;
    if (bound.size > this.#mostOfAccount && oldest !== undefined) this.#drop(oldest);
  }

  mustChange(connection: Connection, account: string): void {
    if (this.#all.has(connection)) this.#mustChange.add(account, connection);
  }

  #enter(address: string): (() => void) | null {
    const place = this.#strangers.enter(address);
    if (place !== null) return place;
    const own = this.#unboundByAddress.of(addressKey(address));
    return own !== undefined && this.#dropOldest(own) ? this.#strangers.enter(address) : null;
  }

  #addUnbound(connection: Connection): void {
    const { address } = connection;
    // Who was bound before keeps the connection, whatever else comes from the address.
    const leave = this.#strangers.enter(address) ?? (() => undefined);
    this.#unbound.set(connection, leave);
    this.#unboundByAddress.add(addressKey(address), connection);
  }

  #removeUnbound(connection: Connection): void {
    const leave = this.#unbound.get(connection);
    if (leave === undefined) return;
    leave();
    this.#unbound.delete(connection);
    this.#unboundByAddress.remove(connection);
  }

  /** Closes the first that is not in the middle of a bind or a search; false when there is none. */
  #dropOldest(oldestFirst: Iterable<Connection>): boolean {
    let looked = 0;
    for (const connection of oldestFirst) {
      if (connection.underWay.size === 0) {
        this.#drop(connection);
        return true;
      }
      if (++looked >= MOST_LOOKED_AT) return false;
    }
    return false;
  }

  #drop(connection: Connection): void {
    connection.destroy('crowded');
    this.remove(connection);
  }

  /** The records of these accounts changed. */
  revalidate(accounts: readonly string[]): void {
    for (const account of accounts) {
      for (const groups of [this.#byAccount, this.#mustChange]) {
        for (const connection of [...(groups.of(account) ?? [])]) connection.revalidate();
      }
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
