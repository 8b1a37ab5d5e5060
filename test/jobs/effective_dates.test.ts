// Dated facts take effect by themselves: a frozen clock is moved over their instants and the job is run.
import { expect } from 'chai';
import { reinstateAccount } from '../../src/directory/commands/account_reinstate.ts';
import { assign } from '../../src/directory/commands/assign.ts';
import { grantClearance } from '../../src/directory/commands/clearance_grant.ts';
import { addMember } from '../../src/directory/commands/group_add_member.ts';
import { createGroup } from '../../src/directory/commands/group_create.ts';
import { leave } from '../../src/directory/commands/leave.ts';
import { createPerson } from '../../src/directory/commands/person_create.ts';
import { movePerson } from '../../src/directory/commands/person_move.ts';
import { createPost } from '../../src/directory/commands/post_create.ts';
import type { CommandRunner } from '../../src/directory/ports.ts';
import { OperationError } from '../../src/errors.ts';
import { createEffectiveDates, type EffectiveDates } from '../../src/jobs/effective_dates.ts';
import { silentLog } from '../../src/log.ts';
import { openGovernment, someHash, type World } from '../directory/world.ts';

describe('job: effective dates', () => {
  let world: World;
  let job: EffectiveDates;
  let csb: string;
  let sb: string;
  let serial = 0;

  const open = (runner: CommandRunner = world.runner): EffectiveDates =>
    createEffectiveDates({
      dueFacts: world.dueFacts,
      cursor: world.cursor,
      runner,
      clock: world.clock,
      log: silentLog,
    });

  beforeEach(async function () {
    this.timeout(60_000);
    world = await openGovernment('2026-11-20T02:00:00Z');
    csb = await world.organisation('CSB');
    sb = await world.organisation('SB');
    job = open();
    await job.run();
  });
  afterEach(() => world.close());

  async function newPost(organisation = csb): Promise<string> {
    serial += 1;
    const columns = { organisation, number: `P-${String(serial)}`, title_en: 'Officer' };
    return (await world.run(createPost, { ...columns, valid_from: new Date('2020-01-01T00:00:00Z') })).post
      .uuid;
  }

  async function newPerson(start_date = '2020-01-02', password = true) {
    serial += 1;
    return world.run(createPerson, {
      surname: 'Lee',
      given_name: 'Siu-ming',
      uid: `officer${String(serial)}`,
      employment: {
        organisation: csb,
        source: 'hr',
        staff_number: String(serial),
        category: 'civil_servant',
        start_date,
      },
      post: await newPost(),
      password: password ? { hash: someHash, must_change: true } : null,
    });
  }

  const stateOf = async (uuid: string) => (await world.one('account', { uuid })).state;
  const touched = () => world.changes.at(-1)?.rows.map((row) => row.table) ?? [];

  it('a joiner opens at midnight in Hong Kong of the first day, with or without a password', async () => {
    const ready = await newPerson('2026-11-23');
    const invited = await newPerson('2026-11-23', false);
    world.moveTo('2026-11-22T15:59:59.999Z');
    await job.run();
    expect(await stateOf(ready.account.uuid)).to.equal('PENDING');
    world.moveTo('2026-11-22T16:00:00Z');
    await job.run();
    expect(await stateOf(ready.account.uuid)).to.equal('ACTIVE');
    expect(await stateOf(invited.account.uuid)).to.equal('INVITED');
    const change = world.changes.at(-1);
    expect(change).to.include({ command: 'due_facts.apply', origin: 'job' });
    expect(touched()).to.include('assignment');
  });

  it('a leaver closes when the last duty day is over, and final leave when service is', async () => {
    const { person, account } = await newPerson();
    const days = { last_duty_date: '2026-11-24', last_service_date: '2026-11-30' };
    await world.run(leave, { person: person.uuid, ...days });
    world.moveTo('2026-11-24T15:59:59Z');
    await job.run();
    expect(await stateOf(account.uuid)).to.equal('ACTIVE');
    world.moveTo('2026-11-24T16:00:01Z');
    await job.run();
    expect(await stateOf(account.uuid)).to.equal('FINAL_LEAVE');
    const held = await world.one('assignment', { person: person.uuid });
    expect(held.valid_to).to.deep.equal(world.clock.now());
    world.moveTo('2026-11-30T16:00:01Z');
    await job.run();
    expect(await stateOf(account.uuid)).to.equal('DISABLED');
    await world.run(reinstateAccount, { account: account.uuid });
    expect(await stateOf(account.uuid)).to.equal('ACTIVE');
  });

  it('a leave that was called off does nothing, and one undone by hand is not done again', async () => {
    const stays = await newPerson();
    await world.run(leave, { person: stays.person.uuid, last_duty_date: '2026-11-24' });
    await world.run(leave, { person: stays.person.uuid, last_duty_date: null });
    const returns = await newPerson();
    await world.run(leave, { person: returns.person.uuid, at_once: true });
    world.moveTo('2026-11-20T03:00:00Z');
    await world.run(reinstateAccount, { account: returns.account.uuid });
    world.moveTo('2026-11-26T00:00:00Z');
    await job.run();
    expect(await stateOf(stays.account.uuid)).to.equal('ACTIVE');
    expect(await stateOf(returns.account.uuid)).to.equal('ACTIVE');
  });

  it('an acting appointment begins and ends: its row stands in a change at both instants', async () => {
    const { person } = await newPerson();
    const { assignment } = await world.run(assign, {
      person: person.uuid,
      post: await newPost(),
      kind: 'acting',
      valid_from: new Date('2026-11-25T00:00:00Z'),
      valid_to: new Date('2026-11-26T00:00:00Z'),
    });
    for (const instant of ['2026-11-25T00:00:00Z', '2026-11-26T00:00:00Z']) {
      const before = world.changes.length;
      world.moveTo(instant);
      expect(await job.run()).to.deep.equal({ applied: 1 });
      expect(world.changes.length).to.equal(before + 1);
      const [row] = world.changes.at(-1)?.rows ?? [];
      expect(row).to.include({ table: 'assignment', uuid: assignment.uuid });
      expect(row?.after).to.deep.equal(row?.before);
    }
  });

  it('a posting to come moves the employment when it comes', async () => {
    const { person, employment } = await newPerson();
    const at = new Date('2026-11-25T00:00:00Z');
    await world.run(movePerson, { person: person.uuid, post: await newPost(sb), at });
    expect((await world.one('employment', { uuid: employment.uuid })).organisation).to.equal(csb);
    world.moveTo('2026-11-25T00:00:00Z');
    await job.run();
    expect((await world.one('employment', { uuid: employment.uuid })).organisation).to.equal(sb);
  });

  it('a clearance that lapses ends sessions; a membership that lapses is told', async () => {
    const { person, account } = await newPerson();
    const valid_to = new Date('2026-11-25T00:00:00Z');
    await world.run(grantClearance, {
      person: person.uuid,
      level: 'CONFIDENTIAL',
      check_type: 'normal',
      basis: 'DSO/7',
      valid_to,
    });
    const { group } = await world.run(createGroup, { name: 'boxed', organisation: csb });
    await world.run(addMember, { group: group.uuid, member: { person: person.uuid }, valid_to });
    world.moveTo('2026-11-25T00:00:00Z');
    await job.run();
    const { sessions_valid_from } = await world.one('account', { uuid: account.uuid });
    expect(sessions_valid_from).to.deep.equal(world.clock.now());
    expect(touched()).to.include.members(['clearance', 'group_member']);
  });

  it('does nothing twice, and nothing at all when nothing is due', async () => {
    await newPerson('2026-11-23');
    world.moveTo('2026-11-23T00:00:00Z');
    expect((await job.run()).applied).to.be.above(0);
    const changes = world.changes.length;
    expect(await job.run()).to.deep.equal({ applied: 0 });
    world.moveTo('2026-11-23T00:00:30Z');
    expect(await job.run()).to.deep.equal({ applied: 0 });
    world.moveTo('2026-11-25T00:00:00Z');
    expect(await job.run()).to.deep.equal({ applied: 0 });
    expect(world.changes.length).to.equal(changes);
    expect(await world.cursor.read('effective_dates')).to.deep.equal(world.clock.now());
  });

  it('another process that takes over repeats the last minute without harm', async () => {
    const { account } = await newPerson('2026-11-23');
    world.moveTo('2026-11-22T16:00:05Z');
    await job.run();
    const { sessions_valid_from } = await world.one('account', { uuid: account.uuid });
    world.moveTo('2026-11-22T16:00:10Z');
    await open().run();
    const after = await world.one('account', { uuid: account.uuid });
    expect(after).to.deep.include({ state: 'ACTIVE', sessions_valid_from });
  });

  it('finds a fact that was committed after the cursor had passed its instant', async () => {
    const { person } = await newPerson();
    world.moveTo('2026-11-25T00:00:30Z');
    await job.run();
    world.moveTo('2026-11-25T00:00:00Z'); // a command that began before, and commits now
    const { assignment } = await world.run(assign, {
      person: person.uuid,
      post: await newPost(),
      kind: 'acting',
      valid_from: new Date('2026-11-25T00:00:10Z'),
      valid_to: new Date('2026-12-25T00:00:00Z'),
    });
    world.moveTo('2026-11-25T00:00:40Z');
    await job.run();
    expect(world.changes.at(-1)?.rows.map((row) => row.uuid)).to.include(assignment.uuid);
  });

  it('loses nothing when it dies in the middle: the cursor moves with the facts or not at all', async () => {
    const { account } = await newPerson('2026-11-23');
    const cursor = await world.cursor.read('effective_dates');
    world.moveTo('2026-11-23T00:00:00Z');
    const away: CommandRunner = {
      run: () => Promise.reject(new OperationError('unavailable', 'the database is away')),
    };
    const [outcome] = await Promise.allSettled([open(away).run()]);
    expect(outcome).to.have.nested.property('reason.code', 'unavailable');
    expect(await world.cursor.read('effective_dates')).to.deep.equal(cursor);
    await open().run();
    expect(await stateOf(account.uuid)).to.equal('ACTIVE');
  });

  it('one fact that cannot take effect holds up no other', async () => {
    const bad = await newPerson('2026-11-23');
    const good = await newPerson('2026-11-23');
    world.moveTo('2026-11-23T00:00:00Z');
    const failing: CommandRunner = {
      run(command, input, origin) {
        const facts = (input as { facts?: { uuid: string }[] }).facts ?? [];
        const isBad = facts.some((fact) => fact.uuid === bad.employment.uuid);
        return isBad ? Promise.reject(new Error('a fault')) : world.runner.run(command, input, origin);
      },
    };
    await open(failing).run();
    expect(await stateOf(good.account.uuid)).to.equal('ACTIVE');
    expect(await stateOf(bad.account.uuid)).to.equal('PENDING');
    expect(await world.cursor.read('effective_dates')).to.deep.equal(world.clock.now());
  });

  it('takes more facts of one instant than fit a transaction', async function () {
    this.timeout(60_000);
    const insert = {
      name: 'test.many',
      execute: async ({ tx, now, newUuid }: Parameters<typeof createGroup.execute>[0], count: number) => {
        for (let index = 0; index < count; index++) {
          const person = newRow(newUuid());
          await tx.insert('person', person);
          await tx.insert('mail_address', {
            uuid: newUuid(),
            person: person.uuid,
            address: `m${String(index)}@csb.gov.hk`,
            is_primary: true,
            valid_from: new Date(now.getTime() + 3_600_000),
            valid_to: null,
          });
        }
      },
    };
    const newRow = (uuid: string) => ({
      uuid,
      surname: 'Ng',
      given_name: 'Yi',
      english_name: null,
      name_zh: null,
      aliases: [],
      preferred_language: 'en' as const,
      extension: {},
    });
    await world.run(insert, 1203);
    const before = world.changes.length;
    world.moveTo('2026-11-20T03:00:00Z');
    expect(await job.run()).to.deep.equal({ applied: 1203 });
    expect(world.changes.length - before).to.equal(3);
    expect(await job.run()).to.deep.equal({ applied: 0 });
  });
});
