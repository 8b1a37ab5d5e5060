// Attack, or accident: a client keeps an old password and presents it over eight connections, again and again. Its owner
// is not locked out; distinct guesses are counted each.
import { expect } from 'chai';
import { bindFrom, guesserAddress } from './bind_once.ts';
import { type City, openCity } from './city.ts';

describe('attack: one stale password presented many times', function () {
  this.timeout(240_000);
  let city: City;
  before(async () => {
    city = await openCity();
  });

  it('counts once, on whichever worker, and never locks', async () => {
    const person = city.person(301);
    const stale = { ...person, password: 'Last-Years-Password-1' };
    for (let round = 0; round < 3; round++) {
      const codes = await Promise.all(
        Array.from({ length: 8 }, () => bindFrom(city, stale, guesserAddress(101))),
      );
      expect(codes).to.deep.equal(codes.map(() => 49));
    }
    expect(await bindFrom(city, person)).to.equal(0);
    expect(await bindFrom(city, person)).to.equal(0);
  });

  it('counts each of five distinct ones', async () => {
    const person = city.person(302);
    for (let guess = 1; guess <= 5; guess++)
      await bindFrom(city, { ...person, password: `Guess-${guess}` }, guesserAddress(102));
    expect(await bindFrom(city, person)).to.equal(49);
  });
});
