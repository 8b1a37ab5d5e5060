// The replica on the database it is made for: snapshot, commands that it follows, and the same image from a new snapshot.
import { expect } from 'chai';
import { seedBase } from '../../seeds/base.ts';
import { seedDemo } from '../../seeds/demo.ts';
import { demoUids } from '../../seeds/demo_facts.ts';
import { createChangeFeed } from '../../src/database/change_feed.ts';
import { createPublishedSource } from '../../src/database/published_source.ts';
import { reinstateAccount } from '../../src/directory/commands/account_reinstate.ts';
import { suspendAccount } from '../../src/directory/commands/account_suspend.ts';
import { endAssignment } from '../../src/directory/commands/assignment_end.ts';
import { addMember } from '../../src/directory/commands/group_add_member.ts';
import { createGroup } from '../../src/directory/commands/group_create.ts';
import { removeMember } from '../../src/directory/commands/group_remove_member.ts';
import { leave } from '../../src/directory/commands/leave.ts';
import { changeOrganisation } from '../../src/directory/commands/organisation_change.ts';
import { createOrganisation } from '../../src/directory/commands/organisation_create.ts';
import { changePerson } from '../../src/directory/commands/person_change.ts';
import { createUnit } from '../../src/directory/commands/unit_create.ts';
import { endUnit } from '../../src/directory/commands/unit_end.ts';
import type { Command, CommandContext, Transaction } from '../../src/directory/ports.ts';
import { wholeDirectory } from '../../src/directory/visibility.ts';
import { type Log, silentLog } from '../../src/log.ts';
import { openReplica, type Replica } from '../../src/replica/replica.ts';
import { checkFilter } from '../../src/x500/check_filter.ts';
import { attributesOf, type Entry, textValues } from '../../src/x500/entry.ts';
import { parseFilter } from '../../src/x500/filter_text.ts';
import { loadSchema } from '../../src/x500/load_schema.ts';
import { openWorld, type World } from '../directory/world.ts';

const schema = loadSchema();
const suffix = 'dc=gov,dc=hk';

function find(replica: Replica, text: string): Entry[] {
  const filter = checkFilter(schema, parseFilter(text));
  const cursor = replica.search({
    base: suffix,
    scope: 'subtree',
    filter,
    visibility: wholeDirectory,
    after: 0,
  });
  const found: Entry[] = [];
  for (let next = cursor.next(100); next !== 'end'; next = cursor.next(100))
    if (next !== 'more') found.push(next);
  return found;
}

/** Everything shown, as text; values of one attribute in any order. */
function image(replica: Replica): Record<string, Record<string, string[]>> {
  const shown = find(replica, '(objectClass=*)').map((entry): [string, Record<string, string[]>] => {
    const attributes = [...attributesOf(entry)].map(({ description, values }): [string, string[]] => [
      description.name,
      values.map((value) => value.toString('latin1')).sort(),
    ]);
    return [entry.dn, Object.fromEntries(attributes.sort(([left], [right]) => (left < right ? -1 : 1)))];
  });
  return Object.fromEntries(shown.sort(([left], [right]) => (left < right ? -1 : 1)));
}

