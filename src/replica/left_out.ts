// Records that are published and cannot be shown: what they would hang below is not shown, another object bears their name,
// or they make no entry. Each is kept, waits for what it lacks, and is looked at again when that is there. So one bad record
// costs its own entry and nobody else's.
import { type ObjectReference, type PublishedRecord, referenceOf } from '../x500/published.ts';

/** What a record lacks to be shown. */
export interface Lack {
  /** For the log: names the other object, where there is one. */
  readonly reason: string;
  /** What ends the wait, made by one of the functions below; null: nothing but a new state of the record itself. */
  readonly waitsFor: string | null;
}

interface Waiting extends Lack {
  readonly record: PublishedRecord;
  /** The entry that it had. */
  readonly id: number | null;
}

export const objectKey = ({ kind, uuid }: ObjectReference): string => `${kind} ${uuid}`;
export const nameKey = (key: string): string => `name ${key}`;
/** For records of a reload whose names another object had before. */
export const loadingKey = 'loading';
export const loginKey = (uid: string): string => `login ${uid.toLowerCase()}`;

export class LeftOut {
  readonly #waiting = new Map<string, Waiting>();
  /** What is waited for, and by which objects, those first that have waited longest. */
  readonly #awaited = new Map<string, Set<string>>();
  /** Objects that are shown without their extension attributes, and why. */
  readonly #reduced = new Map<string, string>();
  readonly #woken = new Set<string>();
  /** Objects of which something else may be true since they were last taken. */
  readonly #touched = new Set<string>();

  /** How many objects are left out, whole or in part. */
  get size(): number {
    return this.#waiting.size + this.#reduced.size;
  }

  add(record: PublishedRecord, lack: Lack, id: number | null): void {
    const object = objectKey(referenceOf(record));
    const former = this.#waiting.get(object)?.id ?? null;
    this.#forget(object);
    this.#waiting.set(object, { record, ...lack, id: id ?? former });
    this.#touched.add(object);
    if (lack.waitsFor === null) return;
    const others = this.#awaited.get(lack.waitsFor);
    if (others === undefined) this.#awaited.set(lack.waitsFor, new Set([object]));
    else others.add(object);
  }

  /** The object is shown, for `reason` without its extension attributes; or it is not published any more. */
  settle(reference: ObjectReference, reason: string | null): void {
    if (reason === null && this.size === 0) return;
    const object = objectKey(reference);
    this.#forget(object);
    if (reason === null) return;
    this.#reduced.set(object, reason);
    this.#touched.add(object);
  }

  /** The id of the entry that the object had before it was left out. */
  formerId(reference: ObjectReference): number | null {
    if (this.#waiting.size === 0) return null;
    return this.#waiting.get(objectKey(reference))?.id ?? null;
  }

  /** What some wait for may be there now. */
  wake(awaited: string): void {
    if (this.#awaited.size === 0) return;
    for (const object of this.#awaited.get(awaited) ?? []) this.#woken.add(object);
  }

  /** A record to look at again; undefined when there is none. */
  takeWoken(): PublishedRecord | undefined {
    for (const object of this.#woken) {
      this.#woken.delete(object);
      const waiting = this.#waiting.get(object);
      if (waiting !== undefined) return waiting.record;
    }
    return undefined;
  }

  /** Objects that may have been left out or shown again since the last call. */
  takeTouched(): string[] {
    const touched = [...this.#touched];
    this.#touched.clear();
    return touched;
  }

  /** Why the object is left out, in whole or in part; undefined when it is not. */
  reason(object: string): string | undefined {
    return this.#waiting.get(object)?.reason ?? this.#reduced.get(object);
  }

  #forget(object: string): void {
    if (this.#reduced.delete(object)) this.#touched.add(object);
    const waiting = this.#waiting.get(object);
    if (waiting === undefined) return;
    this.#waiting.delete(object);
    this.#touched.add(object);
    if (waiting.waitsFor === null) return;
    const others = this.#awaited.get(waiting.waitsFor);
    others?.delete(object);
    if (others?.size === 0) this.#awaited.delete(waiting.waitsFor);
  }
}
