// Systems read groups by name: a group manager of one B/D makes a group that other systems take for their administrators.
import { expect } from 'chai';
import { changeGroup } from '../../src/directory/commands/group_change.ts';
import { createGroup } from '../../src/directory/commands/group_create.ts';
import { changeOrganisation } from '../../src/directory/commands/organisation_change.ts';
import { createOrganisation } from '../../src/directory/commands/organisation_create.ts';
import { createUnit } from '../../src/directory/commands/unit_create.ts';
import { holderOf, openGovernment, type World } from '../directory/world.ts';
import { outcome } from '../outcome.ts';

describe('a group manager who names groups', () => {
  let world: World;
  let fstb: string;

  const managerOf = (organisation: string | null) => holderOf('group_manager', organisation);
  const create = (name: string, scope: string | null) =>
    outcome(world.run(createGroup, { name, organisation: fstb }, managerOf(scope)));

  before(async () => {
    world = await openGovernment('2026-11-20T02:00:00Z');
    fstb = await world.organisation('FSTB');
  });
  after(() => world.close());

  it('makes none that could be anybody’s or is another B/D’s', async () => {
    for (const name of ['admin', 'administrators', 'root', 'FSTB', 'FSTBX-staff', 'CSB-administrators']) {
      expect(await create(name, fstb), name).to.contain(
        `access_denied: the name ${name} requires group.manage`,
      );
    }
    expect(await create('fstb-staff', fstb)).to.equal('done');
    expect(await create('FSTB-TB-staff', fstb)).to.equal('done'); // a branch of the own
    expect(await create('administrators', null)).to.equal('done');
  });

  it('is not lent the prefix of another B/D by the code of an own office', async () => {
    const csb = await world.organisation('CSB');
    const cpu = await world.organisation('CPU');
    const administratorOf = (scope: string | null) => holderOf('directory_administrator', scope);
    const office = (code: string, parent: string, scope: string | null) => {
      const names = { name_en: `Registry ${code}`, name_zh: `登記處 ${code}` };
      const input = { ...names, code, kind: 'office', parent } as const;
      return outcome(world.run(createOrganisation, input, administratorOf(scope)));
    };
    const refused = (code: string, owner: string) =>
      `OperationError: access_denied: the code ${code} requires organisation.manage for ${owner}, whose codes and groups it would be read as`;
    expect(await office('FSTB-PAYROLL', csb, csb)).to.equal(refused('FSTB-PAYROLL', 'FSTB'));
    expect(await office('SB-SECURITY', csb, csb)).to.equal(refused('SB-SECURITY', 'SB'));
    expect(await office('FSTB-PAYROLL', fstb, fstb)).to.equal('done');
    const unit = { organisation: csb, code: 'FSTB-1', name_en: 'Section 1', kind: 'section' } as const;
    expect(await outcome(world.run(createUnit, unit, administratorOf(csb)))).to.equal(
      refused('FSTB-1', 'FSTB'),
    );
    // One step up, and by a rename.
    expect(await office('CSB-Q', csb, csb)).to.equal('done');
    const { uuid } = await world.one('organisation', { code: 'CSB-Q' });
    const rename = { organisation: uuid, changes: { code: 'SB-Q' } };
    expect(await outcome(world.run(changeOrganisation, rename, administratorOf(csb)))).to.equal(
      refused('SB-Q', 'SB'),
    );
    // A code that makes a prefix which others have.
    expect(await office('AB-OFFICE', cpu, cpu)).to.equal('done');
    expect(await office('AB', csb, csb)).to.equal(refused('AB', 'AB-OFFICE'));
  });

  it('keeps the prefix, whoever bears a longer one', async () => {
    const csb = await world.organisation('CSB');
    const names = { name_en: 'Audit', name_zh: '審計組', kind: 'office', parent: csb } as const;
    const { organisation } = await world.run(createOrganisation, { ...names, code: 'FSTB-AUDIT' });
    expect(await create('FSTB-AUDIT-clerks', fstb)).to.equal('done');
    const own = { name: 'FSTB-AUDIT-staff', organisation: organisation.uuid };
    const by = managerOf(organisation.uuid);
    expect(await outcome(world.run(createGroup, own, by))).to.contain('requires group.manage for FSTB:');
    const branch = await world.organisation('FSTB-TB');
    const below = { name: 'FSTB-TB-clerks', organisation: branch };
    expect(await outcome(world.run(createGroup, below, managerOf(branch)))).to.equal('done');
  });

  it('takes no number that machines give to groups of their own', async () => {
    const numbered = (gid_number: number, scope: string | null) => {
      const input = { name: `FSTB-gid-${gid_number}`, organisation: fstb, gid_number };
      return outcome(world.run(createGroup, input, managerOf(scope)));
    };
    for (const gid of [1000, 5001, 65_534, 199_999])
      expect(await numbered(gid, fstb)).to.contain(
        'access_denied: gid_number below 200000: group.manage takes',
      );
    expect(await numbered(200_000, fstb)).to.equal('done');
    expect(await numbered(5001, null)).to.equal('done');
    const { uuid: group } = await world.one('group', { name: 'FSTB-gid-200000' });
    const change = (gid_number: number) =>
      outcome(world.run(changeGroup, { group, changes: { gid_number } }, managerOf(fstb)));
    expect(await change(1000)).to.contain('gid_number below 200000');
    expect(await change(200_001)).to.equal('done');
  });

  it('renames none to such a name', async () => {
    await create('FSTB-team', fstb);
    const { uuid } = await world.one('group', { name: 'FSTB-team' });
    const rename = (name: string) =>
      outcome(world.run(changeGroup, { group: uuid, changes: { name } }, managerOf(fstb)));
    expect(await rename('root')).to.contain('access_denied: the name root');
    expect(await rename('FSTB-crew')).to.equal('done');
  });
});
