// An insider whose right is being taken away has acts under way. None of them is numbered after the end of the right, so
// that nobody finds in the feed an act by who had no right to it.
import { expect } from 'chai';
import { suspendAccount } from '../../src/directory/commands/account_suspend.ts';
import { assign } from '../../src/directory/commands/assign.ts';
import { endAssignment } from '../../src/directory/commands/assignment_end.ts';
import { grantClearance } from '../../src/directory/commands/clearance_grant.ts';
import { type CreatedPerson, createPerson } from '../../src/directory/commands/person_create.ts';
import { changePost } from '../../src/directory/commands/post_change.ts';
import { createPost } from '../../src/directory/commands/post_create.ts';
import { grantRole } from '../../src/directory/commands/role_grant.ts';
import { withdrawRole } from '../../src/directory/commands/role_withdraw.ts';
import type { AssignmentRow, PostRow } from '../../src/directory/tables.ts';
import { openGovernment, personWith, someHash, type World } from '../directory/world.ts';
import { outcome } from '../outcome.ts';

describe('an insider who acts while the right is taken away', function () {
  this.timeout(60_000);
  let world: World;
  let csb: string;
  let serial = 0;

  async function post(): Promise<PostRow> {
    serial += 1;
    const input = { organisation: csb, number: `LATE-${serial}`, title_en: 'Officer' };
    return (await world.run(createPost, { ...input, valid_from: new Date('2020-01-01') })).post;
  }

  async function officer(): Promise<CreatedPerson> {
    const held = await post();
    const employment = {
      organisation: csb,
      source: 'hr',
      staff_number: `LATE${serial}`,
      category: 'civil_servant' as const,
      start_date: '2020-01-02',
    };
    const names = { surname: 'Chan', given_name: 'Siu-ming', uid: `late${serial}`, mail: null };
    const password = { hash: someHash, must_change: false };
    return world.run(createPerson, { ...names, employment, post: held.uuid, password });
  }

  before(async () => {
    // A clock that goes on: a right that ends while an act waits for it ends after the act began.
    let instant = Date.parse('2026-11-20T02:00:00Z');
    world = await openGovernment('2026-11-20T02:00:00Z', () => new Date(instant++));
    csb = await world.organisation('CSB');
  });
  after(() => world.close());

  const takeAway: Record<
    string,
    (of: { role: string; held: AssignmentRow; post: string; account: string }) => Promise<unknown>
  > = {
    'the role is withdrawn from the post': ({ role }) => world.run(withdrawRole, { post_role: role }),
    'the appointment is ended': ({ held }) => world.run(endAssignment, { assignment: held.uuid }),
    'the account is suspended': ({ account }) => world.run(suspendAccount, { account }),
    'the post is closed': (of) =>
      world.run(changePost, { post: of.post, changes: { valid_to: world.clock.now() } }),
  };
  for (const [how, take] of Object.entries(takeAway)) {
    it(`nothing is done after the end when ${how}`, async () => {
      for (let round = 0; round < 6; round++) {
        const [holder, victim, of] = [await officer(), await officer(), await post()];
        const { post_role } = await world.run(grantRole, {
          post: of.uuid,
          role: 'clearance_officer',
          organisation: csb,
        });
        const doubling = { person: holder.person.uuid, post: of.uuid, kind: 'doubling_up' } as const;
        const held = (await world.run(assign, doubling)).assignment;
        const identity = personWith([{ role: 'clearance_officer', organisation: csb, post: of.uuid }], {
          account: holder.account.uuid,
          person: holder.person.uuid,
        });
        const from = world.changes.length;
        const grants = Array.from({ length: 6 }, (_, index) => {
          const level = index % 2 === 0 ? 'SECRET' : 'CONFIDENTIAL';
          const input = {
            person: victim.person.uuid,
            level,
            check_type: 'extended',
            basis: `${index}`,
          } as const;
          return outcome(world.run(grantClearance, input, identity));
        });
        const end = outcome(
          take({ role: post_role.uuid, held, post: of.uuid, account: holder.account.uuid }),
        );
        const [ended, ...granted] = await Promise.all([end, ...grants]);
        expect(ended).to.equal('done');
        for (const one of granted) {
          if (one !== 'done')
            expect(one).to.contain('access_denied: clearance.grant takes clearance_officer');
        }
        const order = world.changes
          .slice(from)
          .sort((one, other) => one.number - other.number)
          .map((change) => change.command);
        const last = order.findIndex((command) => command !== 'clearance.grant');
        expect(order.slice(last + 1), order.join()).to.deep.equal([]);
      }
    });
  }

  it('of two administrators who suspend one another at once, one is suspended', async () => {
    const one = await administrator();
    const other = await administrator();
    const results = await Promise.all([
      outcome(world.run(suspendAccount, { account: other.account }, one.identity)),
      outcome(world.run(suspendAccount, { account: one.account }, other.identity)),
    ]);
    expect(results.filter((result) => result === 'done').length, results.join('; ')).to.equal(1);
    expect(results.find((result) => result !== 'done')).to.contain('access_denied: account.manage takes');
  });

  async function administrator() {
    const of = await post();
    await world.run(grantRole, { post: of.uuid, role: 'directory_administrator', organisation: csb });
    await world.run(grantRole, { post: of.uuid, role: 'system_administrator', organisation: csb });
    const { person, account } = await officer();
    await world.run(assign, { person: person.uuid, post: of.uuid, kind: 'doubling_up' });
    const roles = ['directory_administrator', 'system_administrator'] as const;
    const grants = roles.map((role) => ({ role, organisation: csb, post: of.uuid }));
    return {
      account: account.uuid,
      identity: personWith(grants, { account: account.uuid, person: person.uuid }),
    };
  }
});
