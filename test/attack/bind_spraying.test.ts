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

  it('does not learn from an account’s own sign-ins which of the refused guesses was right', async () => {
    const victim = city.person(480);
    // On both workers, and as often as a mail program does: its proofs are fresh.
    for (let binds = 0; binds < 6; binds++)
      expect(await bindFrom(city, victim, guesserAddress(170))).to.equal(0);
    const guesser = guesserAddress(171);
    for (let number = 1; number <= 45; number++)
      await bindFrom(city, { ...city.person(600 + number), password: 'Summer-2026!' }, guesser);
    const answers: (number | null)[] = [];
    for (let tries = 0; tries < 8; tries++) {
      answers.push(await bindFrom(city, { ...victim, password: `Guess-${tries}-2026` }, guesser));
      answers.push(await bindFrom(city, victim, guesser)); // the right one among them
    }
    expect(answers).to.include(51);
    expect(answers).not.to.include(0);
    expect(await bindFrom(city, victim, guesserAddress(170))).to.equal(0);
  });
});
