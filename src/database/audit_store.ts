// The hash-chained trail in its table. The counter row holds the head of the chain and lets one writer through at a time.
import type { Knex } from 'knex';
import type { AuditEvent } from '../audit/event.ts';
import { type ChainedAuditStore, chainHash, type StoredAuditEvent, storable } from '../audit/store.ts';
import type { Database } from './pool.ts';
import { speaking } from './sqlstate.ts';

/** Events in one INSERT: eleven parameters each stay below the protocol's 65,535. */
const mostAtOnce = 5_000;

const plainColumns = [
  'number',
  'at',
  'origin',
  'address',
  'account',
  'uid',
  'relying_system',
  'request',
] as const;

interface EventRow extends Omit<AuditEvent, 'act'> {
  number: number;
  event: AuditEvent['act'];
  previous_hash: Buffer;
  hash: Buffer;
}

export function createAuditStore({ knex }: Database): ChainedAuditStore {
  return {
    append: (events) =>
      speaking(() =>
        knex.transaction(async (transaction) => {
          for (let from = 0; from < events.length; from += mostAtOnce) {
            await appendSome(transaction, events.slice(from, from + mostAtOnce));
          }
        }),
      ),

    read: (after, limit) =>
      speaking(async () => {
        const rows: EventRow[] = await knex('audit_event')
          .select([...plainColumns, 'event', 'previous_hash', 'hash'])
          .where('number', '>', after)
          .orderBy('number')
          .limit(limit);
        return rows.map(storedEvent);
      }),

    head: () => speaking(() => readHead(knex)),
  };
}

async function readHead(knex: Knex, lock = false): Promise<{ number: number; hash: Buffer }> {
  const query = knex('audit_counter').select('number', 'hash').first();
  const head: { number: number; hash: Buffer } | undefined = await (lock ? query.forUpdate() : query);
  if (head === undefined) throw new Error('the row of audit_counter is missing');
  return head;
}

async function appendSome(transaction: Knex.Transaction, events: readonly AuditEvent[]): Promise<void> {
  let { number, hash } = await readHead(transaction, true);
  const rows = events.map((received) => {
    const { act, ...plain } = storable(received);
    const previous_hash = hash;
    number += 1;
    hash = chainHash(previous_hash, number, { ...plain, act });
    return { number, ...plain, event: JSON.stringify(act), previous_hash, hash };
  });
  await transaction('audit_event').insert(rows);
  await transaction('audit_counter').update({ number, hash });
}

function storedEvent({ event, previous_hash, hash, ...plain }: EventRow): StoredAuditEvent {
  return { ...plain, act: event, previousHash: previous_hash, hash };
}