describe('replica on PostgreSQL', function () {
  this.timeout(60_000);
  let world: World;
  let replica: Replica;
  /** What the replica wrote into its log. */
  const lines: { facts: { object?: string; reason?: string }; message: string }[] = [];
  const note = (facts: object, message: string): void => {
    lines.push({ facts, message });
  };
  const log: Log = { ...silentLog, info: note as Log['info'], error: note as Log['error'] };
  const dnOf = (uid: string): string => `uid=${uid},ou=people,${suffix}`;

  const open = (): Promise<Replica> => {
    const { database, clock } = world;
    const feed = createChangeFeed({ database, applicationName: 'test', log: silentLog });
    const source = createPublishedSource({ database, feed, clock });
    return openReplica({ source, schema, suffix, clock, log });
  };
  const caughtUp = (): Promise<void> => replica.reached(world.changes.at(-1)?.number ?? 0, 10_000);
  const accountOf = async (uid: string) => {
    const account = await world.one('account', { uid });
    return { account: account.uuid, person: account.person ?? '' };
  };

  before(async () => {
    world = await openWorld('2026-11-20T02:00:00Z');
    await seedBase(world.seeds, (code) => `${code}-secret`);
    replica = await open();
    await seedDemo(world.seeds, 'demo'); // followed, not loaded
    await caughtUp();
  });
  after(async () => {
    await replica.close();
    await world.close();
  });
  afterEach(async () => {
    await caughtUp();
    const fresh = await open();
    try {
      expect(image(replica)).to.deep.equal(image(fresh));
    } finally {
      await fresh.close();
    }
  });

  it('follows the laying of a whole demonstration', () => {
    expect(find(replica, '(objectClass=inetOrgPerson)').length).to.be.within(50, 70);
    expect(find(replica, `(&(objectClass=person)(memberOf=cn=directory-team,ou=groups,${suffix}))`)).to.not.be
      .empty;
    expect(replica.accountByUid(demoUids.officer.toUpperCase())).to.include({
      state: 'ACTIVE',
      clearance: 'CONFIDENTIAL',
    });
    expect(replica.systemByCode('mail')).to.include({ classification: 'RESTRICTED' });
    expect(replica.accountByDn(`cn=mail,ou=systems,${suffix}`)).to.include({ kind: 'service', uid: 'mail' });
  });

  it('follows members into and out of groups, nested ones too', async () => {
    const { person } = await accountOf(demoUids.clerk);
    const memberOf = () => textValues(schema, replica.entryByUuid('person', person) as Entry, 'memberOf');
    const { group: inner } = await world.run(createGroup, { name: 'inner' });
    const { group: outer } = await world.run(createGroup, { name: 'outer' });
    const before = memberOf();
    await world.run(addMember, { group: outer.uuid, member: { group: inner.uuid } });
    await world.run(addMember, { group: inner.uuid, member: { person } });
    await caughtUp();
    expect(memberOf()).to.have.members([
      ...before,
      `cn=inner,ou=groups,${suffix}`,
      `cn=outer,ou=groups,${suffix}`,
    ]);
    expect(find(replica, `(memberOf=cn=outer,ou=groups,${suffix})`).map((one) => one.dn)).to.include(
      dnOf(demoUids.clerk),
    );
    await world.run(removeMember, { group: inner.uuid, member: { person } });
    await caughtUp();
    expect(memberOf()).to.deep.equal(before);
  });

  it('follows a suspension and tells whose account it was', async () => {
    const { account } = await accountOf(demoUids.ncsc);
    const told: string[] = [];
    const stop = replica.onApplied((accounts) => told.push(...accounts));
    await world.run(suspendAccount, { account });
    await caughtUp();
    stop();
    expect(told).to.deep.equal([account]);
    expect(replica.accountByUuid(account)).to.include({ state: 'SUSPENDED' });
  });

  it('names nobody who is suspended as a holder of a post, until they are back', async () => {
    const { account } = await accountOf(demoUids.officer);
    const held = find(replica, `(roleOccupant=${dnOf(demoUids.officer)})`);
    expect(held).to.not.be.empty;
    await world.run(suspendAccount, { account });
    await caughtUp();
    expect(find(replica, `(roleOccupant=${dnOf(demoUids.officer)})`)).to.be.empty;
    for (const { uuid } of held) {
      const post = replica.entryByUuid('post', uuid) as Entry;
      expect(textValues(schema, post, 'roleOccupant')).to.not.include(dnOf(demoUids.officer));
    }
    await world.run(reinstateAccount, { account });
    await caughtUp();
    expect(find(replica, `(roleOccupant=${dnOf(demoUids.officer)})`).map(({ dn }) => dn)).to.have.members(
      held.map(({ dn }) => dn),
    );
  });

  it('follows an organisation that takes another code, with the entries below it', async () => {
    const csb = await world.one('organisation', { code: 'CSB' });
    const below = find(replica, '(objectClass=organizationalRole)').filter((one) =>
      one.dn.includes('ou=CSB,'),
    );
    expect(below).to.not.be.empty;
    await world.run(changeOrganisation, { organisation: csb.uuid, changes: { code: 'CSBX' } });
    await caughtUp();
    for (const entry of below) expect(entry.dn).to.include('ou=CSBX,');
    expect(find(replica, '(departmentNumber=CSBX)')).to.not.be.empty;
    expect(find(replica, '(departmentNumber=CSB)')).to.be.empty;
  });

  it('follows people into and out of groups by rule, also while they are not published', async () => {
    const uuidOf = async (code: string) => (await world.one('organisation', { code })).uuid;
    const [from, to] = [await uuidOf('EDB'), await uuidOf('OGCIO')];
    const rules = {
      from: { organisation: from },
      to: { organisation: to },
      all: { category: 'civil_servant' },
    };
    for (const [name, rule] of Object.entries(rules)) {
      await world.run(createGroup, {
        name: `by-rule-${name}`,
        kind: 'rule',
        rule: rule as { organisation: string },
      });
    }
    const { account, person } = await accountOf(demoUids.seconded);
    const memberOf = () => {
      const entry = replica.entryByUuid('person', person);
      const names = entry === undefined ? [] : textValues(schema, entry, 'memberOf');
      return names.filter((dn) => dn.startsWith('cn=by-rule-')).map((dn) => dn.slice(11).split(',')[0]);
    };
    await caughtUp();
    expect(memberOf()).to.have.members(['from', 'to', 'all']);
    const [lent] = (await world.tables.find('assignment', { person })).filter((one) => !one.is_primary);
    await world.run(endAssignment, { assignment: lent?.uuid ?? '' });
    await caughtUp();
    expect(memberOf()).to.have.members(['from', 'all']);
    const archive = (state: 'ARCHIVED' | 'ACTIVE') => ({
      name: 'test.archive',
      execute: async ({ tx }: CommandContext) => {
        await tx.update('account', account, { state });
        const [employment] = await tx.find('employment', { person });
        await tx.update('employment', employment?.uuid ?? '', {
          category: state === 'ACTIVE' ? 'civil_servant' : 'vendor',
        });
      },
    });
    await world.run(archive('ARCHIVED'), undefined);
    await caughtUp();
    expect(memberOf()).to.deep.equal([]);
    await world.run(archive('ACTIVE'), undefined);
    await caughtUp();
    expect(memberOf()).to.have.members(['from', 'all']);
  });

  describe('when a record is poisonous, whatever let it in', () => {
    /** Writes past every rule of the commands, and into the feed. */
    const poison: Command<(tx: Transaction) => Promise<unknown>, unknown> = {
      name: 'test.poison',
      execute: ({ tx }, write) => write(tx),
    };
    const write = (work: (tx: Transaction) => Promise<unknown>) => world.run(poison, work);
    const reasonOf = (uuid: string) =>
      lines.filter(({ facts }) => facts.object?.endsWith(uuid)).map(({ facts }) => facts.reason ?? 'shown');

    beforeEach(() => lines.splice(0));
    afterEach(() => {
      expect(lines.filter(({ message }) => message.includes('loading'))).to.deep.equal([]);
    });

    it('keeps the account of a person whose extension makes no entry, and goes on', async () => {
      const { account, person } = await accountOf(demoUids.ncsc);
      await world.run(reinstateAccount, { account });
      const twins = { l: ['here'], localityName: ['there'], mobile: ['+852 9123 4567'] };
      await write((tx) => tx.update('person', person, { extension: twins }));
      await caughtUp();
      expect(replica.accountByUuid(account)).to.include({ uid: demoUids.ncsc, state: 'ACTIVE' });
      const shown = replica.entryByUuid('person', person) as Entry;
      expect(textValues(schema, shown, 'uid')).to.deep.equal([demoUids.ncsc]);
      expect(textValues(schema, shown, 'mobile')).to.deep.equal([]);
      expect(replica.status().leftOut).to.equal(1);
      await world.run(suspendAccount, { account });
      await caughtUp();
      expect(replica.accountByUuid(account)).to.include({ state: 'SUSPENDED' });
      await world.run(changePerson, { person, changes: { extension: {} } });
      await caughtUp();
      expect(reasonOf(person)).to.deep.equal(['extension attributes: the entry holds l twice', 'shown']);
      expect(replica.status().leftOut).to.equal(0);
    });

    it('leaves out what lies below an organisation that ended, and puts it back where it was', async () => {
      const { uuid } = await world.one('organisation', { code: 'CSBX' });
      const inside = () =>
        find(replica, '(objectClass=*)')
          .filter((one) => one.dn.includes('ou=CSBX,'))
          .map((one) => one.dn)
          .sort();
      const before = inside();
      expect(before).to.have.length.above(3);
      await write((tx) => tx.update('organisation', uuid, { valid_to: world.clock.now() }));
      await caughtUp();
      expect(inside()).to.deep.equal([]);
      expect(replica.status().leftOut).to.equal(before.length - 1);
      await world.run(changeOrganisation, {
        organisation: uuid,
        changes: { help_contact_en: 'CSB help desk' },
      });
      await write((tx) => tx.update('organisation', uuid, { valid_to: null }));
      await caughtUp();
      expect(inside()).to.deep.equal(before);
      expect(replica.status().leftOut).to.equal(0);
    });

    it('goes on when an organisation that has just ended is changed before anybody told of its end', async () => {
      const { uuid: csb } = await world.one('organisation', { code: 'CSBX' });
      const office = { name_en: 'Short office', name_zh: '短命處', kind: 'office' as const, parent: csb };
      const { organisation } = await world.run(createOrganisation, { code: 'CSBX-SHORT', ...office });
      const section = {
        organisation: organisation.uuid,
        code: 'S',
        name_en: 'Short section',
        kind: 'section' as const,
      };
      const { unit } = await world.run(createUnit, section);
      const valid_to = new Date(world.clock.now().getTime() + 1000);
      await world.run(endUnit, { unit: unit.uuid, valid_to });
      await world.run(changeOrganisation, { organisation: organisation.uuid, changes: { valid_to } });
      await caughtUp();
      expect(replica.entryByUuid('unit', unit.uuid)).to.not.equal(undefined);
      world.moveTo(valid_to.toISOString());
      const change = { organisation: organisation.uuid, changes: { help_contact_en: 'nobody' } };
      await world.run(changeOrganisation, change);
      await caughtUp();
      expect(replica.entryByUuid('organisation', organisation.uuid)).to.equal(undefined);
      expect(replica.entryByUuid('unit', unit.uuid)).to.equal(undefined);
    });

    it('leaves the name to the object that stood, until that gives it up', async () => {
      const { uuid: csb } = await world.one('organisation', { code: 'CSBX' });
      const office = { name_en: 'Twin office', name_zh: '雙生處', kind: 'office' as const, parent: csb };
      const { organisation } = await world.run(createOrganisation, { code: 'CSBX-TWIN', ...office });
      const unit = { uuid: '00000000-0000-4000-8000-000000000001', organisation: csb, parent: null };
      const columns = { code: 'CSBX-TWIN', name_en: 'Twin', name_zh: null, kind: 'section' as const };
      const period = { valid_from: world.clock.now(), valid_to: null };
      await write((tx) => tx.insert('unit', { ...unit, ...columns, ...period }));
      await write((tx) => tx.update('unit', unit.uuid, { name_en: 'Twin section' }));
      await caughtUp();
      const dn = `ou=CSBX-TWIN,ou=CSBX,ou=organisations,${suffix}`;
      expect(replica.entryByDn(dn)?.uuid).to.equal(organisation.uuid);
      await world.run(changeOrganisation, { organisation: organisation.uuid, changes: { code: 'CSBX-ONE' } });
      await caughtUp();
      expect(replica.entryByDn(dn)?.uuid).to.equal(unit.uuid);
      expect(reasonOf(unit.uuid)).to.deep.equal([
        `${dn} is the name of organisation ${organisation.uuid}`,
        'shown',
      ]);
    });
  });

  it('follows a leaver', async () => {
    const { person } = await accountOf(demoUids.clerk);
    await world.run(leave, { person, at_once: true });
    await caughtUp();
    expect(replica.accountOfPerson(person)?.state).to.not.equal('ACTIVE');
  });
});
