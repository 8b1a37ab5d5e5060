// Systems read groups by name: a group manager of one B/D makes a group that other systems take for their administrators.
import { expect } from 'chai';
import { seedBase } from '../../seeds/base.ts';
import { changeGroup } from '../../src/directory/commands/group_change.ts';
import { createGroup } from '../../src/directory/commands/group_create.ts';
import { holderOf, openWorld, type World } from '../directory/world.ts';
import { outcome } from '../outcome.ts';

describe('a group manager who names groups', () => {
  let world: World;
  let fstb: string;

  const managerOf = (organisation: string | null) => holderOf('group_manager', organisation);
  const create = (name: string, scope: string | null) =>
    outcome(world.run(createGroup, { name, organisation: fstb }, managerOf(scope)));

  before(async () => {
    world = await openWorld('2026-11-20T02:00:00Z');
    await seedBase(world.seeds, (code) => code);
    fstb = (await world.one('organisation', { code: 'FSTB' })).uuid;
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

  it('renames none to such a name', async () => {
    await create('FSTB-team', fstb);
    const { uuid } = await world.one('group', { name: 'FSTB-team' });
    const rename = (name: string) =>
      outcome(world.run(changeGroup, { group: uuid, changes: { name } }, managerOf(fstb)));
    expect(await rename('root')).to.contain('access_denied: the name root');
    expect(await rename('FSTB-crew')).to.equal('done');
  });
});
