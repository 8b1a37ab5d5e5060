// Attack: one address in each of 150 networks repeats one wrong password, which is no new guess, so that strangers with as
// clean a name wait for no hash at all. Who signs in for the first time from a network of their own is answered.
import { expect } from 'chai';
import { bindRequest } from '../ldap/raw_client.ts';
import { startAttacker } from './attacker.ts';
import { bindFrom } from './bind_once.ts';
import { type City, openCity } from './city.ts';
import type { FloodOptions } from './flood.ts';

const networks = 150;
/** Answered in a row: of those that come while each attacker has a first hash as good as anybody's, some are not. */
const honest = 10;
const mostTries = 30;

describe('attack: many networks that repeat a wrong password', function () {
  this.timeout(240_000);
  let city: City;
  before(async () => {
    city = await openCity();
  });

  it('leave first binds from other networks answered', async () => {
    const addresses = Array.from({ length: networks }, (_, number) => `127.101.${number}.1`);
    const request = bindRequest(1, `uid=nobody-701,ou=people,${city.suffix}`, 'Last-Years-Password-1');
    const flood: FloodOptions = {
      ...{ port: city.server.ports.ldap, addresses, connections: networks, prologues: [] },
      ...{ requests: [request], perSecond: 300, most: 60_000 },
    };
    const attack = startAttacker('flood', flood);
    try {
      await attack.begin();
      let answered = 0;
      for (let tries = 0; tries < mostTries && answered < honest; tries++) {
        const code = await bindFrom(city, city.person(701 + tries), `127.102.${tries}.1`);
        answered = code === 0 ? answered + 1 : 0;
      }
      expect(answered, 'right passwords answered in a row').to.equal(honest);
    } finally {
      await attack.end();
    }
  });
});
