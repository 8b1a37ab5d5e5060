// Attack: strangers guess at the mail system's account until it is locked, and mail stops for a government. The account
// holds a generated secret: the guessing addresses are limited and somebody is told, the system goes on.
import { expect } from 'chai';
import { bindFrom, guesserAddress } from './bind_once.ts';
import { type City, openCity } from './city.ts';

describe('attack: guessing at a service account', function () {
  this.timeout(240_000);
  let city: City;
  before(async () => {
    city = await openCity();
    expect(await bindFrom(city, city.mail)).to.equal(0);
  });

  it('neither locks it nor goes unnoticed', async () => {
    for (let number = 0; number < 8; number++) {
      const guesses = Array.from({ length: 8 }, (_, guess) =>
        bindFrom(city, { ...city.mail, password: `Guess-${number}-${guess}` }, guesserAddress(140 + number)),
      );
      const codes = await Promise.all(guesses);
      expect(codes).to.deep.equal(codes.map(() => 49));
    }
    const own = await Promise.all(Array.from({ length: 6 }, () => bindFrom(city, city.mail)));
    expect(own).to.deep.equal(own.map(() => 0));
    expect(city.server.log()).to.contain('service account is being guessed at');
  });
});
