// A role over one part of the government is a role over nothing else: what it opens shows on the entries of that part, and
// elsewhere neither by reading nor by any filter, comparison or count.
import { expect } from 'chai';
import type { Client } from 'ldapts';
import type { RoleGrant } from '../../src/directory/identity.ts';
import type { Role } from '../../src/directory/vocabulary.ts';
import type { OrganisationRecord, PersonRecord } from '../../src/x500/published.ts';
import { ldapClient } from '../journeys/systems.ts';
import { organisations, person, publishedRecords, uuidFrom } from '../ldap/staff.ts';
import { dnOf, openWorld, password, suffix, type World } from '../ldap/world.ts';

const [bureau] = organisations; // its people have even numbers
const stamps = { created_at: new Date('2026-01-05'), modified_at: new Date('2026-01-06') };
const office = { uuid: uuidFrom(1, 3), code: 'CSB-EAST', name_en: 'Eastern Office', name_zh: '東區辦事處' };
const empty = { uuid: uuidFrom(1, 4), code: 'EMPTY', name_en: 'Empty Office', name_zh: '空置辦事處' };

function organisation(one: typeof office, parent: string | null): OrganisationRecord {
  return {
    kind: 'organisation',
    organisation: {
      ...one,
      ...{ kind: 'office', parent, mail_domain: null, help_contact_en: null, help_contact_zh: null },
      ...{ stroke_order: 4, clearance_ceiling: 'RESTRICTED', valid_from: new Date('2020-01-01') },
      ...{ valid_to: null, extension: {} },
    },
    stamps,
  };
}

