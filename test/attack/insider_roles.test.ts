// A directory administrator and a help desk try to become what they are not. Every command by every role and every way
// round is in test/directory/access_matrix.test.ts; here are the two stories as an insider would live them.
import { expect } from 'chai';
import { builtinAccounts } from '../../src/directory/builtin.ts';
import { assign } from '../../src/directory/commands/assign.ts';
import { grantClearance } from '../../src/directory/commands/clearance_grant.ts';
import { setPassword } from '../../src/directory/commands/password_set.ts';
import { type CreatedPerson, createPerson } from '../../src/directory/commands/person_create.ts';
import { createPost } from '../../src/directory/commands/post_create.ts';
import { grantRole } from '../../src/directory/commands/role_grant.ts';
import type { PostRow } from '../../src/directory/tables.ts';
import type { Role } from '../../src/directory/vocabulary.ts';
import { openGovernment, personWith, someHash, type World } from '../directory/world.ts';
import { outcome } from '../outcome.ts';

describe('an insider who wants another role', () => {
  let world: World;
  let csb: string;
  let officerPost: PostRow;
  let officer: CreatedPerson;

  const administrator = () =>
    personWith([{ role: 'directory_administrator', organisation: null, post: null }], {
      account: builtinAccounts.console.uuid,
    });
  const helpDesk = () =>
    personWith([{ role: 'help_desk', organisation: null, post: null }], {
      account: builtinAccounts.console.uuid,
    });
  const holderOf = (role: Role, of: CreatedPerson) =>
    personWith([{ role, organisation: null, post: officerPost.uuid }], {
      account: of.account.uuid,
      person: of.person.uuid,
    });

  async function create(uid: string, by = administrator()): Promise<CreatedPerson> {
    const employment = {
      organisation: csb,
      source: 'hr',
      staff_number: uid,
      category: 'civil_servant' as const,
      start_date: '2020-01-02',
    };
    const password = { hash: someHash, must_change: false };
    return world.run(
      createPerson,
      { surname: 'Chan', given_name: 'Siu-ming', uid, employment, password },
      by,
    );
  }

  before(async () => {
    world = await openGovernment('2026-11-20T02:00:00Z');
    csb = await world.organisation('CSB');
    const input = { organisation: csb, number: 'DSO-1', title_en: 'Departmental Security Officer' };
    officerPost = (await world.run(createPost, { ...input, valid_from: new Date('2020-01-01') })).post;
    await world.run(grantRole, { post: officerPost.uuid, role: 'clearance_officer', organisation: null });
    officer = await create('officer', world.seeds.identity);
    await world.run(assign, { person: officer.person.uuid, post: officerPost.uuid, kind: 'doubling_up' });
  });
  after(() => world.close());

  it('does not make a clearance officer of a puppet', async () => {
    const puppet = await create('puppet');
    const appointed = await outcome(
      world.run(
        assign,
        { person: puppet.person.uuid, post: officerPost.uuid, kind: 'doubling_up' },
        administrator(),
      ),
    );
    expect(appointed).to.equal(
      'OperationError: access_denied: appointing to post DSO-1 requires role.grant for clearance_officer: role.grant takes system_administrator over the whole government',
    );
    expect(await world.tables.find('assignment', { person: puppet.person.uuid })).to.deep.equal([]);
  });

  it('does not become the clearance officer by a reset', async () => {
    for (const insider of [administrator(), helpDesk()]) {
      const input = { account: officer.account.uuid, hash: someHash, must_change: false };
      expect(await outcome(world.run(setPassword, input, insider))).to.contain(
        'access_denied: resetting account officer requires role.grant for clearance_officer',
      );
    }
  });

  it('who did reset an officer is known, must leave a change behind, and grants nothing for a day', async () => {
    const both = personWith(
      [
        { role: 'help_desk', organisation: null, post: null },
        { role: 'system_administrator', organisation: null, post: null },
      ],
      { account: builtinAccounts.console.uuid },
    );
    const input = { account: officer.account.uuid, hash: someHash, must_change: false };
    await world.run(setPassword, input, both);
    const credentials = await world.run(
      { name: 'test.read', execute: ({ tx }, account: string) => tx.find('credential', { account }) },
      officer.account.uuid,
    );
    expect(credentials.map((one) => one.must_change)).to.deep.equal([true]);

    const victim = await create('victim');
    const grant = () =>
      world.run(
        grantClearance,
        { person: victim.person.uuid, level: 'RESTRICTED', check_type: 'normal', basis: 'memo' },
        holderOf('clearance_officer', officer),
      );
    expect(await outcome(grant())).to.equal(
      'OperationError: stronger_proof_required: clearance.grant requires a second factor or a certificate until 2026-11-21T02:00:00.000Z: somebody else has set the password',
    );
    world.moveTo('2026-11-21T02:00:00Z');
    expect(await outcome(grant())).to.equal('done');
  });
});
