// Keeps an image up to date: loads the snapshot, then applies the feed in order, each batch in one synchronous step, so
// that no reader sees half of it. A gap in the feed or a history that does not fit loads a whole new image beside the
// old one; one bad record costs its own entry alone (left_out.ts).
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Clock } from '../clock.ts';
import type { Change } from '../directory/change.ts';
import { OperationError } from '../errors.ts';
import type { Log } from '../log.ts';
import type { PublishedRecord, PublishedSource } from '../x500/published.ts';
import type { ReadModelStatus } from '../x500/read_model.ts';
import type { Schema } from '../x500/schema.ts';
import { applyMemberships } from './apply_memberships.ts';
import { Image } from './image.ts';

export interface FollowerOptions {
  readonly source: PublishedSource;
  readonly schema: Schema;
  readonly suffix: string;
  readonly clock: Clock;
  readonly log: Log;
  readonly pollMs: number;
}

type Touched = Awaited<ReturnType<PublishedSource['touched']>>;

const batchSize = 500;
/** Records published before others of this process have a turn. */
const sliceSize = 250;
const shortestPause = 100;
const longestPause = 5_000;
/** Lines of log that one batch writes about objects that are left out: whoever makes many must not fill the disk. */
const mostLines = 20;

interface Waiter {
  readonly change: number;
  readonly resolve: () => void;
  readonly reject: (error: Error) => void;
  readonly timer: NodeJS.Timeout;
}

export class Follower {
  readonly #options: FollowerOptions;
  #image: Image | null = null;
  #applied = 0;
  #nextId = 1;
  #staleSince: Date | null = null;
  #closed = false;
  #running: Promise<void> = Promise.resolve();
  #listener: { close(): Promise<void> } | null = null;
  #wakes = 0;
  #wakeUp: () => void = () => undefined;
  readonly #waiters = new Set<Waiter>();
  /** Objects that the log says are left out, and why. */
  readonly #reported = new Map<string, string>();
  readonly #onApplied = new Set<(accounts: readonly string[]) => void>();

  constructor(options: FollowerOptions) {
    this.#options = options;
  }