describe('a role over a part of the government', () => {
  let world: World;
  const clients = new Map<string, Client>();

  const inOffice = (record: PersonRecord): PersonRecord => {
    if (record.account !== null) record.account.organisation = office.uuid;
    return { ...record, organisation: office };
  };
  const holder = (number: number, uid: string, hash: string, role: Role, over: string): PersonRecord => {
    const grants: RoleGrant[] = [{ role, organisation: over, post: null }];
    return person(number, uid, hash, { grants });
  };

  before(async () => {
    world = await openWorld({
      records: (hash) => [
        ...publishedRecords(hash),
        organisation(office, bureau.uuid),
        organisation(empty, bureau.uuid),
        inOffice(person(1005, 'clerk', hash)),
        person(1006, 'gone', hash, { state: 'FINAL_LEAVE' }), // of the bureau
        person(1007, 'gone-too', hash, { state: 'FINAL_LEAVE' }),
        holder(1011, 'steward', hash, 'directory_administrator', bureau.uuid), // not one of them
        holder(1013, 'auditor', hash, 'auditor', bureau.uuid),
        holder(1015, 'guard', hash, 'clearance_officer', bureau.uuid),
        holder(1017, 'nobody', hash, 'directory_administrator', empty.uuid),
        holder(1019, 'helper', hash, 'help_desk', bureau.uuid),
      ],
    });
    for (const uid of ['admin', 'steward', 'auditor', 'guard', 'nobody', 'helper', 'u9']) {
      const client = ldapClient(world.url);
      await client.bind(dnOf(uid), password);
      clients.set(uid, client);
    }
    const filter = '(|(departmentNumber=CSB)(departmentNumber=CSB-EAST))';
    within = new Set(await find('admin', filter));
  });
  after(async () => {
    for (const client of clients.values()) await client.unbind();
    await world.close();
  });

  const as = (uid: string): Client => {
    const client = clients.get(uid);
    if (client === undefined) throw new Error(`${uid} is not bound`);
    return client;
  };
  async function find(uid: string, filter: string, base = suffix): Promise<string[]> {
    const { searchEntries } = await as(uid).search(base, { filter, attributes: ['1.1'] });
    return searchEntries.map(({ dn }) => dn);
  }
  async function read(uid: string, dn: string): Promise<Record<string, unknown>> {
    const { searchEntries } = await as(uid).search(dn, { scope: 'base', attributes: ['*', '+'] });
    return searchEntries[0] ?? {};
  }
  const administrators = ['steward', 'auditor'];
  const secret = ['employeeNumber', 'bauhiniaAccountState', 'bauhiniaRecordedClearance', 'bauhiniaClearance'];
  let within: ReadonlySet<string>; // who belongs to the bureau or the office below it

  it('shows there, and on what is below, what the role opens', async () => {
    for (const uid of administrators) {
      for (const dn of [dnOf('u2'), dnOf('clerk')]) expect(await read(uid, dn)).to.include.all.keys(secret);
      expect(await find(uid, '(employeeNumber=S2)')).to.deep.equal([dnOf('u2')]);
      expect(await read(uid, `ou=CSB-EAST,ou=CSB,ou=organisations,${suffix}`)).to.include.keys(
        'bauhiniaClearanceCeiling',
      );
      expect(await find(uid, '(uid=gone)')).to.deep.equal([dnOf('gone')]);
    }
    expect(await read('guard', dnOf('clerk'))).to.include.keys(
      'bauhiniaClearance',
      'bauhiniaRecordedClearance',
    );
    expect(await read('guard', dnOf('clerk'))).to.not.include.any.keys(
      'employeeNumber',
      'bauhiniaAccountState',
    );
  });

  it('shows elsewhere the entry that every officer reads', async () => {
    const elsewhere = [
      dnOf('u1'),
      dnOf('u5'),
      `ou=DPO,ou=organisations,${suffix}`,
      `cn=readers,ou=groups,${suffix}`,
    ];
    for (const uid of [...administrators, 'guard', 'nobody', 'helper']) {
      for (const dn of elsewhere.slice(0, 3))
        expect(await read(uid, dn), uid).to.deep.equal(await read('u9', dn));
      expect(await find(uid, '(uid=gone-too)'), uid).to.deep.equal([]);
    }
    for (const dn of [dnOf('u2'), dnOf('clerk'), ...elsewhere]) {
      expect(await read('nobody', dn)).to.deep.equal(await read('u9', dn));
    }
  });

  it('finds nobody elsewhere by it: equality, order, substrings, presence, extensible match, negation', async () => {
    const filters = [
      '(employeeNumber=S1*)',
      '(employeeNumber=*)',
      '(employeeNumber:caseIgnoreMatch:=S15)',
      '(bauhiniaAccountState=ACTIVE)',
      '(bauhiniaAccountState=*)',
      '(bauhiniaEmploymentCategory=civil_servant)',
      '(bauhiniaRecordedClearance=CONFIDENTIAL)',
      '(|(employeeNumber=S1)(employeeNumber=S2)(employeeNumber=S5))',
      '(&(objectClass=person)(bauhiniaClearance=*))',
      '(:caseIgnoreMatch:=S15)',
      '(!(!(employeeNumber=*)))',
    ];
    for (const filter of filters) {
      const others = async (uid: string) => (await find(uid, filter)).filter((dn) => dn !== dnOf(uid));
      for (const uid of ['u9', 'nobody']) expect(await others(uid), `${uid} ${filter}`).to.deep.equal([]);
      for (const uid of administrators) {
        const found = await others(uid);
        expect(
          found.filter((dn) => !within.has(dn)),
          `${uid} ${filter}`,
        ).to.deep.equal([]);
        expect(found.length > 0, `${uid} ${filter}`).to.equal(!filter.includes('S15'));
      }
    }
    const cleared = await find('guard', '(bauhiniaRecordedClearance=CONFIDENTIAL)');
    expect(cleared.filter((dn) => !within.has(dn) && dn !== dnOf('guard'))).to.deep.equal([]);
    expect(cleared).to.include(dnOf('u10')).and.not.include(dnOf('u5'));
    expect(await find('guard', '(employeeNumber=S2)')).to.deep.equal([]);
    // Elsewhere the attribute is not there, as for everybody.
    expect(await find('steward', '(!(employeeNumber=S1))', dnOf('u1'))).to.deep.equal([dnOf('u1')]);
    expect(await find('u9', '(!(employeeNumber=S1))', dnOf('u1'))).to.deep.equal([dnOf('u1')]);
  });

  it('compares and counts no more', async () => {
    expect(await as('steward').compare(dnOf('u2'), 'employeeNumber', 'S2')).to.equal(true);
    for (const uid of ['steward', 'u9']) {
      const failed = await as(uid)
        .compare(dnOf('u1'), 'employeeNumber', 'S1')
        .catch((error: Error) => error.name);
      expect(failed, uid).to.equal('NoSuchAttributeError');
    }
  });

  it('follows what is moved below and away, on connections that stand', async () => {
    expect(await find('steward', '(&(uid=clerk)(employeeNumber=*))')).to.deep.equal([dnOf('clerk')]);
    await world.publish(organisation(office, organisations[1].uuid));
    expect(await find('steward', '(&(uid=clerk)(employeeNumber=*))')).to.deep.equal([]);
    expect(await read('steward', dnOf('clerk'))).to.deep.equal(await read('u9', dnOf('clerk')));
    await world.publish(organisation(office, bureau.uuid));
    expect(await find('steward', '(&(uid=clerk)(employeeNumber=*))')).to.deep.equal([dnOf('clerk')]);
    await world.publish(organisation(empty, organisations[1].uuid));
  });
});
