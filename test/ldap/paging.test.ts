// Simple paged results on the wire: complete whatever the page size, and cookies that are worth nothing elsewhere.
import { expect } from 'chai';
import { Client } from 'ldapts';
import { decodePagedResults, encodePagedResults, PAGED_RESULTS } from '../../src/ldap/wire/paged_results.ts';
import { bindRequest, control, equality, present, RawClient, searchRequest, TAG } from './raw_client.ts';
import { OFFICERS } from './staff.ts';
import { tlv } from './wire/tlv.ts';
import { dnOf, mailDn, openWorld, password, suffix, type World } from './world.ts';

const people = `ou=people,${suffix}`;
const STAFF = OFFICERS + 4; // with those who may not bind; those who left are not shown

describe('RFC 2696: paged results', () => {
  let world: World;
  let client: RawClient;
  let next = 1;
  before(async () => {
    world = await openWorld({ settings: { ldapSizeLimit: 100, ldapPagedSizeLimit: 1000 } });
  });
  after(() => world.close());
  beforeEach(async () => {
    client = await RawClient.open(world.ldap);
    await client.ask(++next, bindRequest(next, dnOf('u1'), password));
  });
  afterEach(() => client.end());

  async function page(
    size: number,
    cookie: Uint8Array = Buffer.alloc(0),
    change: {
      filter?: Buffer;
      base?: string;
      attributes?: string[];
      critical?: boolean;
      over?: RawClient;
    } = {},
  ): Promise<{ code: number; text: string; dns: string[]; cookie: Buffer; estimate: number }> {
    const over = change.over ?? client;
    const messageId = ++next;
    const value = encodePagedResults({ size, cookie: Buffer.from(cookie) });
    const request = searchRequest(
      messageId,
      change.base ?? people,
      2,
      change.filter ?? equality('objectClass', 'person'),
      change.attributes ?? ['1.1'],
      control(PAGED_RESULTS, change.critical ?? true, value),
    );
    const { code, text, octets } = await over.ask(messageId, request);
    const dns = over.answers
      .filter((one) => one.messageId === messageId && one.tag === TAG.entry)
      .map(({ dn }) => dn);
    const at = octets.indexOf(PAGED_RESULTS);
    if (at < 0) return { code, text, dns, cookie: Buffer.alloc(0), estimate: -1 };
    const answered = decodePagedResults(octets.subarray(at + PAGED_RESULTS.length + 2));
    return { code, text, dns, cookie: Buffer.from(answered.cookie), estimate: answered.size };
  }

  for (const size of [1, 7, 100, 153, 305, 306, 307, 100_000]) {
    it(`pages of ${size} hold everybody once`, async () => {
      const found: string[] = [];
      let pages = 0;
      let cookie: Buffer = Buffer.alloc(0);
      do {
        const answer = await page(size, cookie);
        expect(answer.code).to.equal(0);
        expect(answer.dns.length).to.be.within(1, size);
        found.push(...answer.dns);
        cookie = answer.cookie;
        pages++;
      } while (cookie.length > 0);
      expect(found).to.have.length(STAFF);
      expect(new Set(found).size).to.equal(STAFF);
      expect(pages).to.equal(Math.ceil(STAFF / size));
    });
  }

  it('works for ldapts, critical or not', async () => {
    const other = new Client({ url: world.url });
    await other.bind(mailDn, password);
    for (const paged of [true, { pageSize: 50 }]) {
      const { searchEntries } = await other.search(people, { filter: '(objectClass=person)', paged });
      expect(searchEntries).to.have.length(STAFF);
    }
    await other.unbind();
  });

  it('an entry published between two pages does not disturb them', async () => {
    const first = await page(200);
    const { person } = await import('./staff.ts');
    await world.publish(person(5, 'u5', world.hash));
    const second = await page(200, first.cookie);
    expect(new Set([...first.dns, ...second.dns]).size).to.equal(STAFF);
  });

  it('the size limit of the client counts all pages', async () => {
    const limited = await RawClient.open(world.ldap);
    await limited.ask(1, bindRequest(1, dnOf('u1'), password));
    const ask = async (cookie: Buffer) => {
      const messageId = ++next;
      const value = encodePagedResults({ size: 10, cookie });
      const filter = equality('objectClass', 'person');
      const request = searchRequest(
        messageId,
        people,
        2,
        filter,
        ['1.1'],
        control(PAGED_RESULTS, true, value),
      );
      request[request.indexOf(Buffer.from('0a0100020100', 'hex')) + 5] = 15;
      const { code, octets } = await limited.ask(messageId, request);
      const { cookie: following } = decodePagedResults(
        octets.subarray(octets.indexOf(PAGED_RESULTS) + PAGED_RESULTS.length + 2),
      );
      return { code, cookie: Buffer.from(following) };
    };
    const first = await ask(Buffer.alloc(0));
    expect(first.code).to.equal(0);
    const second = await ask(first.cookie);
    expect(second).to.deep.equal({ code: 4, cookie: Buffer.alloc(0) });
    expect(limited.answers.filter(({ tag }) => tag === TAG.entry)).to.have.length(15);
    limited.end();
  });

  it('page size 0 gives the rest up, or asks how many there are', async () => {
    const { cookie } = await page(10);
    expect(await page(0, cookie))
      .to.include({ code: 0, estimate: 0 })
      .and.deep.include({ dns: [], cookie: Buffer.alloc(0) });
    const asked = await page(0);
    expect(asked)
      .to.include({ code: 0 })
      .and.deep.include({ dns: [], cookie: Buffer.alloc(0) });
    expect(asked.estimate, 'a count of what may not be seen tells of it').to.equal(0);
    const admin = await RawClient.open(world.ldap);
    await admin.ask(++next, bindRequest(next, dnOf('admin'), password));
    expect((await page(0, Buffer.alloc(0), { over: admin })).estimate).to.be.at.least(STAFF);
    await admin.end();
  });

  describe('a cookie is refused', () => {
    const refusal = {
      code: 53,
      text: 'the paged results cookie belongs to another search or session; begin the search again',
    };
    it('with a changed filter, base or attribute list', async () => {
      const { cookie } = await page(10);
      expect(await page(10, cookie, { filter: present('objectClass') })).to.include(refusal);
      expect(await page(10, cookie, { base: suffix })).to.include(refusal);
      expect(await page(10, cookie, { attributes: ['mail'] })).to.include(refusal);
      expect(await page(20, cookie), 'another page size may be asked for').to.include({ code: 0 });
    });

    it('in another session, or by another account', async () => {
      const { cookie } = await page(10);
      const over = await RawClient.open(world.ldap);
      await over.ask(1, bindRequest(1, dnOf('u1'), password));
      expect(await page(10, cookie, { over })).to.include(refusal);
      over.end();
      await client.ask(++next, bindRequest(next, dnOf('u2'), password));
      expect(await page(10, cookie)).to.include(refusal);
    });

    it('when it was made up', async () => {
      const { cookie } = await page(10);
      for (let octet = 0; octet < cookie.length; octet++) {
        const forged = Buffer.from(cookie);
        forged[octet] = (forged[octet] ?? 0) ^ 1;
        expect(await page(10, forged)).to.include(refusal);
      }
      expect(await page(10, Buffer.from('x'))).to.include(refusal);
      expect(await page(10, Buffer.alloc(5000, 1))).to.include(refusal);
    });
  });

  describe('controls (RFC 4511 4.1.11)', () => {
    const ask = async (...controls: Buffer[]) => {
      const messageId = ++next;
      return client.ask(
        messageId,
        searchRequest(messageId, dnOf('u1'), 0, present('cn'), ['1.1'], ...controls),
      );
    };

    it('an unknown critical one refuses the operation, any other is passed over', async () => {
      expect(await ask(control('1.2.3.4', true))).to.include({
        code: 12,
        text: 'critical control 1.2.3.4 is not available for search',
      });
      expect(await ask(control('1.2.3.4', false))).to.include({ code: 0 });
      expect(await ask(control('toString', true))).to.include({ code: 12 });
    });

    it('a known one in the wrong place is unknown there', async () => {
      const request = Buffer.from(extendedWithPaging());
      expect(await client.ask(999, request)).to.include({ code: 12 });
    });

    it('ManageDsaIT changes nothing (RFC 3296)', async () => {
      expect(await ask(control('2.16.840.1.113730.3.4.2', true))).to.include({ code: 0 });
    });

    it('paged results without a value, malformed or twice are protocol errors', async () => {
      const value = encodePagedResults({ size: 10, cookie: Buffer.alloc(0) });
      expect(await ask(control(PAGED_RESULTS, true))).to.include({ code: 2 });
      expect(await ask(control(PAGED_RESULTS, true, Buffer.from('junk')))).to.include({ code: 2 });
      expect(await ask(control(PAGED_RESULTS, true, value), control(PAGED_RESULTS, true, value))).to.include({
        code: 2,
      });
      expect(
        await ask(control(PAGED_RESULTS, true, tlv(0x30, tlv(2, Buffer.from([0xff])), tlv(4)))),
      ).to.include({ code: 2 });
    });
  });

  function extendedWithPaging(): Buffer {
    const whoAmI = tlv(0x77, tlv(0x80, Buffer.from('1.3.6.1.4.1.4203.1.11.3')));
    const value = encodePagedResults({ size: 10, cookie: Buffer.alloc(0) });
    return tlv(0x30, Buffer.from('020203e7', 'hex'), whoAmI, tlv(0xa0, control(PAGED_RESULTS, true, value)));
  }
});
