// Whether the database has the schema that this release reads and writes.
import { migrationSource } from '../../schema/migrations/index.ts';
import { OperationError } from '../errors.ts';
import type { Database } from './pool.ts';
import { speaking } from './sqlstate.ts';

/** Names of migrations that have not run. A database ahead of this release lacks none. Error: unavailable. */
function missingMigrations({ knex }: Database): Promise<string[]> {
  return speaking(async () => {
    const known = await migrationSource.getMigrations([]);
    const names = known.map((one) => migrationSource.getMigrationName(one));
    const found = await knex.raw<{ rows: { present: boolean }[] }>(
      `select to_regclass('migration') is not null as present`,
    );
    if (found.rows[0]?.present !== true) return names;
    const done: { name: string }[] = await knex('migration').select('name');
    const ran = new Set(done.map((row) => row.name));
    return names.filter((name) => !ran.has(name));
  });
}

/** Error: configuration, when migrations are missing. */
export async function requireSchema(database: Database): Promise<void> {
  const missing = await missingMigrations(database);
  if (missing.length === 0) return;
  throw new OperationError(
    'configuration',
    `the database lacks migrations (${missing.join(', ')}): run bauhinia migrate`,
  );
}
