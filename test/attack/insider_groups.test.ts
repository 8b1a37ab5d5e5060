// A manager of groups uses them for what the role does not give: to reach beyond the own office by a rule, to tell who serves
// on which terms, to fill the memory of every replica, and to let themselves in.
import { randomUUID } from 'node:crypto';
import { expect } from 'chai';
import { addMember } from '../../src/directory/commands/group_add_member.ts';
import { changeGroup } from '../../src/directory/commands/group_change.ts';
import { type CreateGroupInput, createGroup } from '../../src/directory/commands/group_create.ts';
import { createPerson } from '../../src/directory/commands/person_create.ts';
import { createPost } from '../../src/directory/commands/post_create.ts';
import { grantRole } from '../../src/directory/commands/role_grant.ts';
import type { Identity } from '../../src/directory/identity.ts';
import type { Command } from '../../src/directory/ports.ts';
import type { GroupRow } from '../../src/directory/tables.ts';
import { holderOf, openGovernment, personWith, someHash, type World } from '../directory/world.ts';
import { outcome } from '../outcome.ts';

describe('an insider who manages groups', () => {
  let world: World;
  let bureau: string;
  let branch: string;
  let other: string;
  let serial = 0;

  before(async () => {
    world = await openGovernment('2026-11-20T02:00:00Z');
    const uuidOf = async (code: string) => (await world.one('organisation', { code })).uuid;
    [bureau, branch, other] = [await uuidOf('FSTB'), await uuidOf('FSTB-TB'), await uuidOf('CSB')];
  });
  after(() => world.close());

  const managerOf = (organisation: string | null) => holderOf('group_manager', organisation);
  const administratorOf = (organisation: string | null) => holderOf('directory_administrator', organisation);

  function make(input: Partial<CreateGroupInput>, by?: Identity): Promise<{ group: GroupRow }> {
    serial += 1;
    return world.run(createGroup, { name: `FSTB-TB-${serial}`, organisation: branch, ...input }, by);
  }

  describe('makes no rule that reaches further than the role', () => {
    const ruled = (rule: GroupRow['rule'], by: Identity) => outcome(make({ kind: 'rule', rule }, by));
    const beyond = (where: string, over: string) =>
      `OperationError: access_denied: a rule over ${where}: group.manage takes directory_administrator or group_manager over ${over}`;

    it('over the whole government, another organisation or the one above', async () => {
      const manager = managerOf(branch);
      expect(await ruled({ rank: 'EO1' }, manager)).to.equal(
        beyond('the whole government', 'the whole government'),
      );
      expect(await ruled({ organisation: other }, manager)).to.equal(beyond('CSB', 'this organisation'));
      expect(await ruled({ organisation: bureau }, manager)).to.equal(beyond('FSTB', 'this organisation'));
      expect(await ruled({ organisation: randomUUID() }, manager)).to.contain('not_found: organisation');
      expect(await ruled({ organisation: branch }, manager)).to.equal('done');
      expect(await ruled({ organisation: branch, rank: 'EO1' }, managerOf(bureau))).to.equal('done');
      expect(await ruled({ rank: 'EO1' }, managerOf(null))).to.equal('done');
    });

    it('by category, which the address book does not show, except by who manages the people', async () => {
      const told = (where: string) =>
        `access_denied: a rule by category, which tells the terms of the people of ${where}: person.manage takes directory_administrator`;
      const rule = { organisation: branch, category: 't_contract' } as const;
      expect(await ruled(rule, managerOf(branch))).to.contain(told('FSTB-TB'));
      expect(await ruled({ category: 't_contract' }, managerOf(null))).to.contain(
        told('the whole government'),
      );
      expect(await ruled(rule, administratorOf(branch))).to.equal('done');
      expect(await ruled({ category: 't_contract' }, administratorOf(branch))).to.contain('a rule over');
      expect(await ruled({ category: 't_contract' }, administratorOf(null))).to.equal('done');
    });

    it('nor by changing a group that stands', async () => {
      const { group } = await make({ kind: 'rule', rule: { organisation: branch } });
      const change = (rule: GroupRow['rule']) =>
        outcome(world.run(changeGroup, { group: group.uuid, changes: { rule } }, managerOf(branch)));
      expect(await change({ rank: 'EO1' })).to.equal(beyond('the whole government', 'the whole government'));
      expect(await change({ organisation: branch, category: 'vendor' })).to.contain('person.manage');
      expect(await change({ organisation: branch, rank: 'EO1' })).to.equal('done');
      const listed = (await make({})).group.uuid;
      const turned = { group: listed, changes: { kind: 'rule', rule: { organisation: other } } } as const;
      expect(await outcome(world.run(changeGroup, turned, managerOf(branch)))).to.equal(
        beyond('CSB', 'this organisation'),
      );
    });
  });

  describe('has bounds', () => {
    const groups = { mostOfOwner: 4, mostByRule: 2, mostListed: 3 };
    function bounded<Input, Output>(command: Command<Input, Output>): Command<Input, Output> {
      const { name } = command;
      return {
        name,
        execute: (context, input) =>
          command.execute({ ...context, rules: { ...context.rules, groups } }, input),
      };
    }

    it('of groups, and of groups by rule', async () => {
      const office = await world.organisation('EDB');
      const create = (kind: 'static' | 'rule', organisation: string | null = office) => {
        const rule = kind === 'rule' ? { organisation: office } : null;
        const input = { name: `EDB-bounded-${++serial}`, organisation, kind, rule };
        return outcome(world.run(bounded(createGroup), input));
      };
      expect([await create('rule'), await create('rule')]).to.deep.equal(['done', 'done']);
      expect(await create('rule')).to.equal(
        'OperationError: invalid_state: the owner has 2 groups by rule, which is the most',
      );
      expect([await create('static'), await create('static')]).to.deep.equal(['done', 'done']);
      const full = 'OperationError: invalid_state: the owner has 4 groups, which is the most';
      expect(await create('static')).to.equal(full);
      // Neither by taking one over, nor by turning one into another kind.
      const { group } = await make({});
      const take = { group: group.uuid, changes: { organisation: office } };
      expect(await outcome(world.run(bounded(changeGroup), take))).to.equal(full);
    });

    it('of members', async () => {
      const { group } = await make({});
      const added: string[] = [];
      for (let count = 0; count < 4; count++) {
        const member = { group: (await make({})).group.uuid };
        added.push(await outcome(world.run(bounded(addMember), { group: group.uuid, member })));
      }
      expect(added).to.deep.equal([
        ...['done', 'done', 'done'],
        `OperationError: invalid_state: group ${group.name} lists 3 members, which is the most`,
      ]);
    });
  });

  describe('does not let themselves in', () => {
    let self: Identity;
    let person: string;

    before(async () => {
      const input = { organisation: branch, number: 'GM-1', title_en: 'Manager of groups' };
      const post = (await world.run(createPost, { ...input, valid_from: new Date('2020-01-01') })).post.uuid;
      const created = await world.run(createPerson, {
        surname: 'Chan',
        given_name: 'Siu-ming',
        uid: 'letsin',
        mail: null,
        employment: {
          organisation: branch,
          source: 'hr',
          staff_number: 'LETSIN',
          category: 'civil_servant',
          start_date: '2020-01-02',
        },
        post,
        password: { hash: someHash, must_change: false },
      });
      await world.run(grantRole, { post, role: 'group_manager', organisation: branch });
      person = created.person.uuid;
      self = personWith([{ role: 'group_manager', organisation: branch, post }], {
        account: created.account.uuid,
        person,
      });
    });

    const refusal = 'OperationError: access_denied: the membership of oneself is for somebody else to change';

    it('by the own name', async () => {
      const { group } = await make({}, self);
      expect(await outcome(world.run(addMember, { group: group.uuid, member: { person } }, self))).to.equal(
        refusal,
      );
      expect(await world.tables.find('group_member', { group: group.uuid })).to.deep.equal([]);
    });

    it('by a group that somebody else has put them in, at whatever depth', async () => {
      const [team, outer, target] = [await make({}), await make({}), await make({})];
      await world.run(addMember, { group: team.group.uuid, member: { person } });
      await world.run(addMember, { group: outer.group.uuid, member: { group: team.group.uuid } });
      for (const { group } of [team, outer]) {
        const input = { group: target.group.uuid, member: { group: group.uuid } };
        expect(await outcome(world.run(addMember, input, self))).to.equal(refusal);
      }
      const without = { group: target.group.uuid, member: { group: (await make({})).group.uuid } };
      expect(await outcome(world.run(addMember, without, self))).to.equal('done');
    });

    it('by a group of a kind that promises approvals, while there are none', async () => {
      for (const by of [self, world.seeds.identity]) {
        expect(await outcome(make({ kind: 'approval' }, by))).to.equal(
          'OperationError: invalid_value: kind must be one of static, rule',
        );
      }
      const { group } = await make({});
      const changed = { group: group.uuid, changes: { kind: 'approval' as const } };
      expect(await outcome(world.run(changeGroup, changed))).to.contain('kind must be one of static, rule');
    });
  });
});
