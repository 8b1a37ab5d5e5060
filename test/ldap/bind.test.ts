// Bind on the wire: what is accepted, what is refused and how, and that refusals tell nothing.
import { expect } from 'chai';
import { Client, InvalidCredentialsError } from 'ldapts';
import { bind } from '../../src/ldap/bind.ts';
import type { Session } from '../../src/ldap/session.ts';
import type { BindRequest } from '../../src/ldap/wire/message.ts';
import {
  bindRequest,
  equality,
  extendedRequest,
  message,
  RawClient,
  searchRequest,
  TAG,
} from './raw_client.ts';
import { closedStates } from './staff.ts';
import { octetString, tlv } from './wire/tlv.ts';
import { dnOf, mailDn, openWorld, password, suffix, type World } from './world.ts';

const WHO_AM_I = '1.3.6.1.4.1.4203.1.11.3';

describe('RFC 4511 4.2, RFC 4513 section 5: bind', () => {
  let world: World;
  before(async () => {
    world = await openWorld();
  });
  after(() => world.close());

  async function withClient<T>(work: (client: RawClient) => Promise<T>): Promise<T> {
    const client = await RawClient.open(world.ldap);
    try {
      return await work(client);
    } finally {
      client.end();
    }
  }

  async function authzId(client: RawClient, messageId: number): Promise<string> {
    const { octets } = await client.ask(messageId, extendedRequest(messageId, WHO_AM_I));
    return octets.toString('latin1').replace(/^.*?(dn:.*|u:.*)?$/s, '$1');
  }

  it('a name and its password bind, in any spelling of the DN', () =>
    withClient(async (client) => {
      const spelling = ` UID=U1 , OU = People,DC=gov,dc=HK`.trim();
      expect(await client.ask(1, bindRequest(1, spelling, password))).to.include({ code: 0, text: '' });
      expect(await authzId(client, 2)).to.equal(`dn:${dnOf('u1')}`);
    }));

  it('every refusal has the same octets, whatever the reason', () =>
    withClient(async (client) => {
      const names = [
        [dnOf('u1'), 'wrong'],
        [dnOf('nobody'), password],
        [dnOf('newcomer'), password], // must change the password first
        ...closedStates.map((state) => [dnOf(state.toLowerCase().replace('_', '-')), password]),
        [`cn=readers,ou=groups,${suffix}`, password],
        [suffix, password],
        ['', password],
        [dnOf('u1'), 'x'.repeat(2000)],
      ] as const;
      const octets = new Set<string>();
      for (const [dn, secret] of names) {
        const refusal = await client.ask(9, bindRequest(9, dn, secret));
        expect(refusal, dn).to.include({
          code: 49,
          matchedDN: '',
          text: 'the name or the password is wrong',
        });
        octets.add(refusal.octets.toString('hex'));
        client.answers.length = 0;
      }
      expect(octets.size).to.equal(1);
    }));

  it('a password that is not UTF-8 is wrong', () =>
    withClient(async (client) => {
      const request = tlv(
        0x60,
        tlv(2, Buffer.from([3])),
        octetString(dnOf('u1')),
        tlv(0x80, Buffer.from([0xff, 0xfe])),
      );
      expect((await client.ask(1, message(1, request))).code).to.equal(49);
    }));

  it('a failed bind leaves the session anonymous', () =>
    withClient(async (client) => {
      await client.ask(1, bindRequest(1, dnOf('u1'), password));
      expect((await client.ask(2, bindRequest(2, dnOf('u1'), 'wrong'))).code).to.equal(49);
      expect(await authzId(client, 3)).to.equal('');
      expect((await client.ask(4, searchRequest(4, suffix, 2, equality('uid', 'u1')))).code).to.equal(50);
    }));

  it('an empty name and password bind as nobody (RFC 4513 5.1.1)', () =>
    withClient(async (client) => {
      await client.ask(1, bindRequest(1, dnOf('u1'), password));
      expect((await client.ask(2, bindRequest(2, '', ''))).code).to.equal(0);
      expect(await authzId(client, 3)).to.equal('');
    }));

  const refusals = [
    {
      what: 'a name without a password (RFC 4513 5.1.2)',
      request: bindRequest(1, dnOf('u1'), ''),
      code: 53,
      text: 'a bind with a name needs a password',
    },
    {
      what: 'LDAPv2',
      request: bindRequest(1, dnOf('u1'), password, 2),
      code: 2,
      text: 'historical protocol version requested, use LDAPv3',
    },
    {
      what: 'a name that is no DN',
      request: bindRequest(1, 'u1', password),
      code: 34,
      text: /distinguished name/,
    },
    {
      what: 'SASL',
      request: message(
        1,
        tlv(0x60, tlv(2, Buffer.from([3])), octetString(''), tlv(0xa3, octetString('PLAIN'))),
      ),
      code: 7,
      text: 'only simple binds are offered',
    },
    {
      what: 'an authentication choice nobody defined',
      request: message(1, tlv(0x60, tlv(2, Buffer.from([3])), octetString(''), tlv(0x85, Buffer.from('x')))),
      code: 7,
      text: 'only simple binds are offered',
    },
  ];
  for (const { what, request, code, text } of refusals) {
    it(`${what} is refused with ${code}`, () =>
      withClient(async (client) => {
        const refusal = await client.ask(1, request);
        expect(refusal).to.include({ tag: TAG.bind, code });
        expect(refusal.text).to.match(typeof text === 'string' ? new RegExp(`^${text}$`) : text);
        expect(
          (await client.ask(2, bindRequest(2, dnOf('u1'), password))).code,
          'the session goes on',
        ).to.equal(0);
      }));
  }

  it('without TLS a password is not taken from another machine', async () => {
    const session = {
      confidential: false,
      service: { clock: { now: () => new Date(0) }, readModel: world.replica },
      become: () => undefined,
    } as unknown as Session;
    const request = { kind: 'bind', version: 3, name: dnOf('u1') } as const;
    const credentials = { method: 'simple', password: Buffer.from(password) } as const;
    const tried = (operation: BindRequest) =>
      bind(session, { kind: 'request', messageId: 1, controls: [], operation }, operation);
    const refusal = await tried({ ...request, credentials });
    expect(refusal).to.include({ resultCode: 13 });
    const anonymous = { method: 'simple', password: Buffer.alloc(0) } as const;
    expect(await tried({ ...request, name: '', credentials: anonymous })).to.include({
      resultCode: 0,
    });
  });

  it('one connection binds as user and service in turn (Dovecot)', async () => {
    const client = new Client({ url: world.url });
    for (let round = 1; round <= 5; round++) {
      await client.bind(mailDn, password);
      const { searchEntries } = await client.search(suffix, {
        filter: `(uid=u${round})`,
        attributes: ['mail'],
      });
      expect(searchEntries.map(({ dn }) => dn)).to.deep.equal([dnOf(`u${round}`)]);
      const right = round % 2 === 0;
      const attempt = client.bind(dnOf(`u${round}`), right ? password : 'wrong');
      if (right) await attempt;
      else expect(await attempt.catch((error: unknown) => error)).to.be.instanceOf(InvalidCredentialsError);
    }
    await client.unbind();
  });

  it('requests sent behind a bind wait for it, and keep their order', () =>
    withClient(async (client) => {
      client.send(
        searchRequest(1, suffix, 2, equality('uid', 'u1')),
        bindRequest(2, dnOf('u1'), password),
        searchRequest(3, suffix, 2, equality('uid', 'u1')),
        bindRequest(4, '', ''),
        searchRequest(5, suffix, 2, equality('uid', 'u1')),
      );
      await client.result(5);
      const order = client.answers.map(({ messageId, tag, code }) => [messageId, tag, code]);
      expect(order).to.deep.equal([
        [1, TAG.done, 50],
        [2, TAG.bind, 0],
        [3, TAG.entry, -1],
        [3, TAG.done, 0],
        [4, TAG.bind, 0],
        [5, TAG.done, 50],
      ]);
    }));

  it('records proofs and refusals, never a password', () =>
    withClient(async (client) => {
      world.events.length = 0;
      await client.ask(1, bindRequest(1, dnOf('u3'), password));
      await client.ask(2, bindRequest(2, dnOf('u3'), 'Wr0ng-Secret'));
      const acts = world.events.map(({ act, uid, origin }) => [act.act, uid, origin]);
      expect(acts).to.deep.equal([
        ['authentication.success', 'u3', 'ldap'],
        ['authentication.failure', 'u3', 'ldap'],
      ]);
      expect(JSON.stringify(world.events)).not.to.match(/Wr0ng-Secret|Correct-Horse/);
    }));
});
