// Names are written by officers of every department, and LDAP takes some that look different for the same. Nothing that the
// commands accept may take another object's name, or its place in the tree.
import { randomUUID } from 'node:crypto';
import { expect } from 'chai';
import { changeOrganisation } from '../../src/directory/commands/organisation_change.ts';
import { createOrganisation } from '../../src/directory/commands/organisation_create.ts';
import { changePost } from '../../src/directory/commands/post_change.ts';
import { createPost } from '../../src/directory/commands/post_create.ts';
import { createUnit } from '../../src/directory/commands/unit_create.ts';
import { endUnit } from '../../src/directory/commands/unit_end.ts';
import type { OrganisationRow, PostRow, UnitRow } from '../../src/directory/tables.ts';
import { openGovernment, type World } from '../directory/world.ts';
import { outcome } from '../outcome.ts';

describe('names that an insider chooses', () => {
  let world: World;
  let csb: string;
  const create = (number: string): Promise<{ post: PostRow }> =>
    world.run(createPost, { organisation: csb, number, title_en: 'Departmental Security Officer' });

  beforeEach(async () => {
    world = await openGovernment('2026-11-20T02:00:00Z');
    csb = await world.organisation('CSB');
  });
  afterEach(() => world.close());

  describe('for a post', () => {
    it('hold one space at a time: LDAP takes a run of them for one (RFC 4518 2.6.1)', async () => {
      await create('DSO 1');
      expect(await outcome(create('DSO  1'))).to.match(/invalid_value: number must be letters and digits/);
      expect(await outcome(create('dso 1'))).to.equal(
        'OperationError: already_exists: post number is taken in its organisation, in whatever case and spacing',
      );
    });

    it('are kept apart by the database as LDAP compares them, however they get there', async () => {
      const { post } = await create('DSO 1');
      const twin = { ...post, uuid: randomUUID(), number: 'Dso   1', extension: '{}' };
      const refused = await outcome(world.database.knex('post').insert(twin));
      expect(refused).to.contain('post_number_is_unique');
    });
  });

  describe('for a place in the tree', () => {
    const office = async (
      code: string,
      parent: string,
      valid_to: Date | null = null,
    ): Promise<OrganisationRow> => {
      const input = {
        code,
        name_en: `Office ${code}`,
        name_zh: `${code}辦事處`,
        kind: 'office',
        parent,
        valid_to,
      } as const;
      return (await world.run(createOrganisation, input)).organisation;
    };
    const unit = async (organisation: string, code: string, parent: string | null = null): Promise<UnitRow> =>
      (await world.run(createUnit, { organisation, code, name_en: code, kind: 'division', parent })).unit;
    const post = async (
      organisation: string,
      of: string | null,
      valid_to: Date | null = null,
    ): Promise<PostRow> => {
      const kind = valid_to === null ? ('permanent' as const) : ('time_limited' as const);
      const input = { organisation, unit: of, number: 'A1', title_en: 'Clerk', kind, valid_to };
      return (await world.run(createPost, input)).post;
    };
    const end = (organisation: string, valid_to: Date | null) =>
      outcome(world.run(changeOrganisation, { organisation, changes: { valid_to } }));
    const move = (organisation: string, parent: string) =>
      outcome(world.run(changeOrganisation, { organisation, changes: { parent } }));

    it('refuse to end an organisation before what is below it, today or dated ahead', async () => {
      const [june, july] = [new Date('2027-06-01T00:00:00Z'), new Date('2027-07-01T00:00:00Z')];
      const { uuid } = await office('CSB-X', csb);
      const branch = await office('CSB-X-B', uuid);
      const section = await unit(uuid, 'NEWBUREAU');
      const clerk = await post(uuid, section.uuid, july);
      world.moveTo('2026-11-21T02:00:00Z');
      for (const at of [world.clock.now(), june]) {
        expect(await end(uuid, at)).to.equal(
          'OperationError: has_dependents: organisation CSB-X-B and 2 more below organisation CSB-X would go on after it: end or move what is below first',
        );
      }
      expect(await end(branch.uuid, june)).to.equal('done');
      expect(await outcome(world.run(endUnit, { unit: section.uuid, valid_to: june }))).to.contain(
        'has_dependents: post A1 below unit NEWBUREAU would go on after it',
      );
      await world.run(endUnit, { unit: section.uuid, valid_to: july });
      expect(await end(uuid, june)).to.contain('has_dependents: unit NEWBUREAU and 1 more');
      expect(await end(uuid, july)).to.equal('done');
      // and nothing new outlasts it
      expect(await end(branch.uuid, null)).to.contain(
        'invalid_value: valid_to must not be after organisation CSB-X ends',
      );
      expect(await outcome(office('CSB-X-C', uuid))).to.contain('must not be after organisation CSB-X');
      expect(await outcome(unit(uuid, 'LATE'))).to.contain('must not be after organisation CSB-X');
      expect(await outcome(unit(uuid, 'LATE', section.uuid))).to.contain('must not be after');
      const longer = { post: clerk.uuid, changes: { valid_to: null } };
      expect(await outcome(world.run(changePost, longer))).to.contain('must not be after organisation CSB-X');
      const { post: elsewhere } = await create('A2');
      const moved = { post: elsewhere.uuid, changes: { organisation: uuid } };
      expect(await outcome(world.run(changePost, moved))).to.contain('must not be after organisation CSB-X');
      const other = await office('CSB-Y', csb);
      expect(await move(other.uuid, uuid)).to.contain('must not be after organisation CSB-X');
      expect(
        await outcome(world.run(changePost, { post: clerk.uuid, changes: { valid_to: june } })),
      ).to.equal('done');
    });

    it('let one of two win, when an organisation ends while something is put below it', async () => {
      for (const code of ['CSB-R1', 'CSB-R2', 'CSB-R3', 'CSB-R4']) {
        const { uuid } = await office(code, csb);
        const both = await Promise.all([
          end(uuid, new Date('2027-06-01T00:00:00Z')),
          outcome(post(uuid, null)),
        ]);
        expect(
          both.filter((one) => one === 'done'),
          both.join(' | '),
        ).to.have.length(1);
      }
    });

    it('go at most 16 deep, what lies below a moved organisation counted', async () => {
      const deep = 'admin_limit_exceeded: organisations may lie at most 16 below one another';
      let at = csb;
      for (let level = 2; level <= 16; level++) at = (await office(`CSB-L${level}`, at)).uuid;
      expect(await outcome(office('CSB-L17', at))).to.contain(deep);
      const top = await office('CSB-T', csb);
      await office('CSB-TT', top.uuid);
      const above = await world.one('organisation', { code: 'CSB-L14' });
      const below = await world.one('organisation', { code: 'CSB-L15' });
      expect(await move(top.uuid, below.uuid)).to.contain(deep);
      expect(await move(top.uuid, above.uuid)).to.equal('done');
      let section: UnitRow | null = null;
      for (let level = 1; level <= 16; level++) section = await unit(at, `U${level}`, section?.uuid ?? null);
      expect(await outcome(unit(at, 'U17', section?.uuid))).to.contain(
        'admin_limit_exceeded: units may lie at most 16 below one another',
      );
      expect(await outcome(post(at, section?.uuid ?? null))).to.equal('done');
    });
  });
});
