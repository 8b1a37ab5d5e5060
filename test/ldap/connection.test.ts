// Connections: pipelining, what may be stopped, limits on what one peer can take, and ends that come at once.
import { once } from 'node:events';
import { connect } from 'node:net';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { expect } from 'chai';
import { Client } from 'ldapts';
import { systemClock } from '../../src/clock.ts';
import { OperationError } from '../../src/errors.ts';
import {
  abandonRequest,
  bindRequest,
  equality,
  extendedRequest,
  id,
  message,
  present,
  RawClient,
  searchRequest,
  TAG,
  unbindRequest,
} from './raw_client.ts';
import { person } from './staff.ts';
import { octetString, tlv } from './wire/tlv.ts';
import { dnOf, hashOf, mailDn, openWorld, password, suffix, type World } from './world.ts';

const CANCEL = '1.3.6.1.1.8';
/** Matches nobody, and no index helps: every entry is looked at. */
const laborious = tlv(0xa2, tlv(0xa1, present('objectClass'), equality('cn', 'x')));

/** Resolves when a bind is being checked. */
function bindBegun({ replica }: World): Promise<void> {
  return new Promise((resolve) => {
    replica.accountByDn = (dn) => {
      Reflect.deleteProperty(replica, 'accountByDn');
      resolve();
      return replica.accountByDn(dn);
    };
  });
}

