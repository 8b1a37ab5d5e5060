// A directory administrator moves an organisation out from under a ceiling that a security officer set.
import { expect } from 'chai';
import { builtinAccounts } from '../../src/directory/builtin.ts';
import { changeOrganisation } from '../../src/directory/commands/organisation_change.ts';
import { createOrganisation } from '../../src/directory/commands/organisation_create.ts';
import { openGovernment, personWith, type World } from '../directory/world.ts';
import { outcome } from '../outcome.ts';

describe('an administrator who moves an organisation to where the ceiling is higher', () => {
  let world: World;
  let csb: string;
  let low: string;
  let child: string;

  const move = (parent: string | null, clearanceOver?: string | null, administers: string | null = csb) => {
    const right = (role: 'directory_administrator' | 'clearance_officer', organisation: string | null) =>
      ({ role, organisation, post: null }) as const;
    const grants = [right('directory_administrator', administers)];
    const officer = clearanceOver === undefined ? [] : [right('clearance_officer', clearanceOver)];
    const by = personWith([...grants, ...officer], { account: builtinAccounts.console.uuid });
    return outcome(world.run(changeOrganisation, { organisation: child, changes: { parent } }, by));
  };

  before(async () => {
    world = await openGovernment('2026-11-20T02:00:00Z');
    csb = await world.organisation('CSB');
    const office = async (code: string, parent: string, clearance_ceiling: 'NONE' | 'CONFIDENTIAL') => {
      const names = { name_en: `Office ${code}`, name_zh: `處 ${code}` };
      const input = { ...names, code, kind: 'office', parent, clearance_ceiling } as const;
      return (await world.run(createOrganisation, input)).organisation.uuid;
    };
    low = await office('CSB-LOW', csb, 'NONE');
    child = await office('CSB-LOWX', low, 'CONFIDENTIAL');
  });
  after(() => world.close());

  it('needs the right to grant clearances over the one whose ceiling it leaves', async () => {
    const refused =
      'OperationError: access_denied: clearance.grant takes clearance_officer over this organisation';
    expect(await move(csb)).to.equal(refused);
    expect(await move(csb, child)).to.equal(refused); // the child's own ceiling is not what bound it
    expect(await move(null, undefined, null)).to.equal(refused);
    expect((await world.one('organisation', { uuid: child })).parent).to.equal(low);
    expect(await move(csb, low)).to.equal('done');
    expect(await move(low)).to.equal('done'); // to a lower one it moves freely
  });
});
