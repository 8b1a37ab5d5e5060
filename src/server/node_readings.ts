// What accounts read is one sum for all workers of the node, kept in the primary: whoever reads a little on each of them
// reads much. Workers tell it a few dozen times a second, so that no search waits for another process.
import type { Clock } from '../clock.ts';
import { type HourlyReadings, HourlySums } from '../ldap/readings.ts';
import type { Log } from '../log.ts';
import type { NodeChannel, WorkerLink } from './node_channel.ts';

/** How late the primary learns of what a worker sent, in milliseconds. */
const tellEveryMs = 25;

/** The primary's end. What a worker told stays counted when it dies. */
export function countNodeReadings(channel: NodeChannel, clock: Clock, mark: number): void {
  const sums = new HourlySums(clock, mark);
  channel.onOpen((link) => {
    link.onAsk('readings.add', (readings) =>
      readings.flatMap(([account, entries]): [string, number][] => {
        const sum = sums.add(account, entries);
        return sum === null ? [] : [[account, sum]];
      }),
    );
  });
}

/** What is to be told: how much, and how to record the sum where a read is not recorded itself. */
interface Untold {
  entries: number;
  record: ((sum: number) => void) | null;
}

/** A worker's end. Close it after the faces and before the audit trail: it tells what is left. */
export function openNodeReadings(
  link: WorkerLink,
  log: Log,
): { readings: HourlyReadings; close(): Promise<void> } {
  let untold = new Map<string, Untold>();
  async function tell(): Promise<void> {
    if (untold.size === 0) return;
    const told = untold;
    untold = new Map();
    try {
      const readings = [...told].map(([account, { entries }]): [string, number] => [account, entries]);
      for (const [account, sum] of await link.ask('readings.add', readings)) told.get(account)?.record?.(sum);
    } catch (error) {
      log.warn({ err: error }, 'what accounts read was not added to the sums of the node');
    }
  }
  const timer = setInterval(tell, tellEveryMs);
  timer.unref();
  return {
    readings: {
      add(account, entries, record) {
        const known = untold.get(account);
        if (known === undefined) {
          untold.set(account, { entries, record });
          return;
        }
        known.entries += entries;
        known.record = record ?? known.record;
      },
    },
    close() {
      clearInterval(timer);
      return tell();
    },
  };
}
