// Attack: guesses that outrun the lock, one after another and over many connections at once. After the fifth wrong one
// nothing opens the account, on no worker, not even where its owner bound a moment ago.
import { expect } from 'chai';
import { bindFrom, guesserAddress } from './bind_once.ts';
import { type City, openCity } from './city.ts';

const tries = 6; // connections are dealt out to the two workers

describe('attack: guessing faster than the lock', function () {
  this.timeout(240_000);
  let city: City;
  before(async () => {
    city = await openCity();
  });

  it('five wrong passwords, then at once the right one', async () => {
    for (let number = 1; number <= tries; number++) {
      const person = city.person(310 + number);
      for (let guess = 1; guess <= 5; guess++)
        await bindFrom(city, { ...person, password: `Guess-${guess}` }, guesserAddress(110 + number));
      expect(await bindFrom(city, person, guesserAddress(110 + number)), person.dn).to.equal(49);
    }
  });

  it('the right one among twenty in parallel, behind the first five', async () => {
    for (let number = 1; number <= tries; number++) {
      const person = city.person(320 + number);
      const from = guesserAddress(120 + number);
      const guess = (guessed: number) =>
        bindFrom(city, { ...person, password: `Guess-${number}-${guessed}` }, from);
      const wrong = await Promise.all(Array.from({ length: 12 }, (_, guessed) => guess(guessed)));
      expect(wrong).to.deep.equal(wrong.map(() => 49));
      expect(await bindFrom(city, person, from), person.dn).to.equal(49);
    }
  });

  it('the owner’s fresh proofs on both workers are worth nothing from then on', async () => {
    const person = city.person(330);
    for (let bind = 0; bind < tries; bind++) expect(await bindFrom(city, person)).to.equal(0);
    for (let guess = 1; guess <= 5; guess++)
      await bindFrom(city, { ...person, password: `Guess-${guess}` }, guesserAddress(130));
    const after = await Promise.all(Array.from({ length: tries }, () => bindFrom(city, person)));
    expect(after).to.deep.equal(after.map(() => 49));
  });
});