describe('RFC 4511 section 5: connections', () => {
  let world: World;
  before(async () => {
    world = await openWorld({ settings: { ldapMaxOutstanding: 8 } });
  });
  after(() => world.close());

  async function bound(dn = mailDn, to = world): Promise<RawClient> {
    const client = await RawClient.open(to.ldap);
    expect((await client.ask(1, bindRequest(1, dn, password))).code).to.equal(0);
    client.answers.length = 0;
    return client;
  }

  /** Makes every search of the world take turns until `release` is called. */
  function holdSearches(): { release(): void; turns(): number } {
    const { replica } = world;
    let held = true;
    let turns = 0;
    const { search } = Object.getPrototypeOf(replica) as typeof replica;
    replica.search = (query) => {
      const cursor = search.call(replica, query);
      const next = (budget: number) => {
        turns++;
        return held ? 'more' : cursor.next(budget);
      };
      return { next, estimate: cursor.estimate };
    };
    const release = () => {
      held = false;
      replica.search = search.bind(replica);
    };
    return { release, turns: () => turns };
  }

  it('eight searches in one segment are answered each under its own id (Dovecot)', async () => {
    const client = await bound();
    client.send(
      ...[1, 2, 3, 4, 5, 6, 7, 8].map((n) =>
        searchRequest(100 + n, suffix, 2, equality('uid', `u${n}`), ['1.1']),
      ),
    );
    await client.until(() => client.answers.length === 16);
    for (const n of [1, 2, 3, 4, 5, 6, 7, 8]) {
      const own = client.answers.filter(({ messageId }) => messageId === 100 + n);
      expect(own.map(({ tag, dn, code }) => [tag, dn, code])).to.deep.equal([
        [TAG.entry, dnOf(`u${n}`), -1],
        [TAG.done, '', 0],
      ]);
    }
    client.end();
  });

  it('a request that comes octet by octet is one request', async () => {
    const client = await bound();
    for (const octet of searchRequest(2, suffix, 2, equality('uid', 'u3'))) {
      client.send(Buffer.from([octet]));
      await new Promise((resolve) => setImmediate(resolve));
    }
    expect(await client.result(2)).to.include({ code: 0 });
    client.end();
  });

  it('Abandon stops a search, which is never answered (4.11)', async () => {
    const searches = holdSearches();
    const client = await bound();
    client.send(searchRequest(2, suffix, 2, laborious), abandonRequest(3, 2), abandonRequest(4, 77));
    expect((await client.ask(5, extendedRequest(5, '1.3.6.1.4.1.4203.1.11.3'))).code).to.equal(0);
    const turns = searches.turns();
    searches.release();
    await client.ask(6, searchRequest(6, dnOf('u1'), 0, present('cn')));
    expect(searches.turns(), 'it had no further turn').to.equal(turns);
    expect(client.answers.filter(({ messageId }) => messageId === 2)).to.deep.equal([]);
    client.end();
  });

  it('Cancel stops a search and answers both (RFC 3909)', async () => {
    const searches = holdSearches();
    const client = await bound();
    const cancel = (messageId: number, target: number) =>
      client.ask(messageId, extendedRequest(messageId, CANCEL, tlv(0x30, id(target))));
    client.send(searchRequest(2, suffix, 2, laborious));
    expect(await cancel(3, 2)).to.include({ code: 0 });
    expect(await client.result(2)).to.include({ tag: TAG.done, code: 118 });
    expect(await cancel(4, 2)).to.include({ code: 119, text: 'message 2 is not under way' });
    expect(await client.ask(5, extendedRequest(5, CANCEL, Buffer.from('junk')))).to.include({ code: 2 });
    searches.release();
    client.end();
  });

  it('while a long search goes on, others are answered', async () => {
    const searches = holdSearches();
    const slow = await bound();
    slow.send(searchRequest(2, suffix, 2, laborious));
    const other = await bound(dnOf('u1'));
    expect((await other.ask(2, searchRequest(2, '', 0, present('objectClass')))).code).to.equal(0);
    expect((await slow.ask(3, searchRequest(3, '', 0, present('objectClass')))).code).to.equal(0);
    searches.release();
    expect((await slow.result(2)).code).to.equal(0);
    slow.end();
    other.end();
  });

  it('a bind behind a long search waits for its end (4.2.1)', async () => {
    const searches = holdSearches();
    const client = await bound();
    client.send(
      searchRequest(2, suffix, 2, equality('uid', 'u9'), ['1.1']),
      bindRequest(3, dnOf('u1'), password),
      searchRequest(4, dnOf('u2'), 0, present('cn'), ['1.1']),
    );
    const other = await bound(dnOf('u1'));
    expect(client.answers).to.deep.equal([]);
    other.end();
    searches.release();
    await client.result(4);
    expect(client.answers.map(({ messageId }) => messageId)).to.deep.equal([2, 2, 3, 4, 4]);
    client.end();
  });

  it('operations past the limit are answered busy, and a second message of one id ends the session', async () => {
    const searches = holdSearches();
    const client = await bound();
    client.send(...[1, 2, 3, 4, 5, 6, 7, 8].map((n) => searchRequest(100 + n, suffix, 2, laborious)));
    expect(await client.ask(200, searchRequest(200, '', 0, present('cn')))).to.include({ code: 51 });
    client.send(searchRequest(101, '', 0, present('cn')));
    await client.ended();
    expect(client.answers.at(-1)).to.include({
      messageId: 0,
      tag: TAG.extended,
      code: 2,
      text: 'message 101 is still under way',
    });
    searches.release();
  });

  it('Unbind and a closed connection stop what is under way', async () => {
    const searches = holdSearches();
    const polite = await bound();
    polite.send(searchRequest(2, suffix, 2, laborious), unbindRequest(3));
    await polite.ended();
    expect(polite.answers).to.deep.equal([]);
    const rude = await bound();
    rude.send(searchRequest(2, suffix, 2, laborious));
    rude.end();
    while (world.listeners.connections > 0) await new Promise((resolve) => setImmediate(resolve));
    await new Promise((resolve) => setImmediate(resolve));
    const turns = searches.turns();
    await new Promise((resolve) => setImmediate(resolve));
    expect(searches.turns()).to.equal(turns);
    searches.release();
  });

  describe('what is no request', () => {
    const cases: [what: string, octets: Buffer, code: number, text: RegExp][] = [
      ['octets that are no LDAP', Buffer.from('GET / HTTP/1.1\r\n\r\n'), 2, /tag 0x30/],
      [
        'a message larger than the limit before a bind',
        Buffer.from('3084000100010201', 'hex'),
        11,
        /must not exceed 65536/,
      ],
      ['a message id of 0', searchRequest(0, '', 0, present('cn')), 2, /messageID/],
      [
        'a response',
        message(1, tlv(0x65, tlv(10, Buffer.from([0])), octetString(''), octetString(''))),
        2,
        /not a request/,
      ],
    ];
    for (const [what, octets, code, text] of cases) {
      it(`${what} ends the session with ${code}`, async () => {
        const client = await RawClient.open(world.ldap);
        client.send(octets);
        await client.ended();
        expect(client.answers).to.have.length(1);
        expect(client.answers[0]).to.include({ messageId: 0, code });
        expect(client.answers[0]?.text).to.match(text);
      });
    }

    it('a request that cannot be meant is answered, and the session goes on', async () => {
      const client = await bound();
      const bad = searchRequest(2, '', 9, present('cn'));
      expect(await client.ask(2, bad)).to.include({ tag: TAG.done, code: 2, text: 'scope 9 is not defined' });
      expect(await client.ask(3, searchRequest(3, '', 0, present('cn')))).to.include({ code: 0 });
      client.end();
    });

    it('a larger message is taken after a bind', async () => {
      const client = await bound();
      const names = Array.from({ length: 900 }, (_, index) => `unknown-attribute-${index}`.padEnd(120, 'x'));
      expect(await client.ask(2, searchRequest(2, dnOf('u1'), 0, present('cn'), names))).to.include({
        code: 0,
      });
      client.end();
    });

    it('what is not offered says so', async () => {
      const client = await bound();
      const add = tlv(0x68, octetString(dnOf('new')), tlv(0x30));
      const modify = tlv(0x66, octetString(dnOf('u1')), tlv(0x30));
      const rename = tlv(0x6c, octetString(dnOf('u1')), octetString('uid=x'), tlv(1, Buffer.from([0])));
      for (const [messageId, request] of [
        add,
        modify,
        rename,
        tlv(0x4a, Buffer.from(dnOf('u1'))),
      ].entries()) {
        const answer = await client.ask(10 + messageId, message(10 + messageId, request));
        expect(answer).to.include({ tag: [0x69, 0x67, 0x6d, 0x6b][messageId], code: 53 });
        expect(answer.text).to.match(/^(add|modify|modifyDN|delete) is not offered/);
      }
      expect(await client.ask(20, extendedRequest(20, '1.3.6.1.4.1.4203.1.11.1'))).to.include({ code: 53 });
      expect(await client.ask(21, extendedRequest(21, '1.2.3'))).to.include({
        code: 2,
        text: 'extended operation 1.2.3 is not known',
      });
      expect(await client.ask(22, extendedRequest(22, '1.3.6.1.4.1.1466.20037'))).to.include({ code: 2 });
      client.end();
    });
  });

  it('a fault is logged whole and answered with a fixed text', async () => {
    const client = await bound();
    world.replica.search = () => {
      throw new TypeError('secret detail');
    };
    const answer = await client.ask(2, searchRequest(2, suffix, 2, present('cn')));
    expect(answer).to.include({ code: 80, text: 'an internal error occurred', matchedDN: '' });
    Reflect.deleteProperty(world.replica, 'search');
    expect(await client.ask(3, searchRequest(3, dnOf('u1'), 0, present('cn')))).to.include({ code: 0 });
    client.end();
  });

  describe('a withdrawal ends binds at once', () => {
    it('of an account that is disabled, or whose sessions end; others go on', async () => {
      const disabled = await bound(dnOf('u20'));
      const renewed = await bound(dnOf('u21'));
      const untouched = await bound(dnOf('u22'));
      await world.publish(person(20, 'u20', world.hash, { state: 'DISABLED' }));
      await disabled.ended();
      expect(disabled.answers.at(-1)).to.include({
        messageId: 0,
        code: 8,
        text: 'the account may not go on',
      });
      await world.publish(person(21, 'u21', world.hash, { sessions_valid_from: new Date('2999-01-01') }));
      await renewed.ended();
      expect((await untouched.ask(2, searchRequest(2, dnOf('u1'), 0, present('cn')))).code).to.equal(0);
      untouched.end();
    });

    it('even while its password is being checked', async () => {
      await world.publish(person(23, 'u23', await hashOf('Another-Horse-2')));
      const client = await RawClient.open(world.ldap);
      const begun = bindBegun(world);
      client.send(bindRequest(1, dnOf('u23'), 'Another-Horse-2'));
      await begun;
      await world.publish(person(23, 'u23', world.hash, { sessions_valid_from: new Date('2999-01-01') }));
      const { code } = await client.result(1);
      if (code === 0) await client.ended();
      else expect(code).to.equal(49);
      client.end();
    });

    it('a change of rights shows in the next search', async () => {
      const client = await bound(dnOf('u24'));
      const seen = async (messageId: number) => {
        await client.ask(messageId, searchRequest(messageId, mailDn, 0, present('cn'), ['1.1']));
        return client.answers.some((one) => one.messageId === messageId && one.tag === TAG.entry);
      };
      expect(await seen(2)).to.equal(false);
      const grants = [{ role: 'directory_administrator', organisation: null, post: null }] as const;
      await world.publish(person(24, 'u24', world.hash, { grants }));
      expect(await seen(3)).to.equal(true);
      client.end();
    });
  });
});

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;
function held(): number {
  collect();
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
}

