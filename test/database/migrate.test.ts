import { randomUUID } from 'node:crypto';
import { expect } from 'chai';
import * as postNumberNormalForm from '../../schema/migrations/0012_post_number_normal_form.ts';
import * as addressesGivenUp from '../../schema/migrations/0013_addresses_given_up.ts';
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

  it('make one of two substantive holders of a post double up there', async () => {
    const [organisation, post, first, second, next] = Array.from({ length: 5 }, () => randomUUID());
    await database.knex('migration').delete().where('name', '0011_one_substantive_holder');
    await database.knex.raw('alter table assignment drop constraint assignment_one_substantive_holder');
    await database.knex('organisation').insert({
      uuid: organisation,
      code: 'CSB',
      name_en: 'Bureau',
      name_zh: '局',
      kind: 'bureau',
      clearance_ceiling: 'NONE',
      valid_from: '2020-01-01',
      extension: '{}',
    });
    const always = { title_en: 'Officer', kind: 'permanent', required_clearance: 'NONE', extension: '{}' };
    await database
      .knex('post')
      .insert({ uuid: post, organisation, number: 'A1', valid_from: '2020-01-01', ...always });
    for (const [person, valid_from, valid_to] of [
      [first, '2020-01-01', '2021-01-01'],
      [second, '2020-06-01', '2021-06-01'],
      [next, '2021-06-01', null],
    ] as const) {
      const names = { surname: 'Chan', given_name: 'Tai-man', preferred_language: 'en', extension: '{}' };
      await database.knex('person').insert({ uuid: person, ...names });
      const terms = { source: 'hr', category: 'civil_servant', start_date: '2020-01-01' };
      await database
        .knex('employment')
        .insert({ uuid: person, person, organisation, staff_number: person, ...terms });
      const period = { valid_from, valid_to, kind: 'substantive', is_primary: true };
      await database.knex('assignment').insert({ uuid: person, person, employment: person, post, ...period });
    }
    expect(await migrate(urls, silentLog)).to.deep.equal(['0011_one_substantive_holder']);
    const rows: { kind: string }[] = await database.knex('assignment').select('kind').orderBy('valid_from');
    expect(rows.map((row) => row.kind)).to.deep.equal(['substantive', 'doubling_up', 'substantive']);
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

  it('0012 names the posts whose numbers are one name in LDAP, and changes nothing', async () => {
    const { knex } = database;
    await postNumberNormalForm.down(knex);
    await knex.raw(`
      insert into organisation (uuid, code, name_en, name_zh, kind, clearance_ceiling, valid_from)
        values (gen_random_uuid(), 'TWICE', 'Bureau', '局', 'bureau', 'NONE', now());
      insert into post (uuid, organisation, number, title_en, kind, required_clearance, valid_from)
        select gen_random_uuid(), uuid, number, 'Officer', 'permanent', 'NONE', now()
        from organisation, unnest(array['AS 1', 'as  1', 'AS 2']) as number where code = 'TWICE';`);
    const error: unknown = await postNumberNormalForm.up(knex).catch((e: unknown) => e);
    expect(String(error)).to.match(
      /change one of each, then migrate again: TWICE: 'as {2}1', 'AS 1'$|TWICE: 'AS 1', 'as {2}1'$/,
    );
    await knex('post').delete().where('number', 'as  1');
    await postNumberNormalForm.up(knex);
  });

  it('0013 knows whose every address is', async () => {
    await addressesGivenUp.down(database.knex);
    await database.knex('migration').delete().where('name', '0013_addresses_given_up');
    const uuid = randomUUID();
    await database.knex('group').insert({ uuid, name: 'CSB-mail', kind: 'static', mail: 'Mail@csb.gov.hk' });
    expect(await migrate(urls, silentLog)).to.deep.equal(['0013_addresses_given_up']);
    const held = { address: 'mail@csb.gov.hk', holder: uuid, ended_at: null };
    expect(await database.knex('mail_name')).to.deep.equal([held]);
    await database.knex('group').delete().where({ uuid });
    expect(await database.knex('mail_name').whereNotNull('ended_at')).to.have.length(1);
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
