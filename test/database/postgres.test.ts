// The test databases themselves: suites rely on their being apart from each other.
import { expect } from 'chai';
import pg from 'pg';
import { testDatabase } from './postgres.ts';

describe('test databases', () => {
  it('are clones of their own, and drop with connections open', async () => {
    const [first, second] = await Promise.all([testDatabase(), testDatabase()]);
    const clients = [first, second].map(({ ownerUrl }) => new pg.Client({ connectionString: ownerUrl }));
    const ended = new Set<pg.Client>();
    for (const client of clients) {
      client.on('error', () => ended.add(client));
      await client.connect();
      await client.query('CREATE TABLE apart (n integer)');
    }
    await Promise.all([first.drop(), second.drop()]);
    expect(ended.size).to.equal(2);
    for (const client of clients) await client.end();
    const { url, drop } = await testDatabase();
    const client = new pg.Client({ connectionString: url });
    await client.connect();
    const { rows } = await client.query(`SELECT to_regclass('apart') AS apart`);
    expect(rows).to.deep.equal([{ apart: null }]);
    await client.end();
    await drop();
  });
});
