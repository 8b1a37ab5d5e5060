// The stored trail: its port, the canonical form of an event and the hash that chains it to the one before.
// Whoever alters, removes or reorders a stored event breaks every hash from there on.
import { createHash } from 'node:crypto';
import type { AuditEvent } from './event.ts';

export interface StoredAuditEvent extends AuditEvent {
  number: number; // 1, 2, 3 … without a gap
  previousHash: Buffer; // empty before the first
  hash: Buffer;
}

/** Keeps the trail. Errors: unavailable. */
export interface AuditStore {
  /** Numbers and chains the events in their order, all or none. */
  append(events: readonly AuditEvent[]): Promise<void>;
  /** Events with number > `after`, ascending, at most `limit`. */
  read(after: number, limit: number): Promise<StoredAuditEvent[]>;
}

/** A store that also remembers where its chain ends, so that a trail cut short is noticed. */
export interface ChainedAuditStore extends AuditStore {
  /** Number and hash of the last event; 0 and empty before the first. */
  head(): Promise<{ number: number; hash: Buffer }>;
}

/**
 * The event as it can be stored: text from outside may hold NUL or half a surrogate pair, which no database keeps.
 * Both become U+FFFD, before hashing, so that what is read back hashes alike.
 */
export function storable(event: AuditEvent): AuditEvent {
  return cleaned(event) as AuditEvent;
}

function cleaned(value: unknown): unknown {
  if (typeof value === 'string') return Buffer.from(value.replaceAll('\u0000', '\uFFFD')).toString();
  if (Array.isArray(value)) return value.map(cleaned);
  if (typeof value !== 'object' || value === null || value instanceof Date) return value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([, member]) => member !== undefined)
      .map(([name, member]) => [name, cleaned(member)]),
  );
}

/** JSON with sorted member names and no white space; instants in ISO 8601 with milliseconds, in UTC. */
function canonicalJson(value: unknown): string {
  if (value instanceof Date) return JSON.stringify(value.toISOString());
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(',')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const members = Object.entries(value)
    .sort(([one], [other]) => (one < other ? -1 : 1))
    .map(([name, member]) => `${JSON.stringify(name)}:${canonicalJson(member)}`);
  return `{${members.join(',')}}`;
}

/** SHA-256 of the previous hash, the number and the canonical event. */
export function chainHash(previousHash: Buffer, number: number, event: AuditEvent): Buffer {
  const { at, origin, address, account, uid, relying_system, request, act } = event;
  const content = { number, at, origin, address, account, uid, relying_system, request, act };
  return createHash('sha256').update(previousHash).update(canonicalJson(content)).digest();
}

/** Reads the whole trail and returns the first number that is missing, out of order or altered; null when none is. */
export async function firstBroken(store: ChainedAuditStore, batch = 1_000): Promise<number | null> {
  const head = await store.head(); // read first: what is appended meanwhile comes after it
  let number = 0;
  let hash: Buffer = Buffer.alloc(0);
  while (number < head.number) {
    const events = await store.read(number, Math.min(batch, head.number - number));
    if (events.length === 0) return number + 1;
    for (const event of events) {
      number += 1;
      const intact =
        event.number === number &&
        event.previousHash.equals(hash) &&
        event.hash.equals(chainHash(hash, number, event));
      if (!intact) return number;
      hash = event.hash;
    }
  }
  return hash.equals(head.hash) ? null : number;
}
