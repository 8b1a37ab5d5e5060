// Brings a database to the newest schema. Safe under several starters at once: one migrates, the others wait for it.

import { migrationSource } from '../../schema/migrations/index.ts';
import type { Log } from '../log.ts';
import { connect, openPool } from './pool.ts';
import { type DatabaseUrls, grantToApplication, roleOf } from './roles.ts';
import { speaking } from './sqlstate.ts';

/** 'bauh' in ASCII: the advisory lock that starters queue on. */
const migrationLock = 0x62617568;

const applicationName = 'bauhinia migrate';

/**
 * Runs the migrations that are missing, all in one transaction, as the owner, and returns their names. Then the
 * application's role gets its rights (roles.ts).
 * A database that is ahead of this release is left as it is: the next release may be rolling out beside us.
 * Error: unavailable.
 */
export function migrate({ url, ownerUrl }: DatabaseUrls, log: Log): Promise<string[]> {
  return speaking(async () => {
    // Knex's own lock is a row that stays locked when its holder is killed; this one dies with its connection.
    const lock = await connect({ url: ownerUrl, applicationName }, (error) =>
      log.error({ err: error }, 'the connection that guards the migrations broke'),
    );
    try {
      await lock.query('select pg_advisory_lock($1)', [migrationLock]);
      return await runMissing(ownerUrl, roleOf(url), log);
    } finally {
      await lock.end();
    }
  });
}

async function runMissing(ownerUrl: string, application: string, log: Log): Promise<string[]> {
  const database = openPool({ url: ownerUrl, applicationName, size: 1, statementTimeoutMs: 0 });
  try {
    const config = { migrationSource, tableName: 'migration', disableMigrationsListValidation: true };
    await database.knex.migrate.forceFreeMigrationsLock(config);
    const result: unknown = await database.knex.migrate.latest(config);
    const names = Array.isArray(result) && Array.isArray(result[1]) ? result[1].map(String) : [];
    if (names.length > 0) log.info({ migrations: names }, 'schema migrated');
    if (roleOf(ownerUrl) !== application) await grantToApplication(database.knex, application);
    return names;
  } finally {
    await database.close();
  }
}
