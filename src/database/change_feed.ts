// The change feed as its readers see it. The table is the truth; NOTIFY is a hint that saves them a poll's delay.
import { setTimeout as delay } from 'node:timers/promises';
import type { Change } from '../directory/change.ts';
import type { ChangeFeed } from '../directory/ports.ts';
import type { Log } from '../log.ts';
import { changeChannel } from './command_runner.ts';
import { connect, type Database } from './pool.ts';
import { speaking } from './sqlstate.ts';

const shortestPauseMs = 100;
const longestPauseMs = 5_000;

export interface ChangeFeedOptions {
  database: Database;
  applicationName: string;
  log: Log;
}

export function createChangeFeed(options: ChangeFeedOptions): ChangeFeed {
  const { knex } = options.database;
  return {
    read: (after, limit) =>
      speaking(async () => {
        const changes: Change[] = await knex('change')
          .select('number', 'at', 'command', 'account', 'post', 'origin', 'request', 'rows')
          .where('number', '>', after)
          .orderBy('number')
          .limit(limit);
        return changes;
      }),

    last: () =>
      speaking(async () => {
        const row: { number: number } | undefined = await knex('change_counter').select('number').first();
        return row?.number ?? 0;
      }),

    listen: async (wake) => listen(options, wake),
  };
}

/** Keeps one connection listening until closed; begins again after every loss, more slowly each time it fails. */
function listen(options: ChangeFeedOptions, wake: () => void): { close(): Promise<void> } {
  const { log } = options;
  const closing = new AbortController();

  async function listenOnce(): Promise<void> {
    let ended: (error: Error | null) => void = () => undefined;
    const end = new Promise<Error | null>((resolve) => {
      ended = resolve;
    });
    const stop = () => ended(null);
    const client = await connect(
      { url: options.database.url, applicationName: options.applicationName },
      ended,
    );
    try {
      client.on('end', stop);
      client.on('notification', wake);
      closing.signal.addEventListener('abort', stop);
      if (closing.signal.aborted) return;
      await client.query(`listen ${changeChannel}`);
      pause = shortestPauseMs;
      wake(); // what was appended while nobody listened
      const error = await end;
      if (error !== null) throw error;
    } finally {
      closing.signal.removeEventListener('abort', stop);
      await client.end().catch(() => undefined); // it is gone already
    }
  }

  let pause = shortestPauseMs;
  async function listenUntilClosed(): Promise<void> {
    while (!closing.signal.aborted) {
      try {
        await listenOnce();
      } catch (error) {
        log.warn({ err: error }, 'the change feed is not heard: trying again');
      }
      if (closing.signal.aborted) return;
      wake();
      await delay(pause * (0.5 + Math.random()), undefined, { signal: closing.signal }).catch(
        () => undefined,
      );
      pause = Math.min(pause * 2, longestPauseMs);
    }
  }

  const done = listenUntilClosed();
  return {
    async close() {
      closing.abort();
      await done;
    },
  };
}
