// A directory administrator keeps, takes away or goes on using a role by what appointments allow besides appointing.
import { expect } from 'chai';
import { reinstateAccount } from '../../src/directory/commands/account_reinstate.ts';
import { suspendAccount } from '../../src/directory/commands/account_suspend.ts';
import { assign } from '../../src/directory/commands/assign.ts';
import { endAssignment } from '../../src/directory/commands/assignment_end.ts';
import { grantClearance } from '../../src/directory/commands/clearance_grant.ts';
import { addMember } from '../../src/directory/commands/group_add_member.ts';
import { createGroup } from '../../src/directory/commands/group_create.ts';
import { removeMember } from '../../src/directory/commands/group_remove_member.ts';
import { leave } from '../../src/directory/commands/leave.ts';
import { requireReset } from '../../src/directory/commands/password_set.ts';
import { type CreatedPerson, createPerson } from '../../src/directory/commands/person_create.ts';
import { movePerson } from '../../src/directory/commands/person_move.ts';
import { createPost } from '../../src/directory/commands/post_create.ts';
import { grantRole } from '../../src/directory/commands/role_grant.ts';
import { withdrawRole } from '../../src/directory/commands/role_withdraw.ts';
import type { Identity } from '../../src/directory/identity.ts';
import type { CommandContext } from '../../src/directory/ports.ts';
import type { AssignmentRow, PostRow } from '../../src/directory/tables.ts';
import { holderOf, openGovernment, personWith, someHash, type World } from '../directory/world.ts';
import { outcome } from '../outcome.ts';

