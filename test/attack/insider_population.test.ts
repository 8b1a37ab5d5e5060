// A system administrator of one B/D has a relying system tell what its own people only should be told: of everybody, of
// another B/D, or more of those whom it sees by somebody else's decision.
import { expect } from 'chai';
import { createOrganisation } from '../../src/directory/commands/organisation_create.ts';
import { changeRelyingSystem } from '../../src/directory/commands/relying_system_change.ts';
import { createRelyingSystem } from '../../src/directory/commands/relying_system_create.ts';
import type { Identity } from '../../src/directory/identity.ts';
import type { RelyingSystemColumns } from '../../src/directory/relying_system.ts';
import type { RelyingSystemRow } from '../../src/directory/tables.ts';
import { holderOf, openGovernment, type World } from '../directory/world.ts';
import { outcome } from '../outcome.ts';

describe('a system administrator of one B/D who wants to see the people of others', () => {
  let world: World;
  let csb: string;
  let sb: string;
  let branch: string;
  let serial = 0;
  const administratorOf = (...organisations: (string | null)[]): Identity =>
    holderOf('system_administrator', ...organisations);
  const refusal = (where: string) =>
    `OperationError: access_denied: a system for the people of ${where}: relying_system.manage takes system_administrator over ${where === 'the whole government' ? where : 'this organisation'}`;

  function create(population: string[] | null | undefined, by?: Identity): Promise<RelyingSystemRow> {
    serial += 1;
    const code = `insider-${serial}`;
    const names = { code, name_en: `System ${serial}`, name_zh: `系統 ${serial}`, information_owner: 'Head' };
    const input = { ...names, organisation: csb, classification: 'RESTRICTED' as const };
    const made = world.run(
      createRelyingSystem,
      population === undefined ? input : { ...input, population },
      by,
    );
    return made.then(({ relying_system }) => relying_system);
  }
  const change = (system: RelyingSystemRow, changes: Partial<RelyingSystemColumns>, by: Identity) =>
    world.run(changeRelyingSystem, { relying_system: system.uuid, changes }, by);

  before(async () => {
    world = await openGovernment('2026-11-20T02:00:00Z');
    csb = await world.organisation('CSB');
    sb = await world.organisation('SB');
    const office = {
      code: 'CSTDI',
      name_en: 'Institute',
      name_zh: '學院',
      kind: 'office',
      parent: csb,
    } as const;
    branch = (await world.run(createOrganisation, office)).organisation.uuid;
  });
  after(() => world.close());

  it('makes no system for everybody or for another B/D', async () => {
    expect(await outcome(create(undefined, administratorOf(csb)))).to.equal(refusal('the whole government'));
    expect(await outcome(create(null, administratorOf(csb, sb)))).to.equal(refusal('the whole government'));
    expect(await outcome(create([csb, sb], administratorOf(csb)))).to.equal(refusal('SB'));
    expect(await outcome(create([csb, branch], administratorOf(csb)))).to.equal('done');
    expect(await outcome(create([csb, sb], administratorOf(csb, sb)))).to.equal('done');
    expect(await outcome(create(null, administratorOf(null)))).to.equal('done');
  });

  it('widens no system that there is', async () => {
    const system = await create([csb]);
    const widen = (population: string[] | null, by: Identity) => outcome(change(system, { population }, by));
    expect(await widen(null, administratorOf(csb))).to.equal(refusal('the whole government'));
    expect(await widen([csb, sb], administratorOf(csb))).to.equal(refusal('SB'));
    expect(await widen([csb, branch], administratorOf(csb))).to.equal('done');
    const central = await create(null);
    expect(await outcome(change(central, { population: [csb] }, administratorOf(csb)))).to.equal('done');
    expect(await outcome(change(central, { population: null }, administratorOf(csb)))).to.equal(
      refusal('the whole government'),
    );
  });

  it('carries no approval for clearances over to more people', async () => {
    const approved = await create([csb]);
    await change(approved, { clearance_approved: true }, world.seeds.identity);
    const widen = { population: [csb, sb] };
    expect(await outcome(change(approved, widen, administratorOf(csb, sb)))).to.contain(
      'clearance.grant takes',
    );
    expect(await outcome(change(approved, { population: [] }, administratorOf(csb)))).to.equal('done');
  });

  it('learns no more of those whom somebody else let it see', async () => {
    const central = await create(null);
    const both = await create([csb, sb]);
    const own = await create([csb]);
    const released_attributes = ['mail', 'employeeNumber'];
    const release = (system: RelyingSystemRow, by: Identity) =>
      outcome(change(system, { released_attributes }, by));
    expect(await release(central, administratorOf(csb))).to.equal(refusal('the whole government'));
    expect(await release(both, administratorOf(csb))).to.equal(refusal('SB'));
    expect(await release(own, administratorOf(csb))).to.equal('done');
    expect(await release(both, administratorOf(csb, sb))).to.equal('done');

    // What it tells already it goes on telling, less of it is anybody's choice, and the address book is for every reader.
    const less = { released_attributes: ['EMPLOYEENUMBER', 'telephoneNumber'] };
    expect(await outcome(change(both, less, administratorOf(csb)))).to.equal('done');
    expect(await outcome(change(both, { name_en: 'Renamed' }, administratorOf(csb)))).to.equal('done');
    // Not in two steps either: what was taken back is new when it is asked for again.
    expect(await outcome(change(both, { released_attributes: [] }, administratorOf(csb)))).to.equal('done');
    expect(await release(both, administratorOf(csb))).to.equal(refusal('SB'));
  });
});
