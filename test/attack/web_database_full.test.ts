// Whoever fills the database's disk or memory must not make the service look broken: the client is told to come again,
// and the operator what is missing. The errors are PostgreSQL's own.
import { expect } from 'chai';
import { speaking } from '../../src/database/sqlstate.ts';
import { type Fixture, openFixture } from '../database/fixture.ts';

describe('a database without disk, memory or connections (SQLSTATE class 53)', () => {
  let fixture: Fixture;
  before(async () => {
    fixture = await openFixture();
  });
  after(() => fixture.close());

  const refusalOf = (statement: string) =>
    speaking(() => fixture.database.knex.raw(statement)).then(String, String);
  const raise = (code: string) => refusalOf(`do $$ begin raise exception using errcode = '${code}'; end $$`);

  const cases = {
    '53000': 'the directory database lacks resources',
    '53100': 'the directory database has no disk space left',
    '53200': 'the directory database has no memory left',
    '53400': 'the directory database has reached a configured limit',
  };
  for (const [code, detail] of Object.entries(cases)) {
    it(`${code} is unavailable, in words`, async () => {
      expect(await raise(code)).to.equal(`OperationError: unavailable: ${detail}`);
    });
  }

  it('53300 is a database that cannot be reached', async () => {
    expect(await raise('53300')).to.match(/^OperationError: unavailable: /);
  });
});