describe('an insider who plays with appointments', () => {
  let world: World;
  let csb: string;
  let ogcio: string;
  let serial = 0;

  const rank = 'directory_administrator';
  const administratorOf = (organisation: string | null): Identity => holderOf(rank, organisation);

  async function post(organisation: string): Promise<PostRow> {
    serial += 1;
    const input = { organisation, number: `PLAY-${serial}`, title_en: 'Officer' };
    return (await world.run(createPost, { ...input, valid_from: new Date('2020-01-01') })).post;
  }

  async function officer(): Promise<CreatedPerson> {
    const held = await post(csb);
    const employment = {
      organisation: csb,
      source: 'hr',
      staff_number: `PLAY${serial}`,
      category: 'civil_servant' as const,
      start_date: '2020-01-02',
    };
    const names = { surname: 'Chan', given_name: 'Siu-ming', uid: `play${serial}`, mail: null };
    const password = { hash: someHash, must_change: false };
    return world.run(createPerson, { ...names, employment, post: held.uuid, password });
  }

  async function act(person: string, of: PostRow, days: number): Promise<AssignmentRow> {
    const valid_to = new Date(world.clock.now().getTime() + days * 86_400_000);
    const input = { person, post: of.uuid, kind: 'acting', valid_to } as const;
    return (await world.run(assign, input)).assignment;
  }

  async function clearancePost(): Promise<PostRow> {
    const made = await post(csb);
    await world.run(grantRole, { post: made.uuid, role: 'clearance_officer', organisation: null });
    return made;
  }

  before(async () => {
    world = await openGovernment('2026-11-20T02:00:00Z');
    csb = await world.organisation('CSB');
    ogcio = await world.organisation('OGCIO');
  });
  after(() => world.close());

  it('does not prolong an acting clearance officer by ending the appointment later', async () => {
    const { person } = await officer();
    const held = await act(person.uuid, await clearancePost(), 7);
    const changes = world.changes.length;
    const input = { assignment: held.uuid, at: new Date('2099-01-01T00:00:00Z') };
    expect(await outcome(world.run(endAssignment, input, administratorOf(null)))).to.equal(
      'OperationError: invalid_value: at must not be later than 2026-11-27T02:00:00.000Z, when the assignment ends; to prolong it, assign the person again',
    );
    expect(world.changes.length).to.equal(changes);
    expect((await world.one('assignment', { uuid: held.uuid })).valid_to).to.deep.equal(held.valid_to);
  });

  describe('does not lay hands on an officer of another B/D', () => {
    it('by an appointment to an own post, which their colleagues would read', async () => {
      const { person } = await officer();
      const own = (await post(ogcio)).uuid;
      for (const kind of ['doubling_up', 'acting', 'secondment'] as const) {
        const input = { person: person.uuid, post: own, kind, valid_to: new Date('2026-12-01T00:00:00Z') };
        expect(await outcome(world.run(assign, input, administratorOf(ogcio)))).to.equal(
          'OperationError: access_denied: assignment.manage takes directory_administrator over this organisation',
        );
      }
      const consented = { person: person.uuid, post: own, kind: 'doubling_up' } as const;
      expect(await outcome(world.run(assign, consented, holderOf(rank, csb, ogcio)))).to.equal('done');
    });

    it('by a role on a post that they were lent to', async () => {
      const { person, account } = await officer();
      const lent = await post(ogcio);
      await world.run(assign, { person: person.uuid, post: lent.uuid, kind: 'doubling_up' });
      const input = { post: lent.uuid, role: 'auditor', organisation: ogcio } as const;
      const changes = world.changes.length;
      for (const narrow of [holderOf('system_administrator', ogcio), holderOf(rank, null)]) {
        expect(await outcome(world.run(grantRole, input, narrow))).to.contain('access_denied');
      }
      expect(await outcome(world.run(grantRole, input, holderOf('system_administrator', ogcio)))).to.equal(
        `OperationError: access_denied: a role of post ${lent.number}, whose holder another organisation answers for: role.grant takes system_administrator over this organisation`,
      );
      expect(world.changes.length).to.equal(changes);
      const reset = { account: account.uuid };
      expect(await outcome(world.run(requireReset, reset, holderOf('help_desk', csb)))).to.equal('done');
      const both = holderOf('system_administrator', csb, ogcio);
      expect(await outcome(world.run(grantRole, input, both))).to.equal('done');
      // Even then their own B/D has a way out.
      expect(await outcome(world.run(requireReset, reset, holderOf('help_desk', csb)))).to.contain(
        'role.grant',
      );
      const [held] = await world.tables.find('assignment', { person: person.uuid, post: lent.uuid });
      const end = { assignment: held?.uuid ?? '' };
      expect(await outcome(world.run(endAssignment, end, administratorOf(csb)))).to.equal('done');
      expect(await outcome(world.run(requireReset, reset, holderOf('help_desk', csb)))).to.equal('done');
    });

    it('and cannot keep them: their own B/D ends what was agreed, and posts them', async () => {
      const [of, other] = [await officer(), await officer()];
      const elsewhere = await act(of.person.uuid, await post(ogcio), 30);
      const fstb = await world.organisation('FSTB');
      const end = { assignment: elsewhere.uuid };
      expect(await outcome(world.run(endAssignment, end, administratorOf(fstb)))).to.contain('access_denied');
      expect(await outcome(world.run(endAssignment, end, administratorOf(csb)))).to.equal('done');
      const lent = await act(other.person.uuid, await post(ogcio), 30);
      const move = { person: other.person.uuid, post: (await post(csb)).uuid };
      for (const stranger of [administratorOf(ogcio), administratorOf(fstb)]) {
        expect(await outcome(world.run(movePerson, move, stranger))).to.contain('access_denied');
      }
      expect(await outcome(world.run(movePerson, move, administratorOf(csb)))).to.equal('done');
      expect((await world.one('assignment', { uuid: lent.uuid })).valid_to).to.deep.equal(world.clock.now());
      const third = await act((await officer()).person.uuid, await post(ogcio), 30);
      const back = { assignment: third.uuid };
      expect(await outcome(world.run(endAssignment, back, administratorOf(ogcio)))).to.equal('done');
    });
  });

  describe('does not gain by a leave and a reinstatement', () => {
    async function returns(held: AssignmentRow, of: CreatedPerson, by: Identity): Promise<string> {
      await world.run(leave, { person: of.person.uuid, at_once: true });
      const result = await outcome(world.run(reinstateAccount, { account: of.account.uuid }, by));
      const after = await world.one('assignment', { uuid: held.uuid });
      return `${result}; ${after.valid_to === null ? 'endless' : 'ended'}`;
    }

    async function doubling(of: CreatedPerson, organisation: string, valid_to: Date | null) {
      const { uuid } = await post(organisation);
      const input = { person: of.person.uuid, post: uuid, kind: 'doubling_up', valid_to } as const;
      // Begun before the leave, which comes at this instant.
      const valid_from = new Date(world.clock.now().getTime() - 86_400_000);
      return (await world.run(assign, { ...input, valid_from })).assignment;
    }

    it('an appointment that had an end does not come back without one', async () => {
      const of = await officer();
      const held = await doubling(of, csb, new Date('2026-12-01T00:00:00Z'));
      expect(await returns(held, of, administratorOf(csb))).to.equal('done; ended');
    });

    it('a post of another B/D comes back by who may appoint there, and holds nobody up', async () => {
      const [of, other] = [await officer(), await officer()];
      expect(await returns(await doubling(of, ogcio, null), of, administratorOf(csb))).to.equal(
        'done; ended',
      );
      const own = await world.tables.find('assignment', { person: of.person.uuid, is_primary: true });
      expect(own.map((one) => one.valid_to)).to.deep.equal([null]);
      const held = await doubling(other, ogcio, null);
      expect(await returns(held, other, administratorOf(null))).to.equal('done; endless');
    });

    describe('groups', () => {
      const lasting = async (of: CreatedPerson) =>
        (await world.tables.find('group_member', { person: of.person.uuid }))
          .filter((one) => one.valid_to === null)
          .map((one) => one.group);

      async function memberOf(organisation: string): Promise<CreatedPerson & { group: string }> {
        const of = await officer();
        const { code } = await world.one('organisation', { uuid: organisation });
        const input = { name: `${code}-need-to-know-${serial}`, organisation };
        const group = (await world.run(createGroup, input)).group.uuid;
        await world.run(addMember, { group, member: { person: of.person.uuid } });
        return { ...of, group };
      }

      it('of the B/D left behind do not come back, whoever reinstates', async () => {
        for (const by of [administratorOf(ogcio), administratorOf(null), world.seeds.identity]) {
          const of = await memberOf(csb);
          await world.run(leave, { person: of.person.uuid, at_once: true });
          const input = { person: of.person.uuid, post: (await post(ogcio)).uuid };
          expect(await outcome(world.run(movePerson, input, holderOf(rank, csb, ogcio)))).to.equal('done');
          expect(await outcome(world.run(reinstateAccount, { account: of.account.uuid }, by))).to.equal(
            'done',
          );
          expect(await lasting(of)).to.deep.equal([]);
          const held = await world.tables.find('assignment', { person: of.person.uuid });
          expect(held.filter((one) => one.valid_to === null).map((one) => one.post)).to.deep.equal([
            input.post,
          ]);
        }
      });

      it('of another B/D come back by who manages them', async () => {
        for (const [by, comesBack] of [
          [administratorOf(csb), false],
          [administratorOf(null), true],
        ] as const) {
          const of = await memberOf(ogcio);
          await world.run(leave, { person: of.person.uuid, at_once: true });
          await world.run(reinstateAccount, { account: of.account.uuid }, by);
          expect(await lasting(of)).to.deep.equal(comesBack ? [of.group] : []);
        }
      });

      it('are rid of a leaver by their manager', async () => {
        const of = await memberOf(csb);
        await world.run(leave, { person: of.person.uuid, at_once: true });
        const input = { group: of.group, member: { person: of.person.uuid } };
        expect(await outcome(world.run(removeMember, input, holderOf('group_manager', csb)))).to.equal(
          'done',
        );
        await world.run(reinstateAccount, { account: of.account.uuid });
        expect(await world.tables.find('group_member', { person: of.person.uuid })).to.deep.equal([]);
      });
    });

    it('a post that somebody else is being posted to has one substantive holder', async () => {
      for (let round = 0; round < 8; round++) {
        const [leaver, other] = [await officer(), await officer()];
        const held = await world.one('assignment', { person: leaver.person.uuid });
        await world.run(leave, { person: leaver.person.uuid, at_once: true });
        const results = await Promise.all([
          outcome(world.run(reinstateAccount, { account: leaver.account.uuid }, administratorOf(csb))),
          outcome(
            world.run(movePerson, { person: other.person.uuid, post: held.post }, administratorOf(csb)),
          ),
        ]);
        const holders = (await world.tables.find('assignment', { post: held.post })).filter(
          (one) => one.kind === 'substantive' && one.valid_to === null,
        );
        expect(holders.length, results.join('; ')).to.equal(1);
        expect(results.filter((one) => one === 'done').length, results.join('; ')).to.equal(1);
      }
    });
  });

  it('is one of two substantive holders of a post by no way at all', async () => {
    const [one, other] = [await officer(), await officer()];
    const held = await world.one('assignment', { person: one.person.uuid });
    const write = {
      name: 'test.write',
      execute: async ({ tx, newUuid }: CommandContext) => {
        const { uuid, employment } = await world.one('assignment', { person: other.person.uuid });
        await tx.update('assignment', uuid, { is_primary: false });
        const row = { ...held, uuid: newUuid(), person: other.person.uuid, employment };
        await tx.insert('assignment', { ...row, is_primary: false });
      },
    };
    expect(await outcome(world.run(write, undefined))).to.equal(
      'OperationError: already_exists: the post has a substantive holder in that time',
    );
  });

  describe('does not use a role that was taken away, though the replica that signed them in still shows it', () => {
    const takeAway: Record<
      string,
      (role: string, held: AssignmentRow, of: CreatedPerson) => Promise<unknown>
    > = {
      'the role withdrawn from the post': (role) => world.run(withdrawRole, { post_role: role }),
      'the appointment ended': (_, held) => world.run(endAssignment, { assignment: held.uuid }),
      'the account suspended': (_, __, of) => world.run(suspendAccount, { account: of.account.uuid }),
    };
    for (const [how, take] of Object.entries(takeAway)) {
      it(how, async () => {
        const [holder, victim] = [await officer(), await officer()];
        const of = await clearancePost();
        const held = await act(holder.person.uuid, of, 30);
        const role = await world.one('post_role', { post: of.uuid });
        const stale = personWith([{ role: 'clearance_officer', organisation: null, post: of.uuid }], {
          account: holder.account.uuid,
          person: holder.person.uuid,
        });
        const grant = () => {
          const input = { person: victim.person.uuid, level: 'RESTRICTED', basis: 'memo' } as const;
          return outcome(world.run(grantClearance, { ...input, check_type: 'normal' }, stale));
        };
        expect(await grant()).to.equal('done');
        await take(role.uuid, held, holder);
        const changes = world.changes.length;
        expect(await grant()).to.contain('access_denied: clearance.grant takes clearance_officer');
        expect(world.changes.length).to.equal(changes);
      });
    }
  });
});
