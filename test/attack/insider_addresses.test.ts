// Mail that is meant for a function, or for somebody before, is given to somebody else with the address.
import { expect } from 'chai';
import { openPool } from '../../src/database/pool.ts';
import { changeGroup } from '../../src/directory/commands/group_change.ts';
import { createGroup } from '../../src/directory/commands/group_create.ts';
import { createOrganisation } from '../../src/directory/commands/organisation_create.ts';
import { createPerson } from '../../src/directory/commands/person_create.ts';
import { changePost } from '../../src/directory/commands/post_change.ts';
import { createPost } from '../../src/directory/commands/post_create.ts';
import { holderOf, openGovernment, type World } from '../directory/world.ts';
import { outcome } from '../outcome.ts';

describe('an insider who gives out addresses', () => {
  let world: World;
  let csb: string;
  let serial = 0;

  const administratorOf = (scope: string | null) => holderOf('directory_administrator', scope);
  const managerOf = (scope: string | null) => holderOf('group_manager', scope);
  const person = (columns: { uid?: string; mail?: string }) => {
    serial += 1;
    const employment = {
      ...{ organisation: csb, source: 'hr', staff_number: `a${serial}`, start_date: '2020-01-02' },
      category: 'civil_servant' as const,
    };
    const names = { surname: 'Chan', given_name: 'Tai-man', uid: `address${serial}` };
    return outcome(world.run(createPerson, { ...names, employment, ...columns }, administratorOf(csb)));
  };
  const group = async (mail: string) => {
    serial += 1;
    const input = { name: `CSB-address-${serial}`, organisation: csb, mail };
    return (await world.run(createGroup, input, administratorOf(csb))).group.uuid;
  };
  const changeMail = (uuid: string, mail: string | null) =>
    outcome(world.run(changeGroup, { group: uuid, changes: { mail } }, administratorOf(csb)));

  before(async () => {
    world = await openGovernment('2026-11-20T02:00:00Z');
    csb = await world.organisation('CSB');
  });
  after(() => world.close());

  const heldBack =
    'OperationError: already_exists: mail address is taken, or was given up by another holder less than a year ago';

  it('does not get one that a group or a post gave up, for a year', async () => {
    const former = await group('circulars@csb.gov.hk');
    expect(await person({ mail: 'Circulars@csb.gov.hk' })).to.equal(heldBack);
    expect(await changeMail(former, null)).to.equal('done');
    expect(await person({ mail: 'CIRCULARS@csb.gov.hk' })).to.equal(heldBack);
    const other = await group('others@csb.gov.hk');
    expect(await changeMail(other, 'circulars@csb.gov.hk')).to.equal(heldBack);
    expect(await changeMail(former, 'circulars@csb.gov.hk')).to.equal('done'); // its own comes back

    const input = { organisation: csb, number: 'PRESS-1', title_en: 'Press Officer' };
    const { post } = await world.run(createPost, { ...input, mail: 'desk@csb.gov.hk' });
    await world.run(changePost, { post: post.uuid, changes: { title_en: 'Chief Press Officer' } });
    await world.run(changePost, { post: post.uuid, changes: { mail: 'newsdesk@csb.gov.hk' } });
    expect(await changeMail(other, 'desk@csb.gov.hk')).to.equal(heldBack);
    expect(await person({ mail: 'newsdesk@csb.gov.hk' })).to.equal(heldBack);

    const owner = openPool({ url: world.ownerUrl, applicationName: 'test' });
    await owner
      .knex('mail_name')
      .whereNotNull('ended_at')
      .update({
        ended_at: owner.knex.raw(`ended_at - interval '1 year'`),
      });
    await owner.close();
    expect(await changeMail(other, 'desk@csb.gov.hk')).to.equal('done');
    expect(await person({ mail: 'desk@csb.gov.hk' })).to.equal(heldBack);
    expect(await person({ mail: 'newsdesk@csb.gov.hk' })).to.equal(heldBack);
  });

  it('given up and asked for at once, it goes to nobody else', async () => {
    for (let round = 0; round < 8; round++) {
      const address = `race${round}@csb.gov.hk`;
      const former = await group(address);
      const [freed, taken] = await Promise.all([changeMail(former, null), person({ mail: address })]);
      expect(freed).to.equal('done');
      expect(taken).to.equal(heldBack);
    }
  });

  it('takes none that speaks for a domain without a right over its organisation', async () => {
    const asManager = (mail: string) =>
      outcome(
        world.run(createGroup, { name: `CSB-role-${++serial}`, organisation: csb, mail }, managerOf(csb)),
      );
    for (const local of ['postmaster', 'SECURITY', 'abuse', 'webmaster', 'admin', 'noc+night'])
      expect(await asManager(`${local}@csb.gov.hk`)).to.equal(
        `OperationError: access_denied: the address ${local}@csb.gov.hk belongs to CSB: using it requires organisation.manage for CSB`,
      );
    expect(await asManager('registry@csb.gov.hk')).to.equal('done');
    const held = { group: await group('postmaster@csb.gov.hk'), changes: { mail: 'postmaster@csb.gov.hk' } };
    expect(await outcome(world.run(changeGroup, held, managerOf(csb)))).to.equal('done'); // no change

    // A branch that shares its bureau's domain does not speak for it.
    const names = { name_en: 'Institute', name_zh: '學院', kind: 'office', parent: csb } as const;
    const shared = { ...names, code: 'CSTDI', mail_domain: 'csb.gov.hk' };
    const { organisation } = await world.run(createOrganisation, shared);
    const input = { organisation: organisation.uuid, number: 'I-1', title_en: 'Officer' };
    const post = { ...input, mail: 'abuse@csb.gov.hk' };
    expect(await outcome(world.run(createPost, post, administratorOf(organisation.uuid)))).to.contain(
      'the address abuse@csb.gov.hk belongs to CSB',
    );
    expect(await outcome(world.run(createPost, post, administratorOf(csb)))).to.equal('done');
  });

  it('names nobody as systems name their own', async () => {
    for (const uid of ['root', 'postmaster', 'admin', 'daemon', 'www-data', 'systemd-network', 'console'])
      expect(await person({ uid })).to.equal(
        `OperationError: invalid_value: uid ${uid} is reserved: systems take it for no person`,
      );
    expect(await person({ uid: 'rootsman' })).to.equal('done');
  });
});
