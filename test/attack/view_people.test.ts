// Readers ask for people whom they may not see by every way round: through groups and posts that name them, by filters,
// comparisons, presence and negation. What is not shown must not be found either.
import { expect } from 'chai';
import type { Client } from 'ldapts';
import { ldapClient } from '../journeys/systems.ts';
import { groupUuid, organisations, person, uuidFrom } from '../ldap/staff.ts';
import { dnOf, imDn, mailDn, openWorld, password, suffix, type World } from '../ldap/world.ts';

const group = `cn=readers,ou=groups,${suffix}`;
const post = `cn=P1,ou=CSB,ou=organisations,${suffix}`;
const stamps = { created_at: new Date('2026-01-05'), modified_at: new Date('2026-01-06') };
const longAgo = new Date('2020-01-01');

describe('people whom a reader may not see', () => {
  let world: World;
  let im: Client; // sees the people of CSB, whose numbers are even
  let mail: Client; // sees all
  let officer: Client;
  let administrator: Client;

  async function bound(dn: string): Promise<Client> {
    const client = ldapClient(world.url);
    await client.bind(dn, password);
    return client;
  }

  async function find(client: Client, filter: string, base = suffix): Promise<string[]> {
    const { searchEntries } = await client.search(base, { filter, attributes: ['1.1'] });
    return searchEntries.map(({ dn }) => dn);
  }

  async function read(client: Client, dn: string, attribute: string): Promise<string[]> {
    const { searchEntries } = await client.search(dn, { scope: 'base', attributes: [attribute] });
    return [searchEntries[0]?.[attribute] ?? []].flat().map(String);
  }

  before(async () => {
    world = await openWorld();
    await world.publish({
      kind: 'group',
      group: {
        ...{
          uuid: groupUuid,
          name: 'readers',
          description: 'those who read',
          organisation: organisations[0].uuid,
        },
        ...{ kind: 'static', rule: null, gid_number: 5001, mail: null },
      },
      stamps,
    });
    await world.publish({
      kind: 'post',
      post: {
        ...{ uuid: uuidFrom(6, 1), number: 'P1', title_en: 'Executive Officer', title_zh: null, rank: null },
        ...{ organisation: organisations[0].uuid, unit: null, kind: 'permanent', required_clearance: 'NONE' },
        ...{
          telephone: null,
          fax: null,
          room: null,
          mail: null,
          extension: {},
          valid_from: longAgo,
          valid_to: null,
        },
      },
      rank_en: null,
      holders: ['u1', 'u2'],
      stamps,
    });
    const manages = person(4, 'u4', world.hash);
    manages.person.extension = { manager: [dnOf('u1')], secretary: [dnOf('u2')] };
    await world.publish(manages);
    [im, mail, officer, administrator] = (await Promise.all(
      [imDn, mailDn, dnOf('u10'), dnOf('admin')].map(bound),
    )) as [Client, Client, Client, Client];
  });
  after(async () => {
    await Promise.all([im, mail, officer, administrator].map((client) => client?.unbind()));
    await world.close();
  });

  it('are named by DNs alone: a value that names nothing keeps nobody from reading', async () => {
    const odd = person(6, 'u6', world.hash);
    odd.person.extension = { manager: ['cn=\\20', 'dc=日本', 'createTimestamp=x'], secretary: [dnOf('u8')] };
    await world.publish(odd);
    for (const client of [officer, mail, im]) {
      expect(await read(client, dnOf('u6'), 'secretary')).to.deep.equal([dnOf('u8')]);
      expect(await read(client, dnOf('u6'), 'manager')).to.have.length(3);
      expect(await find(client, '(uid=u8)')).to.deep.equal([dnOf('u8')]);
    }
    await world.publish(person(6, 'u6', world.hash));
  });

  it('cost a reader little, however somebody wrote their names', async () => {
    const slow = Array.from({ length: 16 }, (_, number) => `cn=${number}${'\\61'.repeat(1_300)}`); // 64 KB
    const numbers = Array.from({ length: 40 }, (_, index) => 200 + 2 * index);
    for (const number of numbers) {
      const written = person(number, `u${number}`, world.hash);
      written.person.extension = { manager: slow, secretary: [dnOf('u2')] };
      await world.publish(written);
    }
    expect(await find(officer, `(secretary=${dnOf('u2')})`)).to.have.members(
      [4, ...numbers].map((number) => dnOf(`u${number}`)),
    );
    const cpu = process.cpuUsage();
    for (let search = 0; search < 5; search++) await find(officer, '(&(objectClass=person)(sn=nobody))');
    for (const number of numbers) await find(officer, '(objectClass=*)', dnOf(`u${number}`));
    const { user, system } = process.cpuUsage(cpu);
    expect((user + system) / 1000, 'milliseconds').to.be.below(1_000);
    for (const number of numbers) await world.publish(person(number, `u${number}`, world.hash));
  });

  describe('for a system with a population', () => {
    it('values that name people are shown where the person is, and there alone', async () => {
      expect(await read(im, group, 'member')).to.deep.equal([dnOf('u2')]);
      expect(await read(im, group, 'memberUid')).to.deep.equal(['u2']);
      expect(await read(im, post, 'roleOccupant')).to.deep.equal([dnOf('u2')]);
      expect(await read(im, dnOf('u4'), 'manager')).to.deep.equal([]);
      expect(await read(im, dnOf('u4'), 'secretary')).to.deep.equal([dnOf('u2')]);
      expect(await read(mail, group, 'member')).to.have.members([1, 2, 3].map((one) => dnOf(`u${one}`)));
      expect(await read(mail, post, 'roleOccupant')).to.have.members([dnOf('u1'), dnOf('u2')]);
    });

    it('filters match what is shown and nothing else', async () => {
      expect(await find(im, `(member=${dnOf('u2')})`)).to.deep.equal([group]);
      expect(await find(im, `(roleOccupant=${dnOf('u2')})`)).to.deep.equal([post]);
      for (const filter of [
        `(member=${dnOf('u1')})`,
        '(memberUid=u1)',
        `(roleOccupant=${dnOf('u1')})`,
        `(manager=${dnOf('u1')})`,
        '(manager=*)',
        `(member:distinguishedNameMatch:=${dnOf('u3')})`,
        `(|(member=${dnOf('u1')})(member=${dnOf('u3')}))`,
        `(&(objectClass=groupOfNames)(member=${dnOf('u3')}))`,
        `(&(cn=readers)(!(member=${dnOf('u2')})))`,
      ]) {
        expect(await find(im, filter), filter).to.deep.equal([]);
      }
      expect(await find(im, `(&(cn=readers)(!(member=${dnOf('u1')})))`)).to.deep.equal([group]);
      expect(await find(mail, `(member=${dnOf('u1')})`)).to.deep.equal([group]);
    });

    it('comparisons agree: Apache asks by them whether somebody is in a group', async () => {
      expect(await im.compare(group, 'member', dnOf('u2'))).to.equal(true);
      expect(await im.compare(group, 'member', dnOf('u1'))).to.equal(false);
      expect(await im.compare(post, 'roleOccupant', dnOf('u1'))).to.equal(false);
    });

    it('attributes left without a value are not there', async () => {
      await world.publish(person(2, 'u2', world.hash, { state: 'DISABLED' }));
      expect(await find(im, '(&(cn=readers)(member=*))')).to.deep.equal([]);
      expect(await find(im, '(roleOccupant=*)')).to.deep.equal([]);
      await world.publish(person(2, 'u2', world.hash));
      expect(await find(im, '(&(cn=readers)(member=*))')).to.deep.equal([group]);
    });
  });

  describe('who left', () => {
    before(() => world.publish(person(2, 'u2', world.hash, { state: 'FINAL_LEAVE' })));
    after(() => world.publish(person(2, 'u2', world.hash)));

    it('is in nobody’s address book and no system’s', async () => {
      for (const client of [officer, mail, im]) {
        expect(await find(client, '(uid=u2)')).to.deep.equal([]);
        expect(await find(client, '(mail=u2@csb.gov.hk)')).to.deep.equal([]);
        expect(await find(client, `(entryDN=${dnOf('u2')})`)).to.deep.equal([]);
        const failed = await find(client, '(objectClass=*)', dnOf('u2')).catch((error: Error) => error.name);
        expect(failed).to.equal('NoSuchObjectError');
      }
      expect(await find(administrator, '(uid=u2)')).to.deep.equal([dnOf('u2')]);
    });

    it('is in no group until they are back', async () => {
      for (const client of [officer, mail, administrator]) {
        expect(await read(client, group, 'member')).to.not.include(dnOf('u2'));
        expect(await read(client, group, 'memberUid')).to.not.include('u2');
        expect(await find(client, `(member=${dnOf('u2')})`)).to.deep.equal([]);
      }
    });
  });

  describe('who is suspended', () => {
    before(() => world.publish(person(2, 'u2', world.hash, { state: 'SUSPENDED' })));
    after(() => world.publish(person(2, 'u2', world.hash)));

    it('is a name and no more', async () => {
      for (const client of [officer, mail, im]) {
        const { searchEntries } = await client.search(dnOf('u2'), { scope: 'base', attributes: ['*', '+'] });
        const [entry] = searchEntries;
        expect(entry).to.include.keys('cn', 'sn');
        expect(entry).to.not.have.any.keys('uid', 'mail', 'bauhiniaMailAlias', 'memberOf', 'telephoneNumber');
        expect(await find(client, '(&(objectClass=person)(sn=Lee)(cn=LEE Tai-u2))')).to.deep.equal([
          dnOf('u2'),
        ]);
      }
      expect(await read(administrator, dnOf('u2'), 'mail')).to.deep.equal(['u2@csb.gov.hk']);
    });

    it('is not found by what is hidden: no mailbox, no login', async () => {
      for (const client of [officer, mail, im]) {
        for (const filter of [
          '(uid=u2)',
          '(mail=u2@csb.gov.hk)',
          '(mail=u2@*)',
          '(&(objectClass=inetOrgPerson)(|(uid=u2)(mail=u2@csb.gov.hk)))',
          `(&(cn=LEE Tai-u2)(memberOf=${group}))`,
          '(&(cn=LEE Tai-u2)(mail=*))',
        ]) {
          expect(await find(client, filter), filter).to.deep.equal([]);
        }
      }
    });

    it('cannot be told by what is missing: no filter finds them without finding others of that name', async () => {
      for (const client of [officer, mail, im]) {
        for (const asked of [
          ...[
            'uid=*',
            'mail=*',
            'mail=u2@csb.gov.hk',
            'modifyTimestamp=*',
            'modifyTimestamp>=20200101000000Z',
          ],
          ...[
            'memberOf=*',
            'telephoneNumber=*',
            'departmentNumber=CSB',
            'o=*',
            'createTimestamp=*',
            'uid=u*',
          ],
          ...['userid:caseExactMatch:=u2', 'departmentNumber:caseIgnoreMatch:=CSB', 'description=*'],
        ]) {
          for (const filter of [
            `(${asked})`,
            `(!(${asked}))`,
            `(&(objectClass=bauhiniaPerson)(!(${asked})))`,
          ]) {
            expect(await find(client, filter, dnOf('u2')), filter).to.deep.equal([]);
          }
        }
        const { searchEntries } = await client.search(dnOf('u2'), { scope: 'base', attributes: ['+'] });
        expect(searchEntries[0]).to.not.have.any.keys('modifyTimestamp', 'createTimestamp', 'memberOf');
      }
      expect(await find(officer, '(&(objectClass=bauhiniaPerson)(!(uid=*)))')).to.deep.equal([]);
      // The name itself is decided as everybody's is.
      expect(await find(officer, '(!(sn=Wong))', dnOf('u2'))).to.deep.equal([dnOf('u2')]);
      expect(await find(officer, '(&(sn=Lee)(!(cn=nobody)))', dnOf('u2'))).to.deep.equal([dnOf('u2')]);
      expect(await find(administrator, '(!(uid=*))', dnOf('u2'))).to.deep.equal([]);
    });

    it('answers comparisons as who has no such attribute', async () => {
      for (const [attribute, value] of [
        ['uid', 'u2'],
        ['mail', 'u2@csb.gov.hk'],
        ['modifyTimestamp', '20260101000000Z'],
        ['description', 'x'],
      ] as const) {
        const failed = await officer
          .compare(dnOf('u2'), attribute, value)
          .catch((error: Error) => error.name);
        expect(failed, attribute).to.equal('NoSuchAttributeError');
      }
      expect(await officer.compare(dnOf('u2'), 'sn', 'Lee')).to.equal(true);
    });

    it('is named by nobody’s entry', async () => {
      expect(await read(officer, dnOf('u4'), 'manager')).to.deep.equal([dnOf('u1')]);
      for (const client of [officer, mail, im]) {
        expect(await read(client, dnOf('u4'), 'secretary')).to.deep.equal([]);
        expect(await find(client, `(secretary=${dnOf('u2')})`)).to.deep.equal([]);
        expect(await find(client, '(&(uid=u4)(secretary=*))')).to.deep.equal([]);
      }
      expect(await read(administrator, dnOf('u4'), 'secretary')).to.deep.equal([dnOf('u2')]);
      expect(await find(administrator, `(secretary=${dnOf('u2')})`)).to.deep.equal([dnOf('u4')]);
      const other = person(4, 'u4', world.hash);
      other.person.extension = { manager: [dnOf('u2')], secretary: [dnOf('u1'), dnOf('u3')] };
      await world.publish(other);
      expect(await read(officer, dnOf('u4'), 'manager')).to.deep.equal([]);
      expect(await read(officer, dnOf('u4'), 'secretary')).to.have.members([dnOf('u1'), dnOf('u3')]);
    });

    it('stands in no group that mail is delivered to', async () => {
      expect(await read(mail, group, 'member')).to.have.members([dnOf('u1'), dnOf('u3')]);
      expect(await mail.compare(group, 'member', dnOf('u2'))).to.equal(false);
    });
  });
});
