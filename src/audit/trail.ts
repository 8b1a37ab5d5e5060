// The trail's writer: events queue in memory and go to the store in batches, in order, so that no bind waits for a
// commit. When the store is away the queue waits; past its bound events are dropped, counted and logged as a fault.
import { OperationError } from '../errors.ts';
import type { Log } from '../log.ts';
import type { AuditEvent, DurableAuditTrail } from './event.ts';
import type { AuditStore } from './store.ts';

export interface AuditWriter extends DurableAuditTrail {
  /** Stores what is left and stops. */
  close(): Promise<void>;
}

export interface AuditWriterOptions {
  store: AuditStore;
  log: Log;
  /** Events held in memory at most. */
  maxQueued?: number;
  /** Events stored in one transaction at most. */
  batch?: number;
  /** How long an event waits for company, in milliseconds. */
  delayMs?: number;
}

/** One writer a process. What cannot be stored yet waits in memory, in order; beyond `maxQueued` it is lost, and logged. */
export function createAuditWriter(options: AuditWriterOptions): AuditWriter {
  const { store, log, maxQueued = 100_000, batch = 1_000, delayMs = 20 } = options;
  const queue: AuditEvent[] = [];
  let dropped = 0;
  let timer: NodeJS.Timeout | null = null;
  let storing: Promise<void> | null = null;
  let closed = false;

  async function storeAll(): Promise<void> {
    while (queue.length > 0) {
      const events = queue.slice(0, batch);
      await store.append(events);
      queue.splice(0, events.length);
      if (dropped > 0) log.error({ dropped }, 'audit events were lost while the store was away');
      dropped = 0;
    }
  }

  function run(): Promise<void> {
    storing ??= storeAll().finally(() => {
      storing = null;
    });
    return storing;
  }

  function schedule(wait: number): void {
    if (timer !== null || closed) return;
    timer = setTimeout(() => {
      timer = null;
      run().catch((error: unknown) => {
        log.warn({ err: error, queued: queue.length }, 'the audit trail cannot be written');
        schedule(1_000);
      });
    }, wait);
    timer.unref();
  }

  async function flush(): Promise<void> {
    while (queue.length > 0) await run();
  }

  return {
    record(event) {
      if (queue.length >= maxQueued) {
        if (dropped === 0) log.error({ maxQueued }, 'the audit queue is full');
        dropped += 1;
        return;
      }
      queue.push(event);
      schedule(delayMs);
    },
    flush,
    async close() {
      closed = true;
      if (timer !== null) clearTimeout(timer);
      await flush().catch((error: unknown) => {
        throw new OperationError('unavailable', `${queue.length} audit events could not be stored`, {
          cause: error,
        });
      });
    },
  };
}
