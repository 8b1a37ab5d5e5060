// Landed migrations are literals, so nothing but this comparison keeps their check constraints and the vocabulary together:
// a word that only one side knows is refused on writing, or could never be read.
import { expect } from 'chai';
import { type Database, openPool } from '../../src/database/pool.ts';
import type { DatabaseUrls } from '../../src/database/roles.ts';
import { systemStrengths } from '../../src/directory/identity.ts';
import * as vocabulary from '../../src/directory/vocabulary.ts';
import { testDatabase } from './postgres.ts';

/** Every column whose words the database checks, as `table.column`; null: words of a table that the vocabulary leaves out. */
const wordsOf: Record<string, readonly string[] | null> = {
  'account.kind': vocabulary.accountKinds,
  'account.state': vocabulary.accountStates,
  'assignment.kind': vocabulary.assignmentKinds,
  'certificate.profile': vocabulary.certificateProfiles,
  'certificate.revocation_reason': vocabulary.revocationReasons,
  'certificate.state': vocabulary.certificateStates,
  'clearance.check_type': vocabulary.checkTypes,
  'clearance.level': vocabulary.clearanceLevels,
  'clearance.status': vocabulary.clearanceStatuses,
  'clearance_level.code': vocabulary.clearanceLevels,
  'credential.kind': vocabulary.credentialKinds,
  'employment.category': vocabulary.employmentCategories,
  'group.kind': vocabulary.groupKinds,
  'organisation.clearance_ceiling': vocabulary.clearanceLevels,
  'organisation.kind': vocabulary.organisationKinds,
  'organisation_succession.kind': null,
  'person.preferred_language': vocabulary.languages,
  'post.kind': vocabulary.postKinds,
  'post.required_clearance': vocabulary.clearanceLevels,
  'post_role.role': vocabulary.roles,
  'relying_system.classification': vocabulary.clearanceLevels,
  'relying_system.minimum_clearance': vocabulary.clearanceLevels,
  'relying_system.minimum_strength': systemStrengths,
  'signing_key.state': null,
  'unit.kind': vocabulary.unitKinds,
};

describe('check constraints of a migrated database', () => {
  let urls: DatabaseUrls & { drop(): Promise<void> };
  let database: Database;

  before(async () => {
    urls = await testDatabase();
    database = openPool({ url: urls.ownerUrl, applicationName: 'bauhinia test' });
  });
  after(async () => {
    await database.close();
    await urls.drop();
  });

  /** Constraints on one text column that list words: PostgreSQL prints `in (…)` as `= ANY (ARRAY['…'::text, …])`. */
  async function listedWords(): Promise<Map<string, string[]>> {
    const { rows } = await database.knex.raw<{
      rows: { table: string; column: string; definition: string }[];
    }>(`
      select t.relname as table, a.attname as column, pg_get_constraintdef(c.oid) as definition
      from pg_constraint c
      join pg_class t on t.oid = c.conrelid
      join pg_attribute a on a.attrelid = t.oid and a.attnum = c.conkey[1]
      where c.contype = 'c' and c.connamespace = 'public'::regnamespace and cardinality(c.conkey) = 1
        and pg_get_constraintdef(c.oid) like 'CHECK ((% = ANY (ARRAY[%'`);
    const found = new Map<string, string[]>();
    for (const { table, column, definition } of rows) {
      found.set(
        `${table}.${column}`,
        [...definition.matchAll(/'([^']*)'/g)].map((match) => match[1] ?? ''),
      );
    }
    return found;
  }

  it('list the words of the vocabulary, and no column is forgotten', async () => {
    const found = await listedWords();
    expect([...found.keys()]).to.have.members(Object.keys(wordsOf));
    for (const [column, words] of Object.entries(wordsOf)) {
      if (words !== null) expect(found.get(column), column).to.have.members([...words]);
    }
  });
});
