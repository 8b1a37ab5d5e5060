// Attack: hundreds of connections bind invented names, so that every thread hashes for strangers and the queue is full.
// Right binds of accounts known to the server, and first binds of an officer from an address of their own, are answered.
import { expect } from 'chai';
import { bindRequest } from '../ldap/raw_client.ts';
import { startAttacker } from './attacker.ts';
import { bindFrom } from './bind_once.ts';
import { type City, openCity, strangerAddress } from './city.ts';
import type { FloodOptions } from './flood.ts';
import { expectUnharmed, underProgram } from './honest.ts';

function flood(city: City, addresses: string[]): FloodOptions {
  const requests = Array.from({ length: 3_000 }, (_, number) =>
    bindRequest(
      1,
      `uid=x${number}-${addresses.length},ou=people,${city.suffix}`,
      `guess-${number}-${addresses.length}`,
    ),
  );
  return {
    port: city.server.ports.ldap,
    addresses,
    connections: 700,
    prologues: [],
    requests,
    perSecond: 700,
    most: 4_000,
  };
}

describe('attack: a flood of binds with invented names', function () {
  this.timeout(300_000);
  let city: City;
  before(async () => {
    city = await openCity();
  });

  const many = Array.from({ length: 250 }, (_, number) => strangerAddress(number));
  for (const [from, addresses] of [
    ['one address', [strangerAddress(7)]],
    ['250 addresses', many],
  ] as const) {
    it(`from ${from} leaves honest clients alone`, async () => {
      expectUnharmed(await underProgram(city, 'flood', flood(city, [...addresses]), { rounds: 5 }));
    });

    it(`from ${from} leaves first binds from other addresses answered`, async () => {
      const attack = startAttacker('flood', flood(city, [...addresses]));
      try {
        await attack.begin();
        const codes: (number | null)[] = [];
        for (let number = 0; number < 12; number++) {
          const person = city.person(1_000 + number + 4 * addresses.length);
          codes.push(await bindFrom(city, person, `127.0.67.${1 + number + (addresses.length % 200)}`));
        }
        expect(codes).to.deep.equal(codes.map(() => 0));
      } finally {
        await attack.end();
      }
    });
  }
});
