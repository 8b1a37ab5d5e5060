// Attack: one common password tried at many names from one address. After a burst the address is told to come back,
// without a hash; everybody else is answered.
import { expect } from 'chai';
import { bindFrom, guesserAddress } from './bind_once.ts';
import { type City, openCity } from './city.ts';

const names = 60;

describe('attack: one password tried at many names', function () {
  this.timeout(240_000);
  let city: City;
  before(async () => {
    city = await openCity();
  });

  it('is answered busy after a burst, and hurts nobody else', async () => {
    const codes: (number | null)[] = [];
    for (let number = 1; number <= names; number++) {
      const person = city.person(400 + number);
      codes.push(await bindFrom(city, { ...person, password: 'Summer-2026!' }, guesserAddress(160)));
    }
    const wrong = codes.filter((code) => code === 49).length;
    expect(wrong).to.be.within(30, 40); // the burst, and what flows back meanwhile
    expect(codes.slice(-10)).to.include(51);
    expect(codes.every((code) => code === 49 || code === 51)).to.equal(true);
    expect(await bindFrom(city, city.person(401), guesserAddress(161))).to.equal(0);
  });

  it('from an address that many sign in from, leaves their owners’ binds answered', async () => {
    const proxy = '127.0.68.1';
    for (let number = 1; number <= 4; number++)
      expect(await bindFrom(city, city.person(500 + number), proxy)).to.equal(0);
    for (let number = 1; number <= names; number++)
      await bindFrom(city, { ...city.person(520 + number), password: 'Summer-2026!' }, proxy);
    for (const number of [1, 2, 3, 4, 9, 10])
      expect(await bindFrom(city, city.person(500 + number), proxy)).to.equal(0);
  });
});
