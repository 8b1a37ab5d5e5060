// Seeds on a real database: complete, laid twice without effect, the same people for the same number.
import { expect } from 'chai';
import { seedBase } from '../../seeds/base.ts';
import { demoUid, seedDemo } from '../../seeds/demo.ts';
import { demoUids } from '../../seeds/demo_facts.ts';
import { demoPosts } from '../../seeds/demo_staff.ts';
import { seedPeople } from '../../seeds/generate.ts';
import { generatePerson } from '../../seeds/generated_person.ts';
import { seedOrganisations } from '../../seeds/organisations.ts';
import { employmentFields } from '../../src/directory/employment.ts';
import { parseFields, parseMailAddress, parseReference } from '../../src/directory/field.ts';
import { personFields } from '../../src/directory/person.ts';
import { postFields } from '../../src/directory/post.ts';
import { openWorld, someHash, type World } from '../directory/world.ts';

describe('seeds', () => {
  let world: World;

  before(async function () {
    this.timeout(60_000);
    world = await openWorld('2026-11-20T02:00:00Z');
    await seedBase(world.seeds, (code) => `${code}-secret`);
    await seedDemo(world.seeds, 'demo');
  });
  after(() => world.close());

  describe('base: the annex of 13 March 2017', () => {
    it('lays the 22 B/Ds in the order of the annex, and the two bureaux above branches', async () => {
      const organisations = await world.tables.find('organisation', {});
      expect(organisations).to.have.length(24);
      const listed = seedOrganisations.filter((one) => one.annex !== null);
      expect(listed.map((one) => one.annex)).to.deep.equal(
        Array.from({ length: 22 }, (_, index) => index + 1),
      );
      const byStrokes = organisations.sort((a, b) => (a.stroke_order ?? 0) - (b.stroke_order ?? 0));
      expect(byStrokes.map((one) => one.code)).to.deep.equal(
        'CPU CSB HAB CEO SB DOJ CMAB CSO FHB FSO FSTB FSTB-FSB FSTB-TB CEDB CEDB-CCIB CEDB-CITB EDB ITB ITC OGCIO LWB DEVB THB ENB'.split(
          ' ',
        ),
      );
    });

    it('puts branches and departments under their bureaux', async () => {
      const uuidOf = async (code: string) => (await world.one('organisation', { code })).uuid;
      for (const [code, parent] of [
        ['FSTB-TB', 'FSTB'],
        ['CEDB-CITB', 'CEDB'],
        ['OGCIO', 'ITB'],
        ['ITC', 'ITB'],
      ] as const) {
        expect((await world.one('organisation', { code })).parent, code).to.equal(await uuidOf(parent));
      }
    });

    it('registers three relying systems, each with a service account and a client', async () => {
      const systems = await world.tables.find('relying_system', {});
      expect(Object.fromEntries(systems.map((one) => [one.code, one.classification]))).to.deep.equal({
        mail: 'RESTRICTED',
        im: 'CONFIDENTIAL',
        files: 'RESTRICTED',
      });
      for (const system of systems) {
        const account = await world.one('account', { relying_system: system.uuid });
        const credentials = await world.tables.find('credential', { account: account.uuid });
        expect(account).to.include({ uid: system.code, kind: 'service', state: 'ACTIVE' });
        expect(credentials.map((one) => one.kind)).to.have.members(['password', 'client_secret']);
        expect(system.client?.redirect_uris).to.have.length(1);
      }
      expect(systems.filter((one) => one.clearance_approved).map((one) => one.code)).to.deep.equal(['im']);
    });

    it('changes nothing when laid again', async () => {
      const hashes: string[] = [];
      const hashPassword = async (password: string) => {
        hashes.push(password);
        return someHash;
      };
      const again = await seedBase({ ...world.seeds, hashPassword }, () => 'another');
      expect(again).to.deep.equal({ change: null });
      expect(hashes, 'a start need not hash').to.deep.equal([]);
    });
  });

  describe('demo', () => {
    it('lays about sixty people in at least eight B/Ds, with distinct login names', async () => {
      const accounts = await world.tables.find('account', { kind: 'personal' });
      const employments = await world.tables.find('employment', {});
      expect(accounts.length).to.be.within(55, 65);
      expect(new Set(employments.map((one) => one.organisation)).size).to.be.at.least(8);
      const uids = demoPosts.flatMap(({ holder }) => (holder === null ? [] : [demoUid(holder)]));
      expect(new Set(uids).size).to.equal(accounts.length);
      expect(uids).to.include.members(Object.values(demoUids));
      expect((await world.tables.find('person', { name_zh: null })).length).to.equal(0);
    });

    it('shows an acting appointment, a secondment, a contractor, a leaver and a joiner', async () => {
      const personOf = async (uid: string) => (await world.one('account', { uid })).person;
      const acting = await world.one('assignment', { kind: 'acting' });
      const seconded = await world.one('assignment', { kind: 'secondment' });
      expect(acting.person).to.equal(await personOf(demoUids.acting));
      expect(seconded.person).to.equal(await personOf(demoUids.seconded));
      const contractor = await world.one('account', { uid: demoUids.contractor });
      expect(contractor.expires_at?.toISOString()).to.equal('2027-08-17T16:00:00.000Z');
      expect(await world.one('account', { uid: demoUids.leaver })).to.include({ state: 'DISABLED' });
      expect(await world.one('account', { uid: demoUids.joiner })).to.include({ state: 'PENDING' });
    });

    it('grants clearances above RESTRICTED to civil servants with an integrity check alone', async () => {
      const clearances = await world.tables.find('clearance', {});
      const withdrawn = clearances.filter((one) => one.status === 'withdrawn');
      expect(clearances.filter((one) => one.level === 'CONFIDENTIAL').length).to.be.at.least(5);
      expect(withdrawn).to.have.length(1);
      expect(clearances.every((one) => one.level === 'RESTRICTED' || one.check_type !== 'none')).to.equal(
        true,
      );
    });

    it('hangs every role on a held post', async () => {
      const roles = await world.tables.find('post_role', {});
      expect(new Set(roles.map((one) => one.role)).size).to.equal(7);
      for (const role of roles) {
        expect((await world.tables.find('assignment', { post: role.post })).length, role.role).to.be.above(0);
      }
    });

    it('nests a group, numbers one for POSIX and has one follow a rule', async () => {
      const groups = await world.tables.find('group', {});
      const members = await world.tables.find('group_member', {});
      expect(groups.filter((one) => one.gid_number !== null).map((one) => one.name)).to.deep.equal([
        'directory-team',
      ]);
      expect(groups.filter((one) => one.kind === 'rule')).to.have.length(1);
      expect(members.filter((one) => one.member_group !== null)).to.have.length(1);
    });

    it('changes nothing when laid again', async () => {
      const before = world.changes.length;
      expect(await seedDemo(world.seeds, 'demo')).to.deep.equal({ laid: false });
      expect(world.changes.length).to.equal(before);
    });
  });

  describe('generated people', () => {
    const organisations = [
      { uuid: '00000000-0000-4000-8000-000000000001', mail_domain: 'csb.gov.hk' },
      { uuid: '00000000-0000-4000-8000-000000000002', mail_domain: 'sb.gov.hk' },
    ];
    const generate = (seed: number, index: number) =>
      generatePerson({ seed, index, organisations, passwordHash: someHash, now: new Date(0) });

    it('are the same for the same number and others for another', () => {
      expect(generate(1, 42)).to.deep.equal(generate(1, 42));
      expect(generate(1, 42).person).to.not.deep.equal(generate(2, 42).person);
      expect(generate(1, 42).person).to.not.deep.equal(generate(1, 43).person);
    });

    it('keep every rule that people recorded one by one keep', () => {
      const uuids = new Set<string>();
      const addresses = new Set<string>();
      for (let index = 1; index <= 2000; index++) {
        const { person, post, employment, assignment, mail, account, credential } = generate(7, index);
        const { uuid: personUuid, ...names } = person;
        expect(parseFields(personFields, names)).to.deep.equal(names);
        const { uuid: _post, valid_from: _from, valid_to: _to, ...columns } = post;
        expect(parseFields(postFields, columns)).to.deep.equal(columns);
        const { uuid: _employment, person: _person, ...terms } = employment;
        expect(parseFields(employmentFields, terms)).to.deep.equal(terms);
        parseReference('uuid', personUuid);
        addresses.add(parseMailAddress('mail', mail.address));
        for (const row of [person, post, employment, assignment, mail, account, credential])
          uuids.add(row.uuid);
      }
      expect(uuids.size).to.equal(2000 * 7);
      expect(addresses.size).to.equal(2000);
    });

    it('are laid in batches, and continued where they stopped', async function () {
      this.timeout(60_000);
      const options = { passwordHash: someHash, seed: 1 };
      expect(await seedPeople(world.seeds, { ...options, count: 1200 })).to.deep.equal({ laid: 1200 });
      expect(await seedPeople(world.seeds, { ...options, count: 1200 })).to.deep.equal({ laid: 0 });
      const progress: number[] = [];
      const more = { ...options, count: 2100, onProgress: (laid: number) => progress.push(laid) };
      expect(await seedPeople(world.seeds, more)).to.deep.equal({ laid: 900 });
      expect(progress).to.have.length(3);
      expect(progress.at(-1)).to.equal(2100);
      expect(await world.one('account', { uid: 'u002100' })).to.include({ state: 'ACTIVE' });
      expect(await world.tables.find('account', { uid: 'u002101' })).to.deep.equal([]);
      const generated = await world.tables.find('employment', { source: 'generated' });
      expect(new Set(generated.map((one) => one.organisation)).size).to.equal(22);
    });

    it('refuses a number that no login name can hold, and a password in place of its hash', async () => {
      const refusals = [
        seedPeople(world.seeds, { passwordHash: someHash, count: 1_000_000 }),
        seedPeople(world.seeds, { passwordHash: 'hunter2', count: 1 }),
      ];
      for (const refusal of await Promise.allSettled(refusals)) {
        expect(refusal).to.have.nested.property('reason.code', 'invalid_value');
        expect(JSON.stringify(refusal)).to.not.contain('hunter2');
      }
    });
  });
});
