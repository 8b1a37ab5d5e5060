// A flaw in the service gives away its role in the database: what was done must stay on record all the same. On the
// embedded server, which has the two roles of production.
import { expect } from 'chai';
import pg from 'pg';
import type { DatabaseUrls } from '../../src/database/roles.ts';
import { testDatabase } from '../database/postgres.ts';

describe('the application’s role in the database', () => {
  let urls: DatabaseUrls & { drop(): Promise<void> };
  let client: pg.Client;

  before(async () => {
    urls = await testDatabase();
    client = new pg.Client({ connectionString: urls.url });
    await client.connect();
    await client.query(
      `insert into audit_event (number, at, origin, request, event, previous_hash, hash)
       values (1, now(), 'ldap', 'r', '{"act": "service.start"}', '', '')`,
    );
    await client.query(
      `insert into change (number, at, command, origin, request, rows) values (1, now(), 'c', 'cli', 'r', '[]')`,
    );
  });
  after(async () => {
    await client.end();
    await urls.drop();
  });

  async function codeOf(statement: string): Promise<string> {
    return client.query(statement).then(
      () => 'done',
      (error: { code?: string }) => error.code ?? String(error),
    );
  }

  const insufficientPrivilege = '42501';
  for (const table of ['audit_event', 'change']) {
    for (const statement of [
      `delete from ${table}`,
      `update ${table} set request = 'forged'`,
      `truncate ${table}`,
      `drop table ${table}`,
      `alter table ${table} add forged text`,
      `alter table ${table} owner to bauhinia`,
      `create rule forged as on insert to ${table} do instead nothing`,
      `create trigger forged before insert on ${table} execute function suppress_redundant_updates_trigger()`,
      `grant delete on ${table} to bauhinia`,
      `insert into ${table} select * from ${table} on conflict (number) do update set request = 'forged'`,
    ]) {
      it(`is refused: ${statement}`, async () => {
        const code = await codeOf(statement);
        // PostgreSQL answers a grant of what one does not have with a warning alone.
        if (statement.startsWith('grant')) await client.query(`select 1`);
        else expect(code).to.equal(insufficientPrivilege);
        const rows = await client.query<{ request: string }>(`select request from ${table}`);
        expect(rows.rows).to.deep.equal([{ request: 'r' }]);
      });
    }
  }

  it('cannot forget which migrations ran or whose an address was, make tables, or become another role', async () => {
    for (const statement of [
      'delete from migration',
      'delete from mail_name',
      'update mail_name set ended_at = now()',
      'create table forged ()',
      'set role bauhinia_owner',
      'set role postgres',
      `copy change to program 'true'`,
      'create extension dblink',
    ]) {
      expect(await codeOf(statement), statement).to.equal(insufficientPrivilege);
    }
  });

  it('has a password that opens neither the owner nor the superuser', async () => {
    for (const username of ['postgres', 'bauhinia_owner']) {
      const other = new pg.Client({ connectionString: Object.assign(new URL(urls.url), { username }).href });
      const refusal: unknown = await other.connect().catch((error: unknown) => error);
      await other.end().catch(() => undefined);
      expect(refusal, username).to.have.property('code', '28P01');
    }
  });
});
