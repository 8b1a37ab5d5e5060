// Is the database there, and new enough? Asked once at start, so that a wrong address is one clear sentence.
import { setTimeout as delay } from 'node:timers/promises';
import { isOperationError, OperationError } from '../errors.ts';
import type { Log } from '../log.ts';
import { connect } from './pool.ts';
import { speaking } from './sqlstate.ts';

const oldestVersion = 150_000; // server_version_num of PostgreSQL 15
const retryMs = 500;

/** Host, port and database of a URL, without its password. */
function placeOf(url: string): string {
  const { host, pathname } = new URL(url);
  return `${host || 'localhost'}${pathname}`;
}

async function checkOnce(url: string): Promise<void> {
  const client = await connect({ url, applicationName: 'bauhinia start' }, () => undefined);
  try {
    const { rows } = await client.query<{ version: number }>(
      `select current_setting('server_version_num')::int as version`,
    );
    const version = rows[0]?.version ?? 0;
    if (version < oldestVersion)
      throw new OperationError(
        'configuration',
        `BAUHINIA_DATABASE_URL: PostgreSQL ${Math.floor(version / 10_000)} at ${placeOf(url)} is too old; 15 or later is needed`,
      );
  } finally {
    await client.end();
  }
}

/**
 * Resolves when PostgreSQL 15 or later answers at `url`; asks again for `patienceMs`. Errors: unavailable, naming host and
 * reason; configuration, when it answers but cannot serve.
 */
export async function requireDatabase(url: string, patienceMs: number, log: Log): Promise<void> {
  const end = performance.now() + patienceMs;
  for (;;) {
    try {
      await speaking(() => checkOnce(url));
      return;
    } catch (error) {
      if (isOperationError(error, 'configuration')) throw error;
      if (performance.now() >= end) {
        const reason = error instanceof Error ? error.message : String(error);
        throw new OperationError('unavailable', `PostgreSQL at ${placeOf(url)} does not answer: ${reason}`, {
          cause: error,
        });
      }
      log.warn({ database: placeOf(url) }, 'PostgreSQL does not answer yet');
      await delay(retryMs);
    }
  }
}
