// Attack: growing the audit trail, which nothing is deleted from, by one act repeated as fast as it is answered: a wrong
// password at one name, and an officer's own right one.
import { expect } from 'chai';
import { soon } from '../journeys/soon.ts';
import { bindRequest, RawClient } from '../ldap/raw_client.ts';
import { bindFrom, guesserAddress } from './bind_once.ts';
import { type BindName, type City, openCity } from './city.ts';

interface Listed {
  act: string;
  address: string | null;
  details: { times?: number };
}

const connections = 60;
const lastsMs = 3_000;

describe('attack: growing the audit trail by equal binds', function () {
  this.timeout(240_000);
  let city: City;
  before(async () => {
    city = await openCity();
  });

  /** How often each result was answered. */
  async function repeat({ dn, password }: BindName, address: string): Promise<Record<number, number>> {
    const codes: Record<number, number> = {};
    const clients = await Promise.all(
      Array.from({ length: connections }, () => RawClient.open(city.server.ports.ldap, address)),
    );
    const end = performance.now() + lastsMs;
    await Promise.all(
      clients.map(async (client) => {
        for (let message = 1; performance.now() < end; message++) {
          const { code } = await client.ask(message, bindRequest(message, dn, password));
          codes[code] = (codes[code] ?? 0) + 1;
        }
        client.end();
      }),
    );
    return codes;
  }

  async function eventsOf(act: string, address: string): Promise<Listed[]> {
    const all = await city.server.json<Listed[]>('audit', 'list', '--limit', '5000');
    return all.filter((event) => event.act === act && event.address === address);
  }
  const total = (events: Listed[]): number =>
    events.reduce((sum, { details }) => sum + (details.times ?? 1), 0);

  for (const [what, name] of [
    ['an account', () => city.person(401)],
    ['an unknown name', () => ({ dn: `uid=nobody-401,ou=people,${city.suffix}`, password: 'x' })],
  ] as const) {
    it(`by one wrong password at ${what} is bounded, and the trail says how often it came`, async () => {
      const address = guesserAddress(what === 'an account' ? 181 : 182);
      const codes = await repeat({ ...name(), password: 'Last-Years-Password-1' }, address);
      expect(Object.keys(codes)).to.deep.equal(['49', '51']);
      expect(codes[49], 'answered before the address was over its budget').to.be.within(connections, 600);
      const events = await soon(
        () => eventsOf('authentication.failure', address),
        (listed) => total(listed) >= (codes[49] ?? 0),
        10_000,
      );
      expect(total(events)).to.equal(codes[49]);
      expect(events.length).to.be.below(12);
    });
  }

  it('by an officer’s own password is bounded, and no bind of his is refused', async () => {
    const officer = city.person(402);
    const address = guesserAddress(183);
    expect(await bindFrom(city, officer, address)).to.equal(0);
    const codes = await repeat(officer, address);
    expect(Object.keys(codes)).to.deep.equal(['0']);
    const events = await soon(
      () => eventsOf('authentication.success', address),
      (listed) => total(listed) > (codes[0] ?? 0),
      10_000,
    );
    expect(total(events)).to.equal((codes[0] ?? 0) + 1);
    expect(events.length).to.be.below(12);
  });

  it('by an attacker who shares the address of an officer refuses the officer nothing', async () => {
    const officer = city.person(403);
    const address = guesserAddress(184);
    expect(await bindFrom(city, officer, address)).to.equal(0);
    const attack = repeat({ ...officer, password: 'Last-Years-Password-1' }, address);
    const codes: (number | null)[] = [];
    for (let bind = 0; bind < 10; bind++) codes.push(await bindFrom(city, officer, address));
    await attack;
    expect(codes).to.deep.equal(codes.map(() => 0));
  });
});
