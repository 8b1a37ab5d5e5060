// One message, one copy, to the right people: what Postfix asks of the directory for a person, an alias, a group and a post,
// and addresses that somebody takes although they belong to another object.
import { expect } from 'chai';
import type { Client } from 'ldapts';
import { seedBase } from '../../seeds/base.ts';
import { builtinAccounts } from '../../src/directory/builtin.ts';
import { changeGroup } from '../../src/directory/commands/group_change.ts';
import { createGroup } from '../../src/directory/commands/group_create.ts';
import { createPerson } from '../../src/directory/commands/person_create.ts';
import { changePost } from '../../src/directory/commands/post_change.ts';
import { createPost } from '../../src/directory/commands/post_create.ts';
import { type World as Directory, openWorld as openDirectory, personWith } from '../directory/world.ts';
import { ldapClient } from '../journeys/systems.ts';
import { groupUuid, organisations, person, uuidFrom } from '../ldap/staff.ts';
import { dnOf, mailDn, openWorld, password, suffix, type World } from '../ldap/world.ts';
import { outcome } from '../outcome.ts';

const stamps = { created_at: new Date('2026-01-05'), modified_at: new Date('2026-01-06') };
const longAgo = new Date('2020-01-01');

describe('delivery of mail by the directory', () => {
  let world: World;
  let client: Client;

  before(async () => {
    world = await openWorld();
    const group = {
      uuid: groupUuid,
      name: 'readers',
      description: null,
      organisation: organisations[0].uuid,
    };
    await world.publish({
      kind: 'group',
      group: { ...group, kind: 'static', rule: null, gid_number: null, mail: 'readers@csb.gov.hk' },
      stamps,
    });
    const officer = person(2, 'u2', world.hash);
    officer.mail = ['u2@csb.gov.hk', 'old.name@csb.gov.hk'];
    await world.publish(officer);
    const post = { uuid: uuidFrom(6, 1), number: 'P1', title_en: 'Duty Officer', title_zh: null, rank: null };
    await world.publish({
      kind: 'post',
      post: {
        ...{ ...post, organisation: organisations[0].uuid, unit: null, kind: 'permanent', extension: {} },
        ...{ required_clearance: 'NONE', telephone: null, fax: null, room: null, mail: 'duty@csb.gov.hk' },
        ...{ valid_from: longAgo, valid_to: null },
      },
      rank_en: null,
      holders: ['u2', 'u4'],
      stamps,
    });
    client = ldapClient(world.url);
    await client.bind(mailDn, password);
  });
  after(async () => {
    await client?.unbind();
    await world.close();
  });

  /** As postfix-ldap does (ldap_table(5)): the result attribute, and that of the entries which special ones name. */
  async function expand(address: string): Promise<string[]> {
    const special = ['member', 'roleOccupant'];
    const attributes = ['bauhiniaDeliveryAddress', ...special];
    const found: string[] = [];
    const read = async (base: string, filter: string, scope: 'sub' | 'base'): Promise<void> => {
      const { searchEntries } = await client.search(base, { filter, scope, attributes });
      for (const entry of searchEntries) {
        found.push(...[entry.bauhiniaDeliveryAddress ?? []].flat().map(String));
        for (const name of special) {
          for (const dn of [entry[name] ?? []].flat().map(String)) await read(dn, '(objectClass=*)', 'base');
        }
      }
    };
    await read(suffix, `(mail=${address})`, 'sub');
    return found.sort();
  }

  it('an alias leads to one address', async () => {
    expect(await expand('old.name@csb.gov.hk')).to.deep.equal(['u2@csb.gov.hk']);
    expect(await expand('u2@csb.gov.hk')).to.deep.equal(['u2@csb.gov.hk']);
  });

  it('a group and a post list each person once', async () => {
    expect(await expand('readers@csb.gov.hk')).to.deep.equal([
      'u1@dpo.gov.hk',
      'u2@csb.gov.hk',
      'u3@dpo.gov.hk',
    ]);
    expect(await expand('duty@csb.gov.hk')).to.deep.equal(['u2@csb.gov.hk', 'u4@csb.gov.hk']);
  });

  it('nothing is delivered to who is suspended or left, whatever the way', async () => {
    await world.publish(person(3, 'u3', world.hash, { state: 'SUSPENDED' }));
    await world.publish(person(4, 'u4', world.hash, { state: 'DISABLED' }));
    expect(await expand('readers@csb.gov.hk')).to.deep.equal(['u1@dpo.gov.hk', 'u2@csb.gov.hk']);
    expect(await expand('u3@dpo.gov.hk')).to.deep.equal([]);
    const { searchEntries } = await client.search(dnOf('u2'), { scope: 'base', attributes: ['mail'] });
    expect(searchEntries[0]?.mail).to.deep.equal(['u2@csb.gov.hk', 'old.name@csb.gov.hk']);
  });

  describe('an address', () => {
    let directory: Directory;
    let csb: string;
    const administrator = () =>
      personWith(
        [
          { role: 'directory_administrator', organisation: csb, post: null },
          { role: 'group_manager', organisation: csb, post: null },
        ],
        { account: builtinAccounts.console.uuid },
      );
    const addPerson = (uid: string) =>
      directory.run(
        createPerson,
        {
          ...{ surname: 'Chan', given_name: 'Tai-man', uid },
          employment: {
            ...{ organisation: csb, source: 'hr', staff_number: uid },
            ...{ category: 'civil_servant', start_date: '2020-01-02' },
          },
        },
        administrator(),
      );
    const addGroup = (name: string, mail: string) =>
      directory.run(createGroup, { name, organisation: csb, mail }, administrator());
    const addPost = (number: string, mail: string) =>
      directory.run(createPost, { organisation: csb, number, title_en: 'Post', mail }, administrator());

    before(async () => {
      directory = await openDirectory('2026-11-20T02:00:00Z');
      await seedBase(directory.seeds, (code) => code);
      csb = (await directory.one('organisation', { code: 'CSB' })).uuid;
    });
    after(() => directory.close());

    it('belongs to one of people, posts and groups', async () => {
      const taken =
        'OperationError: already_exists: mail address is taken, or was given up by another holder less than a year ago';
      await addPerson('victim');
      expect(await outcome(addGroup('CSB-thieves', 'Victim@csb.gov.hk'))).to.equal(taken);
      expect(await outcome(addPost('T-1', 'victim@csb.gov.hk'))).to.equal(taken);
      const { group } = await addGroup('CSB-honest', 'honest@csb.gov.hk');
      expect(await outcome(addPost('T-2', 'honest@csb.gov.hk'))).to.equal(taken);
      expect(await outcome(addPerson('honest'))).to.equal(taken);
      const changes = { mail: 'victim@csb.gov.hk' };
      expect(
        await outcome(directory.run(changeGroup, { group: group.uuid, changes }, administrator())),
      ).to.equal(taken);
    });

    it('that was given up comes back to its holder alone', async () => {
      const { post } = await addPost('T-3', 'desk@csb.gov.hk');
      await directory.run(
        changePost,
        { post: post.uuid, changes: { mail: 'desk@csb.gov.hk' } },
        administrator(),
      );
      await directory.run(changePost, { post: post.uuid, changes: { mail: null } }, administrator());
      expect(await outcome(addGroup('CSB-desk', 'desk@csb.gov.hk'))).to.contain('given up by another holder');
      const back = { post: post.uuid, changes: { mail: 'desk@csb.gov.hk' } };
      expect(await outcome(directory.run(changePost, back, administrator()))).to.equal('done');
    });

    it('of another organisation’s domain is refused to groups and posts as to people', async () => {
      const belongs = 'the mail domain ogcio.gov.hk belongs to OGCIO: using it requires';
      expect(await outcome(addGroup('CSB-forged', 'gcio@ogcio.gov.hk'))).to.contain(belongs);
      expect(await outcome(addPost('T-4', 'gcio@ogcio.gov.hk'))).to.contain(belongs);
    });
  });
});
