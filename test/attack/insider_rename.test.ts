// The administrator of a small department lends it the name of another B/D: everybody there would hold certificates of it.
import { expect } from 'chai';
import { changeOrganisation } from '../../src/directory/commands/organisation_change.ts';
import { createOrganisation } from '../../src/directory/commands/organisation_create.ts';
import { createUnit } from '../../src/directory/commands/unit_create.ts';
import { holderOf, openGovernment, type World } from '../directory/world.ts';
import { outcome } from '../outcome.ts';

describe('an administrator who renames a department', () => {
  let world: World;
  let cpu: string;

  const administratorOf = (organisation: string | null) => holderOf('directory_administrator', organisation);
  const change = (changes: object, scope: string | null, organisation = cpu) =>
    outcome(world.run(changeOrganisation, { organisation, changes }, administratorOf(scope)));

  before(async () => {
    world = await openGovernment('2026-11-20T02:00:00Z');
    cpu = await world.organisation('CPU');
  });
  after(() => world.close());

  it('neither changes its name nor its code without a right over what is above it', async () => {
    for (const changes of [{ name_en: 'Police Force' }, { name_zh: '警隊' }, { code: 'POLICE' }]) {
      expect(await change(changes, cpu)).to.equal(
        'OperationError: access_denied: organisation.manage takes directory_administrator over the whole government',
      );
    }
    expect(await change({ help_contact_en: 'Room 1' }, cpu)).to.equal('done');
    expect(await change({ name_en: 'Central Policy Unit (new)' }, null)).to.equal('done');
  });

  it('takes no name that another organisation bears, however it is written', async () => {
    const names = { name_en: 'Liaison Office', name_zh: '聯絡處' };
    for (const taken of [
      { name_en: 'Civil Service Bureau' },
      { name_en: 'civil  SERVICE bureau' },
      { name_zh: '公務員事務局' },
      { name_en: '公務員事務局' },
    ]) {
      expect(await change(taken, null)).to.contain('already_exists');
      const office = { code: 'CPU-X', kind: 'office', parent: cpu, ...names, ...taken } as const;
      expect(await outcome(world.run(createOrganisation, office, administratorOf(cpu)))).to.contain(
        'is the name of CSB',
      );
    }
    const office = { code: 'CPU-X', kind: 'office', parent: cpu, ...names } as const;
    expect(await outcome(world.run(createOrganisation, office, administratorOf(cpu)))).to.equal('done');
  });

  it('takes no name or code that is read as another’s', async () => {
    const own = {
      code: 'CPU-Y',
      kind: 'office',
      parent: cpu,
      name_en: 'Some Office',
      name_zh: '某處',
    } as const;
    const create = (names: object) =>
      outcome(world.run(createOrganisation, { ...own, ...names }, administratorOf(cpu)));
    for (const name_en of [
      'Cívil Service Bureau.',
      'Civil-Service Bureau',
      'Ｃivil Service Bureau',
      'ClVlL SERVlCE BUREAU',
      'Civil Service Bureau\u0335',
      'CSB',
      'C S B',
      'CSB, Government of the HKSAR',
      '公務員事務局\u{e0100}',
    ])
      expect(await create({ name_en }), name_en).to.match(/already_exists: name_en is the name of CSB/);
    const treasury = 'Financial Services & the Treasury Bureau';
    expect(await create({ name_en: treasury })).to.contain('is the name of FSTB');
    expect(await create({ name_zh: '食物及衛生局' })).to.contain('is the name of FHB'); // the seed writes 衞
    expect(await create({ name_zh: '食物及衞⽣局' })).to.contain('is the name of FHB'); // a radical
    for (const foreign of ['а', 'ѕ', 'Α', 'ı', 'ɑ', 'ｶ', 'ー', '\u2800', '\ufe0f', '\u3164', '−'])
      for (const column of ['name_en', 'name_zh'])
        expect(await create({ [column]: `Bureau ${foreign}` }), foreign).to.match(
          new RegExp(
            `invalid_value: ${column} (must be a name in English or Chinese letters|holds a control)`,
          ),
        );
    expect(await create({ name_en: '2026 (1)' })).to.contain('must be a name');
    expect(await create({ code: 'CS0' })).to.contain('already_exists: code is the code of CSO');
    expect(await create({})).to.equal('done');
  });

  it('has no unit that is read as another bureau', async () => {
    const create = (names: object) => {
      const unit = { organisation: cpu, code: 'U1', name_en: 'Section', kind: 'division', ...names } as const;
      return outcome(world.run(createUnit, unit, administratorOf(cpu)));
    };
    expect(await create({ name_en: 'Civil Service Bureau' })).to.contain('name_en is the name of CSB');
    expect(await create({ name_en: 'FSTB' })).to.contain('name_en is the name of FSTB');
    expect(await create({ name_zh: '公務員事務局' })).to.contain('name_zh is the name of CSB');
    expect(await create({ code: 'FSTB' })).to.contain('code is the code of FSTB');
    expect(await create({ name_en: 'Trе' })).to.contain('must be a name in English or Chinese letters');
    expect(await create({ name_en: 'Administration Division', name_zh: '行政科' })).to.equal('done');
    expect(await create({ name_en: 'Administration Division', code: 'U2' })).to.equal('done');
  });

  it('lends one name to one of eight that ask for it at once', async () => {
    const names = { name_en: 'Harbour Office', name_zh: '海港辦事處' };
    // Opens every connection of the pool, so that none of them begins after another has ended.
    await Promise.all([1, 2, 3, 4].map(() => world.database.knex.raw('select pg_sleep(0.2)')));
    const outcomes = await Promise.all(
      Array.from({ length: 8 }, (_, serial) => {
        const office = { code: `HARB${serial}`, kind: 'office', parent: null, ...names } as const;
        return outcome(world.run(createOrganisation, office, administratorOf(null)));
      }),
    );
    expect(outcomes.filter((one) => one === 'done')).to.have.length(1);
    expect(outcomes.filter((one) => one.includes('already_exists'))).to.have.length(7);
  });
});
