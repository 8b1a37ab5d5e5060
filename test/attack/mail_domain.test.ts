// An address stands for its holder in mail and in certificates: an administrator of one B/D gives nobody another's.
import { expect } from 'chai';
import { changeOrganisation } from '../../src/directory/commands/organisation_change.ts';
import { createOrganisation } from '../../src/directory/commands/organisation_create.ts';
import { changePerson } from '../../src/directory/commands/person_change.ts';
import { createPerson } from '../../src/directory/commands/person_create.ts';
import { movePerson } from '../../src/directory/commands/person_move.ts';
import { createPost } from '../../src/directory/commands/post_create.ts';
import type { Identity } from '../../src/directory/identity.ts';
import { holderOf, openGovernment, type World } from '../directory/world.ts';
import { outcome } from '../outcome.ts';

describe('an administrator who gives out addresses of another B/D', () => {
  let world: World;
  let csb: string;
  let ogcio: string;
  let serial = 0;
  const administratorOf = (...organisations: (string | null)[]): Identity =>
    holderOf('directory_administrator', ...organisations);

  before(async () => {
    world = await openGovernment('2026-11-20T02:00:00Z');
    csb = await world.organisation('CSB');
    ogcio = await world.organisation('OGCIO');
  });
  after(() => world.close());

  const belongsToOgcio =
    'OperationError: access_denied: the mail domain ogcio.gov.hk belongs to OGCIO: using it requires person.manage for OGCIO';

  function create(mail: string | undefined, by: Identity, organisation = csb) {
    serial += 1;
    const employment = {
      organisation,
      source: 'hr',
      staff_number: String(serial),
      category: 'civil_servant' as const,
      start_date: '2020-01-02',
    };
    const person = { surname: 'Chan', given_name: 'Tai-man', uid: `address${serial}`, employment };
    return world.run(createPerson, mail === undefined ? person : { ...person, mail }, by);
  }

  it('is refused for a new person, naming whose domain it is', async () => {
    expect(await outcome(create('gcio@ogcio.gov.hk', administratorOf(csb)))).to.equal(belongsToOgcio);
    expect(await outcome(create('gcio@mail.OGCIO.gov.hk', administratorOf(csb)))).to.contain(
      'belongs to OGCIO',
    );
    expect(await world.tables.find('mail_address', { address: 'gcio@ogcio.gov.hk' })).to.deep.equal([]);
  });

  it('is refused for one who is there, and with a posting', async () => {
    const { person } = await create(undefined, administratorOf(csb));
    const change = { person: person.uuid, changes: {}, mail: 'gcio@ogcio.gov.hk' };
    expect(await outcome(world.run(changePerson, change, administratorOf(csb)))).to.equal(belongsToOgcio);
    const input = { organisation: csb, number: 'ADDRESS-1', title_en: 'Officer' };
    const { post } = await world.run(createPost, input);
    const move = { person: person.uuid, post: post.uuid, mail: 'gcio@ogcio.gov.hk' };
    expect(await outcome(world.run(movePerson, move, administratorOf(csb)))).to.equal(belongsToOgcio);
  });

  it('is refused a domain of nobody, which could be anybody’s', async () => {
    expect(await outcome(create('chan@example.com', administratorOf(csb)))).to.contain(
      'the mail domain example.com belongs to no organisation: using it requires person.manage for the whole government',
    );
    expect(await outcome(create('chan@gov.hk', administratorOf(csb)))).to.contain(
      'belongs to no organisation',
    );
  });

  it('does not take the domain itself', async () => {
    const take = { organisation: csb, changes: { mail_domain: 'ogcio.gov.hk' } };
    expect(await outcome(world.run(changeOrganisation, take, administratorOf(csb)))).to.contain(
      'the mail domain ogcio.gov.hk belongs to OGCIO: using it requires organisation.manage for OGCIO',
    );
    const above = { organisation: csb, changes: { mail_domain: 'gov.hk' } };
    expect(await outcome(world.run(changeOrganisation, above, administratorOf(csb)))).to.contain(
      'no organisation',
    );
    const office = { code: 'FAKE', name_en: 'Fake', name_zh: '假', kind: 'office', parent: csb } as const;
    expect(
      await outcome(
        world.run(createOrganisation, { ...office, mail_domain: 'ogcio.gov.hk' }, administratorOf(csb)),
      ),
    ).to.contain('belongs to OGCIO');
    expect(await world.tables.find('organisation', { code: 'FAKE' })).to.deep.equal([]);
  });

  it('neither gives up the domain nor trades it, so that addresses in it would be nobody’s', async () => {
    const { person } = await create('holder@csb.gov.hk', administratorOf(csb));
    const changeTo = (mail_domain: string | null, by: Identity) =>
      outcome(world.run(changeOrganisation, { organisation: csb, changes: { mail_domain } }, by));
    const refused =
      'OperationError: access_denied: giving up the mail domain csb.gov.hk requires organisation.manage for the whole government';
    expect(await changeTo(null, administratorOf(csb))).to.equal(refused);
    expect(await changeTo('training.csb.gov.hk', administratorOf(csb))).to.equal(refused);
    expect(await changeTo('ogcio.gov.hk', administratorOf(csb, ogcio))).to.equal(refused);
    expect((await world.one('organisation', { code: 'CSB' })).mail_domain).to.equal('csb.gov.hk');
    expect(await changeTo('csb.gov.hk', administratorOf(csb))).to.equal('done'); // no change
    expect(await changeTo('CSB.gov.hk', administratorOf(csb))).to.equal('done'); // RFC 4343: the same name
    expect(await changeTo(null, administratorOf(null))).to.equal('done');
    expect(await changeTo('csb.gov.hk', administratorOf(csb))).to.contain('belongs to no organisation');
    expect(await changeTo('csb.gov.hk', administratorOf(null))).to.equal('done');
    expect(await world.tables.find('mail_address', { person: person.uuid })).to.have.length(1);
  });

  it('gives the own domain, and any with the right over its owner', async () => {
    expect(await outcome(create(undefined, administratorOf(csb)))).to.equal('done');
    expect(await outcome(create('own@csb.gov.hk', administratorOf(csb)))).to.equal('done');
    expect(await outcome(create('own@training.csb.gov.hk', administratorOf(csb)))).to.equal('done');
    expect(await outcome(create('both@ogcio.gov.hk', administratorOf(csb, ogcio)))).to.equal('done');
    expect(await outcome(create('vendor@example.com', administratorOf(null)))).to.equal('done');
    const office = {
      code: 'CSTDI',
      name_en: 'Institute',
      name_zh: '學院',
      kind: 'office',
      parent: csb,
    } as const;
    const made = world.run(
      createOrganisation,
      { ...office, mail_domain: 'csb.gov.hk' },
      administratorOf(csb),
    );
    expect(await outcome(made)).to.equal('done'); // a branch shares its bureau's
  });

  it('below another gives no addresses of the bureau above, and takes no part of its domain', async () => {
    const parent = await world.organisation('FSTB');
    const department = { name_en: 'Department', name_zh: '部門', kind: 'department' as const, parent };
    const own = await world.run(createOrganisation, {
      ...department,
      code: 'DEPT-A',
      mail_domain: 'dept-a.gov.hk',
    });
    const without = await world.run(createOrganisation, {
      ...{ ...department, name_en: 'Department B', name_zh: '乙部門' },
      code: 'DEPT-B',
    });
    const [a, b] = [own.organisation.uuid, without.organisation.uuid];
    expect(await outcome(create('permanent.secretary@fstb.gov.hk', administratorOf(a), a))).to.contain(
      'the mail domain fstb.gov.hk belongs to',
    );
    expect(await outcome(create('own@dept-a.gov.hk', administratorOf(a), a))).to.equal('done');
    expect(await outcome(create('shared@fstb.gov.hk', administratorOf(b), b))).to.equal('done');
    const part = { organisation: b, changes: { mail_domain: 'office.fstb.gov.hk' } };
    expect(await outcome(world.run(changeOrganisation, part, administratorOf(b)))).to.contain(
      'using it requires organisation.manage for FSTB',
    );
  });
});
