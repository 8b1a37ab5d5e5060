// Strangers who do not bind: however they spend what they may send, honest clients are answered as before.
import { expect } from 'chai';
import { equality, present, RawClient, searchRequest } from '../ldap/raw_client.ts';
import { octetString, tlv } from '../ldap/wire/tlv.ts';
import { openWorld } from '../ldap/world.ts';
import { type City, openCity, strangerAddress } from './city.ts';
import type { FloodOptions } from './flood.ts';
import { expectUnharmed, underProgram } from './honest.ts';

/** `(:2.5.13.30:=9.9)`: asked of every definition in the subschema. */
const definition = tlv(0xa9, tlv(0x81, Buffer.from('2.5.13.30')), tlv(0x83, Buffer.from('9.9')));
const anyOf = (count: number, leaf: (number: number) => Buffer): Buffer =>
  tlv(0xa1, ...Array.from({ length: count }, (_, number) => leaf(number)));

describe('strangers who never bind', function () {
  this.timeout(300_000);
  let city: City;
  before(async () => {
    city = await openCity();
  });
  const from = (hosts: number, requests: Buffer[], perSecond: number): FloodOptions => ({
    port: city.server.ports.ldap,
    addresses: Array.from({ length: hosts }, (_, number) => strangerAddress(number)),
    connections: 40,
    prologues: [],
    requests,
    perSecond,
    most: perSecond * 10,
  });

  it('cannot stop the service by a thousand filters over the subschema', async () => {
    const attack = from(
      40,
      [
        searchRequest(
          1,
          'cn=subschema',
          0,
          anyOf(1022, () => definition),
        ),
      ],
      40,
    );
    expectUnharmed(await underProgram(city, 'flood', attack));
  });

  it('cannot slow it by as many filters as they may send, by every rule', async () => {
    const rules = ['2.5.13.30', '2.5.13.2', '2.5.13.0', '1.3.6.1.4.1.1466.109.114.2', '2.5.13.17'];
    const byRule = (number: number): Buffer => {
      const rule = rules[number % rules.length] ?? '';
      return tlv(0xa9, tlv(0x81, Buffer.from(rule)), tlv(0x83, Buffer.from(`9.${number}`)));
    };
    const attack = from(4, [searchRequest(1, 'cn=subschema', 0, anyOf(31, byRule), ['+'])], 400);
    expectUnharmed(await underProgram(city, 'flood', attack));
  });

  it('cannot slow it by long names and values', async () => {
    const long = `cn=${'ﷺ'.repeat(20_000)}`;
    const attack = from(
      4,
      [
        searchRequest(1, long, 0, present('objectClass')),
        searchRequest(2, 'cn=subschema', 0, equality('description', 'ﷺ'.repeat(20_000))),
      ],
      100,
    );
    expectUnharmed(await underProgram(city, 'flood', attack));
  });
});

describe('what a connection may ask before a bind', () => {
  it('is far less than after it, in parts of a filter and in octets of its values', async () => {
    const world = await openWorld();
    const stranger = await RawClient.open(world.ldap);
    const ask = async (id: number, filter: Buffer): Promise<[number, string]> => {
      const { code, text } = await stranger.ask(id, searchRequest(id, '', 0, filter));
      return [code, text];
    };
    expect(
      await ask(
        1,
        anyOf(31, () => present('cn')),
      ),
    ).to.deep.equal([0, '']);
    expect(
      await ask(
        2,
        anyOf(32, () => present('cn')),
      ),
    ).to.deep.equal([11, 'more than 32 filters']);
    expect(await ask(3, equality('cn', 'a'.repeat(4_096)))).to.deep.equal([0, '']);
    const parts = tlv(0x30, tlv(0x80, Buffer.alloc(4_000, 97)), tlv(0x81, Buffer.alloc(97, 97)));
    expect(await ask(4, tlv(0xa4, octetString('cn'), parts))).to.deep.equal([
      11,
      'more than 4096 octets of values in a filter',
    ]);
    stranger.end();
    await world.close();
  });

  it('costs processor time of the address, and what is overdrawn ends the connection and refuses others', async () => {
    const world = await openWorld({ settings: { ldapWorkAnonymous: 40 } });
    const stranger = await RawClient.open(world.ldap);
    const filter = anyOf(31, (number) => equality('ldapSyntaxes', `1.2.${number}`));
    const flood = Array.from({ length: 2_000 }, (_, id) => searchRequest(id + 1, 'cn=subschema', 0, filter));
    for (const request of flood) if (!stranger.socket.destroyed) stranger.send(request);
    await stranger.ended();
    const last = stranger.answers.at(-1);
    expect([last?.messageId, last?.code, last?.text]).to.deep.equal([
      0,
      51,
      'too much was asked from this address without a bind',
    ]);
    expect(stranger.answers.length).to.be.below(2_000);
    const again = await RawClient.open(world.ldap);
    await again.ended();
    await world.close();
  });

  it('costs octets of the address', async () => {
    const world = await openWorld({ settings: { ldapBytesAnonymous: 4_000 } });
    const stranger = await RawClient.open(world.ldap);
    stranger.send(searchRequest(1, '', 0, equality('cn', 'a'.repeat(3_000))));
    await stranger.ended();
    expect(stranger.answers.map(({ code }) => code)).to.deep.equal([51]);
    await world.close();
  });
});