  /** What readers read. A search keeps the image it began with. */
  get image(): Image {
    if (this.#image === null) throw new Error('the replica is not loaded');
    return this.#image;
  }

  async start(): Promise<void> {
    const { image, change } = await this.#load(null);
    this.#image = image;
    this.#applied = change;
    this.#reportLeftOut(image.leftOut.takeTouched());
    this.#running = this.#follow();
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#wake();
    await this.#running;
    await this.#listener?.close();
    for (const waiter of this.#waiters) this.#settle(waiter, 'the replica is closed');
  }

  status(): ReadModelStatus {
    return {
      applied: this.#applied,
      entries: this.image.tree.size,
      connected: this.#staleSince === null && !this.#closed,
      staleSince: this.#staleSince,
      leftOut: this.image.leftOut.size,
    };
  }

  reached(change: number, timeoutMs: number): Promise<void> {
    if (this.#applied >= change) return Promise.resolve();
    return new Promise((resolve, reject) => {
      const timer = setTimeout(
        () => this.#settle(waiter, `change ${change} has not been applied within ${timeoutMs} ms`),
        timeoutMs,
      );
      const waiter: Waiter = { change, resolve, reject, timer };
      this.#waiters.add(waiter);
      this.#wake(); // somebody has seen the change committed: no need to wait for word of it
    });
  }

  onApplied(listener: (accounts: readonly string[]) => void): () => void {
    this.#onApplied.add(listener);
    return () => this.#onApplied.delete(listener);
  }

  async #follow(): Promise<void> {
    const { log, clock, pollMs } = this.#options;
    let pause = shortestPause;
    while (!this.#closed) {
      const wakes = this.#wakes;
      try {
        this.#listener ??= await this.#options.source.listen(() => this.#wake());
        await this.#catchUp();
        if (this.#staleSince !== null) log.info({ applied: this.#applied }, 'following the feed again');
        this.#staleSince = null;
        pause = shortestPause;
        await this.#sleep(pollMs, wakes);
      } catch (error) {
        if (this.#staleSince === null)
          log.warn({ err: error }, 'the feed is away; the replica goes on serving');
        this.#staleSince ??= clock.now();
        await this.#sleep(pause, this.#wakes);
        pause = Math.min(pause * 2, longestPause);
      }
    }
  }

  /** Waits, shorter when woken; not at all when woken since `wakes` was read. */
  #sleep(ms: number, wakes: number): Promise<void> {
    if (this.#closed || this.#wakes !== wakes) return Promise.resolve();
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, ms);
      this.#wakeUp = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }

  #wake(): void {
    this.#wakes++;
    this.#wakeUp();
  }

  async #catchUp(): Promise<void> {
    while (!this.#closed) {
      const changes = await this.#options.source.changes(this.#applied, batchSize);
      if (changes.length === 0) return;
      const gap = changes.findIndex((change, index) => change.number !== this.#applied + 1 + index);
      if (gap >= 0) {
        await this.#reload(`change ${this.#applied + 1 + gap} is missing from the feed`);
        continue;
      }
      const touched = await this.#options.source.touched(changes);
      try {
        this.#apply(changes, touched);
      } catch (error) {
        await this.#reload('changes do not fit the image', error);
        continue;
      }
      this.#reportLeftOut(this.image.leftOut.takeTouched());
      this.#announce(this.image.takeChangedAccounts());
    }
  }

  /**
   * One synchronous step. What throws leaves the image half changed: the caller replaces it. Records of one batch come in
   * the order in which their objects were made, so that all replicas leave out the same one of two.
   */
  #apply(changes: readonly Change[], { records, gone, members, ruleGroups }: Touched): void {
    const { image } = this;
    image.withdraw(gone); // first, so that names are free for what takes them over
    image.publish(inOrderOfCreation(records));
    applyMemberships(image.groups, changes);
    for (const membership of members) image.groups.setMembers(membership);
    for (const { person, groups } of ruleGroups) image.groups.setRuleGroups(person, groups);
    image.settle();
    this.#applied = changes.at(-1)?.number ?? this.#applied;
  }

  async #reload(reason: string, error?: unknown): Promise<void> {
    const { log } = this.#options;
    log.error({ err: error, applied: this.#applied, reason }, 'loading the replica anew');
    const old = this.image;
    const { image, change } = await this.#load(old);
    this.#image = image;
    this.#applied = change;
    old.generation++;
    this.#reportLeftOut(new Set([...this.#reported.keys(), ...image.leftOut.takeTouched()]));
    this.#announce(image.accountsUnlike(old));
  }

  /** Loads a new image. Objects that `old` knows keep their ids, so that paging goes on across the exchange. */
  async #load(old: Image | null): Promise<{ image: Image; change: number }> {
    const { schema, suffix, source, log, clock } = this.#options;
    const started = clock.elapsed();
    const image = new Image({
      schema,
      suffix,
      idOf: (kind, uuid) => old?.tree.byUuid(kind, uuid)?.id ?? this.#nextId++,
      ...(old !== null && { stood: (key: string) => old.tree.byKey(key) }),
    });
    let change = 0;
    for await (const batch of source.snapshot()) {
      if ('change' in batch) change = batch.change;
      else if ('members' in batch)
        for (const membership of batch.members) image.groups.setMembers(membership);
      else await this.#publish(image, batch.records, old === null ? batch.records.length : sliceSize);
    }
    image.loaded();
    image.takeChangedAccounts(); // from here on they are collected
    const ms = Math.round(clock.elapsed() - started);
    log.info({ change, ...image.figures(), ms }, 'replica loaded');
    return { image, change };
  }

  /** Publishes what the snapshot holds; between slices readers of the old image have their turn. */
  async #publish(image: Image, records: readonly PublishedRecord[], size: number): Promise<void> {
    for (let from = 0; from < records.length; from += size) {
      image.publish(records.slice(from, from + size));
      if (size < records.length) await nextTurn();
    }
  }

  /** Says once of each object that it is left out and why, and once that it is not any more. */
  #reportLeftOut(objects: Iterable<string>): void {
    const { log } = this.#options;
    let lines = 0;
    for (const object of objects) {
      const reason = this.image.leftOut.reason(object);
      if (this.#reported.get(object) === reason) continue;
      if (reason === undefined) this.#reported.delete(object);
      else this.#reported.set(object, reason);
      if (++lines > mostLines) continue;
      if (reason === undefined) log.info({ object }, 'an object is no longer left out of the replica');
      else log.error({ object, reason }, 'an object is left out of the replica, in whole or in part');
    }
    if (lines > mostLines) {
      const { size: leftOut } = this.image.leftOut;
      log.error(
        { more: lines - mostLines, leftOut },
        'more objects are left out of the replica, or no longer',
      );
    }
  }

  #announce(accounts: readonly string[]): void {
    for (const waiter of this.#waiters) if (waiter.change <= this.#applied) this.#settle(waiter);
    for (const listener of this.#onApplied) {
      try {
        listener(accounts);
      } catch (error) {
        this.#options.log.error({ err: error }, 'a listener of the replica failed');
      }
    }
  }

  #settle(waiter: Waiter, refusal?: string): void {
    clearTimeout(waiter.timer);
    this.#waiters.delete(waiter);
    if (refusal === undefined) waiter.resolve();
    else waiter.reject(new OperationError('unavailable', refusal));
  }
}

function inOrderOfCreation(records: readonly PublishedRecord[]): PublishedRecord[] {
  return records.toSorted(
    (one, other) => one.stamps.created_at.getTime() - other.stamps.created_at.getTime(),
  );
}