describe('limits of the LDAP listener', () => {
  it('a reader that reads nothing is not answered on and on, and dropped after a time', async () => {
    let ms = 0;
    const clock = { now: systemClock.now, elapsed: () => ms };
    const world = await openWorld({ clock, listener: { sweepMs: 5 } });
    const client = await RawClient.open(world.ldap);
    await client.ask(1, bindRequest(1, mailDn, password));
    const before = held();
    client.socket.pause();
    const flood = Buffer.concat(
      Array.from({ length: 2000 }, (_, n) => searchRequest(10 + n, suffix, 2, present('objectClass'))),
    );
    client.send(flood); // 600,000 entries
    const other = await RawClient.open(world.ldap);
    await other.ask(1, bindRequest(1, dnOf('u1'), password));
    for (let round = 2; round < 200; round++) {
      expect((await other.ask(round, searchRequest(round, dnOf('u1'), 0, present('cn')))).code).to.equal(0);
    }
    // The answers would be some 250 MB. What other suites left to be collected moves the figure by tens of megabytes.
    expect(held() - before).to.be.below(64 * 1024 * 1024);
    ms += 61_000;
    await other.ask(200, searchRequest(200, dnOf('u1'), 0, present('cn')));
    client.socket.on('data', () => client.socket.pause()); // sees the end without reading all of it
    while (world.listeners.connections > 1) await new Promise((resolve) => setImmediate(resolve));
    expect(await world.registry.getSingleMetricAsString('bauhinia_ldap_connections_ended_total')).to.include(
      'reason="stalled"} 1',
    );
    client.end();
    other.end();
    await world.close();
  });

  it('idle connections are closed: soon when nobody is bound, later when somebody is', async () => {
    let ms = 0;
    const clock = { now: systemClock.now, elapsed: () => ms };
    const world = await openWorld({ clock, listener: { sweepMs: 5 } });
    const nobody = await RawClient.open(world.ldap);
    const slow = await RawClient.open(world.ldap);
    slow.send(searchRequest(1, '', 0, present('cn')).subarray(0, 9)); // begins a request and never ends it
    const somebody = await RawClient.open(world.ldap);
    await somebody.ask(1, bindRequest(1, dnOf('u1'), password));
    ms += 31_000;
    await Promise.all([nobody.ended(), slow.ended()]);
    while (world.listeners.connections > 1) await new Promise((resolve) => setImmediate(resolve));
    ms += 900_000;
    await somebody.ended();
    await world.close();
  });

  it('past the limit the connection without a bind longest goes; whoever has bound stays, and is full alone', async () => {
    const world = await openWorld({ settings: { ldapMaxConnections: 2 } });
    const bound = await RawClient.open(world.ldap);
    await bound.ask(1, bindRequest(1, dnOf('u1'), password));
    const oldest = await RawClient.open(world.ldap);
    await oldest.ask(1, searchRequest(1, '', 0, present('cn')));
    const newest = await RawClient.open(world.ldap);
    expect((await newest.ask(1, bindRequest(1, dnOf('u2'), password))).code).to.equal(0);
    await oldest.ended();
    expect((await bound.ask(2, searchRequest(2, '', 0, present('cn')))).code).to.equal(0);
    const refused = await RawClient.open(world.ldap);
    await refused.ended();
    bound.end();
    while (world.listeners.connections > 1) await new Promise((resolve) => setImmediate(resolve));
    const free = await RawClient.open(world.ldap);
    expect((await free.ask(1, searchRequest(1, '', 0, present('cn')))).code).to.equal(0);
    for (const client of [newest, free]) client.end();
    await world.close();
  });

  it('a thousand connections leave nothing behind', async function () {
    this.timeout(30_000);
    const world = await openWorld();
    const round = async (): Promise<void> => {
      for (let batch = 0; batch < 10; batch++) {
        const clients = await Promise.all(Array.from({ length: 100 }, () => RawClient.open(world.ldap)));
        await Promise.all(clients.map((client) => client.ask(1, bindRequest(1, dnOf('u1'), password))));
        expect(world.listeners.connections).to.equal(100);
        for (const client of clients) client.end();
        while (world.listeners.connections > 0) await new Promise((resolve) => setImmediate(resolve));
      }
    };
    await round();
    const before = held();
    await round();
    expect(held() - before).to.be.below(2 * 1024 * 1024);
    await world.close();
  });

  it('drains: finishes what is under way, says good-bye, takes nobody new', async () => {
    const world = await openWorld();
    const idle = await RawClient.open(world.ldap);
    await idle.ask(1, searchRequest(1, '', 0, present('cn')));
    await world.publish(person(23, 'u23', await hashOf('Another-Horse-2')));
    const begun = bindBegun(world);
    const binding = await RawClient.open(world.ldap);
    binding.send(bindRequest(1, dnOf('u23'), 'Another-Horse-2'));
    await begun;
    await world.listeners.drain(5_000);
    expect(binding.answers.map(({ messageId, code }) => [messageId, code])).to.deep.equal([
      [1, 0],
      [0, 52],
    ]);
    expect(idle.answers.at(-1)).to.include({ messageId: 0, code: 52, text: 'the server is going down' });
    const late = connect(world.ldap, '127.0.0.1');
    const [error] = (await once(late, 'error')) as [NodeJS.ErrnoException];
    expect(error.code).to.equal('ECONNREFUSED');
    await world.close();
  });

  it('a drain cuts at its deadline what does not end', async () => {
    const world = await openWorld();
    world.replica.search = () => ({ next: () => 'more', estimate: 1 });
    const client = await RawClient.open(world.ldap);
    await client.ask(1, bindRequest(1, mailDn, password));
    client.send(searchRequest(2, suffix, 2, present('cn')));
    await world.listeners.drain(50);
    await client.ended();
    await world.close();
  });

  it('an occupied port is named with its setting', async () => {
    const world = await openWorld();
    const refusal: unknown = await openWorld({ listener: { ldapPort: world.ldap } }).catch(
      (error: unknown) => error,
    );
    expect(refusal).to.be.instanceOf(OperationError);
    expect(refusal).to.include({
      code: 'configuration',
      detail: `BAUHINIA_LDAP_PORT ${world.ldap} is already in use on 127.0.0.1`,
    });
    await world.close();
  });

  it('counts what it does', async () => {
    const world = await openWorld();
    const client = new Client({ url: world.url });
    await client.bind(dnOf('u1'), password);
    await client.search(suffix, { filter: '(uid=u2)' });
    await client.unbind();
    const metrics = await world.registry.metrics();
    expect(metrics).to.include('bauhinia_ldap_operations_total{operation="bind",result="success"} 1');
    expect(metrics).to.include('bauhinia_ldap_operations_total{operation="search",result="success"} 1');
    expect(metrics).to.include('bauhinia_ldap_entries_total 1');
    await world.close();
  });
});
