// Search on the wire: every filter against the people it must find, scopes, selection, limits, and who may see what.
import { expect } from 'chai';
import {
  AndFilter,
  Client,
  EqualityFilter,
  type Filter,
  NoSuchObjectError,
  OrFilter,
  type SearchOptions,
  SizeLimitExceededError,
  TimeLimitExceededError,
} from 'ldapts';
import { systemClock } from '../../src/clock.ts';
import { bindRequest, equality, present, RawClient, searchRequest, TAG } from './raw_client.ts';
import { OFFICERS, organisations, person } from './staff.ts';
import { octetString, tlv } from './wire/tlv.ts';
import { dnOf, imDn, mailDn, openWorld, password, suffix, type World } from './world.ts';

const people = `ou=people,${suffix}`;
const officers = Array.from({ length: OFFICERS }, (_, index) => index + 1);

describe('RFC 4511 4.5: search', () => {
  let world: World;
  let clients: Record<'user' | 'mail' | 'im' | 'admin', Client>;
  before(async () => {
    world = await openWorld({ settings: { ldapSizeLimit: 200 } });
    const bound = async (dn: string) => {
      const client = new Client({ url: world.url });
      await client.bind(dn, password);
      return client;
    };
    clients = {
      user: await bound(dnOf('u1')),
      mail: await bound(mailDn),
      im: await bound(imDn),
      admin: await bound(dnOf('admin')),
    };
  });
  after(async () => {
    for (const client of Object.values(clients)) await client.unbind();
    await world.close();
  });

  async function uids(
    filter: string | Filter,
    options: SearchOptions = {},
    who: keyof typeof clients = 'mail',
  ): Promise<string[]> {
    const { searchEntries } = await clients[who].search(suffix, { filter, attributes: ['uid'], ...options });
    return searchEntries.map(({ dn }) => /^uid=([^,]+),ou=people/.exec(dn)?.[1] ?? dn);
  }

  const numbered = (chosen: (number: number) => boolean): string[] =>
    officers.filter(chosen).map((number) => `u${number}`);
  const ownOfficers = (found: string[]): string[] => found.filter((uid) => /^u\d+$/.test(uid));

  // What ldapts's own parser does not read goes in as its filter objects.
  const filters: [filter: string | Filter, expected: string[]][] = [
    ['(uid=u7)', ['u7']],
    ['(UID=U7)', ['u7']],
    [new EqualityFilter({ attribute: '0.9.2342.19200300.100.1.1', value: 'u7' }), ['u7']],
    ['(mail=U8@csb.gov.hk)', ['u8']],
    ['(uid=u29*)', numbered((number) => /^29/.test(String(number)))],
    ['(mail=*99@dpo*)', numbered((number) => /99$/.test(String(number)) && number % 2 === 1)],
    ['(cn=chan*u30*)', numbered((number) => number % 3 === 0 && /^30/.test(String(number)))],
    ['(givenName=*u12)', ['u12']],
    [
      '(&(sn=chan)(departmentNumber=CSB)(uid=u1*))',
      numbered((number) => number % 6 === 0 && /^1/.test(String(number))),
    ],
    ['(|(uid=u1)(uid=u2)(uid=nobody))', ['u1', 'u2']],
    [
      '(&(uid=u1*)(!(uid=u1?*))(!(uid=u1*0)))',
      numbered((number) => /^1/.test(String(number)) && number % 10 !== 0),
    ],
    ['(&(objectClass=person)(uid=u3))', ['u3']],
    [new EqualityFilter({ attribute: 'sn;lang-zh-hant', value: '陳' }), []],
    [
      new AndFilter({
        filters: [
          new EqualityFilter({ attribute: 'uid', value: 'u4' }),
          new EqualityFilter({ attribute: 'cn;lang-zh-hant', value: '陳大文' }),
        ],
      }),
      ['u4'],
    ],
    [new EqualityFilter({ attribute: 'cn;lang-en', value: 'CHAN Tai-u3' }), []],
    ['(&(uid=u5)(jpegPhoto=*))', []],
    ['(&(uid=u5)(mail=*))', ['u5']],
    ['(&(uid=u5)(modifyTimestamp>=20260101000000Z))', ['u5']],
    ['(&(uid=u5)(modifyTimestamp<=20251231235959Z))', []],
    ['(uid:caseIgnoreMatch:=U6)', ['u6']],
    ['(:dn:caseIgnoreMatch:=u6)', ['u6']],
    ['(memberOf=cn=readers,ou=groups,dc=gov,dc=hk)', ['u1', 'u2', 'u3']],
    ['(member=uid=u2,ou=people,dc=gov,dc=hk)', [`cn=readers,ou=groups,${suffix}`]],
    // Three values: Undefined is neither found nor found by its negation, and gives way to what decides.
    ['(nosuchattribute=x)', []],
    ['(!(nosuchattribute=x))', []],
    ['(|(nosuchattribute=x)(uid=u9))', ['u9']],
    ['(&(!(nosuchattribute=x))(uid=u9))', []],
    ['(!(|(nosuchattribute=x)(objectClass=*)))', []],
    ['(modifyTimestamp=yesterday)', []],
    ['(!(modifyTimestamp=yesterday))', []],
    ['(uid:nosuchrule:=u6)', []],
    [new OrFilter({ filters: [] }), []],
    [
      new AndFilter({
        filters: [new AndFilter({ filters: [] }), new EqualityFilter({ attribute: 'uid', value: 'u9' })],
      }),
      ['u9'],
    ],
  ];
  for (const [filter, expected] of filters) {
    it(`${filter} finds ${expected.length > 4 ? `${expected.length} entries` : expected.join(', ') || 'nothing'}`, async () => {
      expect((await uids(filter)).sort()).to.deep.equal([...expected].sort());
    });
  }

  it('scopes: base, one, subtree, children', async () => {
    const found = async (base: string, scope: NonNullable<SearchOptions['scope']>) =>
      (
        await clients.mail.search(base, { scope, filter: '(objectClass=*)', attributes: ['1.1'] })
      ).searchEntries.map(({ dn }) => dn);
    expect(await found(people, 'base')).to.deep.equal([people]);
    expect(await found(suffix, 'one')).to.have.members(
      ['people', 'organisations', 'groups', 'systems', 'pki'].map((name) => `ou=${name},${suffix}`),
    );
    const subtree = await found(people, 'sub');
    expect(subtree).to.include(people).and.include(dnOf('u300'));
    expect(await found(people, 'children')).to.have.members(subtree.filter((dn) => dn !== people));
    expect(await found(dnOf('u1'), 'one')).to.deep.equal([]);
    expect(await found('', 'one')).to.deep.equal([suffix]);
    expect(await found('', 'sub')).to.include(dnOf('u1'));
  });

  describe('attribute selection (RFC 4511 4.5.1.8, RFC 3673, RFC 4529)', () => {
    const selected = async (attributes: string[], options: SearchOptions = {}) => {
      const { searchEntries } = await clients.mail.search(dnOf('u4'), {
        scope: 'base',
        attributes,
        ...options,
      });
      const [entry] = searchEntries;
      // ldapts adds an empty list for every name that was asked for and not sent.
      return Object.fromEntries(
        Object.entries(entry ?? {}).filter(
          ([name, value]) => name !== 'dn' && !(Array.isArray(value) && value.length === 0),
        ),
      );
    };
    const lists: [attributes: string[], expected: string[]][] = [
      [['mail'], ['mail']],
      [
        ['MAIL', '2.5.4.4'],
        ['mail', 'sn'],
      ],
      [['1.1'], []],
      [['1.1', 'mail'], ['mail']],
      [['dn'], []],
      [['nosuchattribute', 'mail', 'x-y;z', '!'], ['mail']],
      [['cn'], ['cn', 'cn;lang-zh-hant']],
      [['cn;lang-zh-hant'], ['cn;lang-zh-hant']],
      [['cn;lang-zh-'], ['cn;lang-zh-hant']],
      [['cn;lang-en'], []],
      [
        ['entryUUID', 'uid'],
        ['entryUUID', 'uid'],
      ],
    ];
    for (const [attributes, expected] of lists) {
      it(`${attributes.join(', ')} sends ${expected.join(', ') || 'no attribute'}`, async () => {
        expect(Object.keys(await selected(attributes))).to.have.members(expected);
      });
    }

    it('nothing and * send user attributes, + operational ones', async () => {
      const user = Object.keys(await selected([]));
      expect(user).to.include.members(['objectClass', 'uid', 'cn', 'mail']).and.not.include('entryUUID');
      expect(Object.keys(await selected(['*']))).to.have.members(user);
      const operational = Object.keys(await selected(['+']));
      expect(operational)
        .to.include.members([
          'entryUUID',
          'createTimestamp',
          'entryDN',
          'structuralObjectClass',
          'hasSubordinates',
        ])
        .and.not.include('uid');
      expect(Object.keys(await selected(['*', '+']))).to.have.members([...user, ...operational]);
    });

    it('a hundred names, most of them unknown (TrueNAS asks for 35)', async () => {
      const names = Array.from({ length: 98 }, (_, index) => `unknown${index}`);
      expect(Object.keys(await selected([...names, 'uid', 'mail']))).to.have.members(['uid', 'mail']);
    });

    it('typesOnly sends names without values', async () => {
      const client = await RawClient.open(world.ldap);
      const request = searchRequest(1, '', 0, present('objectClass'), ['supportedLDAPVersion']);
      const whole = await client.ask(1, request);
      expect(whole.code).to.equal(0);
      expect(client.answers[0]?.octets.includes(Buffer.from('3104040133', 'hex').subarray(2))).to.equal(true);
      const typesOnly = Buffer.from(request);
      typesOnly[typesOnly.indexOf(Buffer.from([1, 1, 0])) + 2] = 0xff;
      client.answers.length = 0;
      await client.ask(1, typesOnly);
      const entry = client.answers[0]?.octets;
      expect(entry?.includes('supportedLDAPVersion')).to.equal(true);
      expect(entry?.subarray(-2).toString('hex'), 'an empty SET').to.equal('3100');
      client.end();
    });
  });

  describe('who sees what', () => {
    it('nobody sees the clearance unless approved; a person sees their own', async () => {
      const clearance = async (who: keyof typeof clients, uid: string) =>
        (await clients[who].search(dnOf(uid), { scope: 'base', attributes: ['bauhiniaClearance'] }))
          .searchEntries[0]?.bauhiniaClearance;
      expect(await clearance('mail', 'u10')).to.deep.equal([]);
      expect(await clearance('user', 'u10')).to.deep.equal([]);
      expect(await clearance('im', 'u10')).to.equal('RESTRICTED');
    });

    it('what may not be seen cannot be searched for either', async () => {
      expect(await uids('(bauhiniaClearance=CONFIDENTIAL)')).to.deep.equal([]);
      expect(await uids('(bauhiniaClearance=*)')).to.deep.equal([]);
      expect(ownOfficers(await uids('(bauhiniaClearance=RESTRICTED)', {}, 'im'))).to.deep.equal(
        numbered((number) => number % 10 === 0), // of its population only
      );
    });

    it('a system sees the people of its population, others do not exist', async () => {
      expect(ownOfficers(await uids('(objectClass=person)', {}, 'im'))).to.deep.equal(
        numbered((number) => number % 2 === 0),
      );
      const missing = await clients.im.search(dnOf('u1'), { scope: 'base' }).catch((error: unknown) => error);
      const nobody = await clients.im
        .search(dnOf('nobody'), { scope: 'base' })
        .catch((error: unknown) => error);
      expect(missing).to.be.instanceOf(NoSuchObjectError);
      expect((missing as Error).message).to.equal((nobody as Error).message);
    });

    it('a person sees no service accounts, not even as matchedDN', async () => {
      expect(await uids('(objectClass=applicationProcess)', {}, 'user')).to.deep.equal([]);
      expect(await uids('(objectClass=applicationProcess)', {}, 'admin')).to.have.members([mailDn, imDn]);
      const client = await RawClient.open(world.ldap);
      client.send(bindRequest(1, dnOf('u1'), password));
      await client.result(1);
      const below = await client.ask(2, searchRequest(2, `cn=x,${mailDn}`, 0, present('cn')));
      expect(below).to.include({ code: 32, matchedDN: `ou=systems,${suffix}` });
      const beside = await client.ask(3, searchRequest(3, 'dc=elsewhere', 2, present('cn')));
      expect(beside).to.include({ code: 32, matchedDN: '' });
      client.end();
    });

    it('nobody reads the root DSE and the subschema, and nothing else', async () => {
      const client = await RawClient.open(world.ldap);
      expect(
        (await client.ask(1, searchRequest(1, '', 0, present('objectclass'), ['+', '*']))).code,
      ).to.equal(0);
      const dse = client.answers[0]?.octets.toString('latin1') ?? '';
      for (const part of [
        'namingContexts',
        suffix,
        '1.2.840.113556.1.4.319',
        'vendorName',
        '1.3.6.1.4.1.4203.1.5.4',
      ])
        expect(dse).to.include(part);
      expect(
        (await client.ask(2, searchRequest(2, 'CN=Subschema', 0, equality('objectClass', 'subschema')))).code,
      ).to.equal(0);
      expect(client.answers.filter(({ messageId }) => messageId === 2)).to.have.length(2);
      expect((await client.ask(3, searchRequest(3, '', 0, equality('objectClass', 'person')))).code).to.equal(
        0,
      );
      expect(client.answers.filter(({ messageId }) => messageId === 3)).to.have.length(1);
      for (const [messageId, base, scope] of [
        [4, suffix, 0],
        [5, '', 2],
        [6, dnOf('u1'), 0],
        [7, 'dc=elsewhere', 2],
      ] as const)
        expect(
          (await client.ask(messageId, searchRequest(messageId, base, scope, present('objectClass')))).code,
        ).to.equal(50);
      client.end();
    });

    it('a setting opens the address book to everybody', async () => {
      const open = await openWorld({ settings: { anonymousSearch: true } });
      const client = new Client({ url: open.url });
      const { searchEntries } = await client.search(suffix, { filter: '(uid=u10)' });
      expect(searchEntries[0]).to.include({ uid: 'u10' }).and.not.have.property('bauhiniaClearance');
      await client.unbind();
      await open.close();
    });
  });

  describe('limits (RFC 4511 4.5.1.4, 4.5.1.5)', () => {
    const refused = (work: Promise<unknown>) =>
      work.then(
        () => null,
        (error: unknown) => error,
      );

    async function limited(uidPrefix: string, sizeLimit: number): Promise<{ code: number; entries: number }> {
      const client = await RawClient.open(world.ldap);
      await client.ask(1, bindRequest(1, mailDn, password));
      const filter = tlv(0xa4, octetString('uid'), tlv(0x30, tlv(0x80, Buffer.from(uidPrefix))));
      const request = searchRequest(2, suffix, 2, filter, ['1.1']);
      request[request.indexOf(Buffer.from('0a0100020100', 'hex')) + 5] = sizeLimit;
      const { code } = await client.ask(2, request);
      client.end();
      return { code, entries: client.answers.filter(({ tag }) => tag === TAG.entry).length };
    }

    it('the size limit of the client, when there are more', async () => {
      expect(await limited('u', 5)).to.deep.equal({ code: 4, entries: 5 });
      expect(await limited('u29', 10)).to.deep.equal({ code: 4, entries: 10 });
      expect(await limited('u29', 11)).to.deep.equal({ code: 0, entries: 11 });
    });

    it('the size limit of the server, which service accounts and administrators are above', async () => {
      expect(await refused(uids('(objectClass=person)', {}, 'user'))).to.be.instanceOf(
        SizeLimitExceededError,
      );
      expect(ownOfficers(await uids('(objectClass=person)'))).to.have.length(OFFICERS);
      expect(ownOfficers(await uids('(objectClass=person)', {}, 'admin'))).to.have.length(OFFICERS);
    });

    it('sends as many as the limit before it refuses', async () => {
      const client = await RawClient.open(world.ldap);
      client.send(bindRequest(1, dnOf('u1'), password));
      await client.result(1);
      const done = await client.ask(2, searchRequest(2, suffix, 2, present('objectClass'), ['1.1']));
      expect(done).to.include({ code: 4, text: 'there are more entries than the size limit' });
      expect(client.answers.filter(({ messageId }) => messageId === 2)).to.have.length(201);
      client.end();
    });

    it('the time limit', async () => {
      let ms = 0;
      const clock = { now: systemClock.now, elapsed: () => ms };
      const slow = await openWorld({ clock, settings: { ldapTimeLimitSeconds: 1 } });
      const client = new Client({ url: slow.url });
      await client.bind(mailDn, password);
      const { search } = slow.replica;
      slow.replica.search = function (query) {
        const cursor = search.call(this, query);
        const next = (budget: number) => {
          ms += 100;
          return cursor.next(budget);
        };
        return { next, estimate: cursor.estimate };
      };
      expect(await refused(client.search(suffix, { filter: '(objectClass=*)' }))).to.be.instanceOf(
        TimeLimitExceededError,
      );
      await client.unbind();
      await slow.close();
    });
  });

  it('a search that sends many is put on record, with who asked what', async () => {
    world.events.length = 0;
    await uids('(uid=u2*)', { sizeLimit: 90 });
    await uids('(uid=u2)');
    await uids('(objectClass=person)');
    const reads = world.events.filter(
      ({ act }) => act.act === 'directory.read' && act.state !== 'sum of an hour',
    );
    const read = { act: 'directory.read', base: suffix, filter: '(objectClass=person)', uid: 'svc-mail' };
    expect(reads.map(({ act, uid }) => ({ ...act, uid }))).to.deep.equal([
      { ...read, entries: 101, state: 'going on' },
      { ...read, entries: OFFICERS + 4, state: 'ended' },
    ]);
  });

  it('a changed entry is found by its new value at once', async () => {
    const changed = person(11, 'u11', world.hash);
    await world.publish({ ...changed, mail: ['new.address@dpo.gov.hk'] });
    expect(await uids('(mail=new.address@dpo.gov.hk)')).to.deep.equal(['u11']);
    expect(await uids('(mail=u11@dpo.gov.hk)')).to.deep.equal([]);
  });

  it('knows both organisations', async () => {
    const found = await uids('(bauhiniaOrganisationKind=bureau)');
    expect(found).to.have.length(organisations.length);
  });
});
