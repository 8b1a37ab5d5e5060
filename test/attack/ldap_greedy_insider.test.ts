// An ordinary officer who asks for as much as the protocol allows, on sixteen connections: honest clients are answered as
// before, and nobody's turn waits for another of that officer's thousand searches.
import { expect } from 'chai';
import {
  bindRequest,
  equality,
  present,
  type RawAnswer,
  RawClient,
  searchRequest,
  TAG,
} from '../ldap/raw_client.ts';
import { octetString, tlv } from '../ldap/wire/tlv.ts';
import { dnOf, openWorld, password, suffix as worldSuffix } from '../ldap/world.ts';
import { type City, openCity, strangerAddress } from './city.ts';
import type { FloodOptions } from './flood.ts';
import { expectUnharmed, underProgram } from './honest.ts';

const parts = (tag: number, count: number, part: (number: number) => Buffer): Buffer =>
  tlv(tag, ...Array.from({ length: count }, (_, number) => part(number)));
const anyOf = (count: number, part: (number: number) => Buffer): Buffer => parts(0xa1, count, part);
const allOf = (count: number, part: (number: number) => Buffer): Buffer => parts(0xa0, count, part);
const not = (part: Buffer): Buffer => tlv(0xa2, part);
const contains = (attribute: string, text: string): Buffer =>
  tlv(0xa4, octetString(attribute), tlv(0x30, tlv(0x81, Buffer.from(text))));
const atLeast = (attribute: string, value: string): Buffer =>
  tlv(0xa5, octetString(attribute), octetString(value));
const approximately = (attribute: string, value: string): Buffer =>
  tlv(0xa8, octetString(attribute), octetString(value));
const byRule = (rule: string, attribute: string | null, value: string, dn: boolean): Buffer =>
  tlv(
    0xa9,
    tlv(0x81, Buffer.from(rule)),
    ...(attribute === null ? [] : [tlv(0x82, Buffer.from(attribute))]),
    tlv(0x83, Buffer.from(value)),
    ...(dn ? [tlv(0x84, Buffer.from([0xff]))] : []),
  );
const letters = (number: number): string =>
  String.fromCharCode(97 + (number % 26), 97 + (Math.floor(number / 26) % 26));
const person = equality('objectClass', 'person');

/** Filters that cost most for what they say, each matching nobody where that makes it go on longest. */
const greedy: Record<string, Buffer> = {
  'one part a thousand times': anyOf(1_020, () => person),
  'a thousand substrings that everybody has a letter of': anyOf(500, (number) =>
    contains('cn', letters(number)),
  ),
  'substrings of every indexed attribute': anyOf(500, (number) =>
    contains(['cn', 'mail', 'uid', 'displayName', 'title'][number % 5] ?? 'cn', `${letters(number)}e`),
  ),
  'a thousand ranges over everything': anyOf(1_000, (number) =>
    atLeast('modifyTimestamp', `2000010100${String(number % 60).padStart(2, '0')}${10 + (number % 50)}Z`),
  ),
  'a nest of negations': allOf(30, (number) =>
    not(anyOf(30, (other) => not(not(equality('sn', `nobody ${number} ${other}`))))),
  ),
  'pairs that exclude each other': anyOf(300, (number) =>
    allOf(2, (other) =>
      other === 0 ? person : equality('objectClass', number % 2 === 0 ? 'organizationalRole' : 'top'),
    ),
  ),
  'rules asked of names': anyOf(1_000, (number) => byRule('2.5.13.2', 'cn', `nobody ${number}`, true)),
  'rules asked of all attributes': anyOf(1_000, (number) =>
    byRule('2.5.13.2', null, `nobody ${number}`, true),
  ),
  'names approximately': anyOf(1_000, (number) => approximately('cn', `nobody ${number}`)),
  'a supertype a thousand times': anyOf(1_000, (number) => equality('name', `nobody ${number}`)),
  'attributes that half of the entries have': anyOf(1_000, (number) =>
    present(`${['mail', 'cn', 'title', 'ou', 'sn'][number % 5]};x-${number}`),
  ),
  'long values': anyOf(3, (number) => contains('cn', `${number}${'ﷺ'.repeat(3_500)}`)),
};

describe('a greedy officer', function () {
  this.timeout(300_000);
  let city: City;
  before(async () => {
    city = await openCity();
  });
  const from = (requests: Buffer[], perSecond: number): FloodOptions => ({
    port: city.server.ports.ldap,
    addresses: [strangerAddress(99)],
    connections: 16,
    prologues: [bindRequest(1_000_000, city.officer.dn, city.officer.password)],
    requests,
    perSecond,
    most: 2_000,
  });

  it('cannot stop the service by one part a thousand times', async () => {
    const filter = greedy['one part a thousand times'] ?? person;
    const requests = Array.from({ length: 500 }, (_, id) =>
      searchRequest(id + 1, city.suffix, 2, filter, ['1.1']),
    );
    expectUnharmed(await underProgram(city, 'flood', from(requests, 100)));
  });

  it('cannot slow it by any other filter either', async () => {
    const filters = Object.values(greedy);
    const requests = Array.from({ length: 500 }, (_, id) =>
      searchRequest(id + 1, city.suffix, 2, filters[id % filters.length] ?? person, ['1.1']),
    );
    expectUnharmed(await underProgram(city, 'flood', from(requests, 100)));
  });
});

describe('searches of one account', () => {
  it('are under way in a bounded number on all its connections, a large filter counting several times', async () => {
    const world = await openWorld({ settings: { ldapMaxOutstandingAccount: 10, ldapMaxOutstanding: 1_000 } });
    const clients = [await RawClient.open(world.ldap), await RawClient.open(world.ldap)];
    for (const client of clients) await client.ask(1, bindRequest(1, dnOf('u1'), password));
    const filter = anyOf(640, (number) => byRule('2.5.13.2', null, `nobody ${number}`, true));
    for (const client of clients) {
      client.send(...[2, 3].map((id) => searchRequest(id, worldSuffix, 2, filter)));
    }
    const answers: RawAnswer[] = [];
    for (const client of clients) answers.push(await client.result(2), await client.result(3));
    const busy = 'too many searches of this account are under way; wait for some of them to end';
    expect(answers.map(({ code, text }) => `${code} ${text}`).sort()).to.deep.equal([
      '0 ',
      ...Array.from({ length: 3 }, () => `51 ${busy}`),
    ]);
    const other = await RawClient.open(world.ldap);
    await other.ask(1, bindRequest(1, dnOf('u2'), password));
    expect((await other.ask(2, searchRequest(2, worldSuffix, 2, equality('uid', 'u2')))).code).to.equal(0);
    expect((await clients[0]?.ask(9, searchRequest(9, worldSuffix, 2, person)))?.code).to.equal(0);
    expect(other.answers.filter(({ tag }) => tag === TAG.entry)).to.have.length(1);
    for (const client of [...clients, other]) client.end();
    await world.close();
  });
});
