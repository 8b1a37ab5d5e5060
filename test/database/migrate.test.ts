import { expect } from 'chai';
import { migrationSource } from '../../schema/migrations/index.ts';
import { columnNames, columns } from '../../src/database/columns.ts';
import { migrate } from '../../src/database/migrate.ts';
import { type Database, openPool } from '../../src/database/pool.ts';
import type { DatabaseUrls } from '../../src/database/roles.ts';
import type { TableName } from '../../src/directory/tables.ts';
import { silentLog } from '../../src/log.ts';
import { testDatabase } from './postgres.ts';

describe('migrations', () => {
  let urls: DatabaseUrls & { drop(): Promise<void> };
  let database: Database;

  before(async () => {
    urls = await testDatabase();
    database = openPool({ url: urls.ownerUrl, applicationName: 'bauhinia test' });
    await database.knex.raw('drop schema public cascade; create schema public');
  });
  after(async () => {
    await database.close();
    await urls.drop();
  });

  it('run once from empty, whichever of four starters comes first', async () => {
    const runs = await Promise.all([1, 2, 3, 4].map(() => migrate(urls, silentLog)));
    const inOrder = await migrationSource.getMigrations([]);
    expect(runs.flat()).to.deep.equal(inOrder.map((one) => migrationSource.getMigrationName(one)));
    expect(await migrate(urls, silentLog)).to.deep.equal([]);
  });

  it('are not held up by the lock that a killed starter left in the table of Knex', async () => {
    await database.knex('migration_lock').update({ is_locked: 1 });
    await database.knex('migration').delete().where('name', '0004_feed_and_trail');
    await database.knex.raw('drop table job_state, audit_event, audit_counter, change, change_counter');
    expect(await migrate(urls, silentLog)).to.deep.equal(['0004_feed_and_trail']);
  });

  it('leave a database that is ahead of this release as it is', async () => {
    await database
      .knex('migration')
      .insert({ name: '9999_of_the_next_release', batch: 9, migration_time: new Date(0) });
    expect(await migrate(urls, silentLog)).to.deep.equal([]);
  });

  it('give every table the columns of its row type', async () => {
    for (const table of Object.keys(columns) as TableName[]) {
      const found: Record<string, unknown> = await database.knex(table).columnInfo();
      const shown = Object.keys(found).filter((column) => !hidden(table, column));
      expect(shown, table).to.have.members(columnNames(table));
    }
  });

  it('take no database for granted: one that is away is unavailable', async () => {
    const url = 'postgresql://nobody@127.0.0.1:1/none';
    const error: unknown = await migrate({ url, ownerUrl: url }, silentLog).catch((e: unknown) => e);
    expect(String(error)).to.equal('OperationError: unavailable: the directory database is away');
  });

  /** Stamps stand beside the row in tables of published objects. */
  const hidden = (table: TableName, column: string) =>
    ['created_at', 'modified_at'].includes(column) && !columnNames(table).includes(column);
});
