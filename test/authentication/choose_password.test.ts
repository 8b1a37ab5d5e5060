// A password that is to be stored, on real tables: what was used before, how long ago, and what its holder is called.
import { expect } from 'chai';
import {
  createPasswordChoices,
  generatePassword,
  type PasswordChoices,
} from '../../src/authentication/choose_password.ts';
import { createPasswordHasher } from '../../src/authentication/password.ts';
import { createPasswordHistory } from '../../src/database/password_history.ts';
import { setPassword } from '../../src/directory/commands/password_set.ts';
import { createPerson } from '../../src/directory/commands/person_create.ts';
import {
  brokenRules,
  defaultPasswordNumbers,
  passwordPolicies,
} from '../../src/directory/password_policy.ts';
import type { AccountRow } from '../../src/directory/tables.ts';
import { openGovernment, personWith, someHash, type World } from '../directory/world.ts';

const policies = passwordPolicies(defaultPasswordNumbers);

describe('choosing a password', function () {
  this.timeout(60_000);
  let world: World;
  let choices: PasswordChoices;
  let account: AccountRow;
  const hasher = createPasswordHasher({ memoryKib: 7168, passes: 1, maxWaiting: 64 });

  before(async () => {
    world = await openGovernment('2026-11-20T02:00:00Z');
    const csb = await world.one('organisation', { code: 'CSB' });
    ({ account } = await world.run(createPerson, {
      surname: 'Chan',
      given_name: 'Tai-man',
      uid: 'tmchan',
      employment: {
        organisation: csb.uuid,
        source: 'hr',
        staff_number: '7354921',
        category: 'civil_servant',
        start_date: '2020-01-02',
      },
      password: { hash: someHash, must_change: true },
    }));
    choices = createPasswordChoices({
      tables: world.tables,
      history: createPasswordHistory(world.database),
      hasher,
      policies,
      clock: world.clock,
    });
  });
  after(() => world.close());

  const owner = () => personWith([], { account: account.uuid, person: account.person });

  async function change(password: string): Promise<readonly string[]> {
    const choice = await choices.next(account, password, true);
    if (choice.hash !== null) {
      await world.run(setPassword, { account: account.uuid, hash: choice.hash, must_change: false }, owner());
    }
    return choice.broken;
  }

  it('knows the holder by name and number', async () => {
    expect(await change('Tmchan-2847')).to.deep.equal(['restricted_word']);
    expect(await change('Ab!7354921')).to.deep.equal(['restricted_word']);
    expect(await change('a')).to.deep.equal(['too_short', 'too_few_classes']);
  });

  it('takes one that must be changed at once, and then not for a day', async () => {
    expect(await change('Harbour-View-0#')).to.deep.equal([]);
    expect(await change('Harbour-View-1#')).to.deep.equal(['changed_too_recently']);
  });

  it('does not take one of the last eight again, and the ninth is forgotten', async () => {
    for (let day = 1; day <= 8; day++) {
      world.moveTo(`2026-11-${20 + day}T03:00:00Z`);
      expect(await change(`Harbour-View-${day - 1}#`), `again, day ${day}`).to.deep.equal(['used_before']);
      expect(await change('Harbour-View-0#'), `the first, day ${day}`).to.deep.equal(
        day <= 8 ? ['used_before'] : [],
      );
      expect(await change(`Harbour-View-${day}#`), `a new one, day ${day}`).to.deep.equal([]);
    }
    world.moveTo('2026-11-30T03:00:00Z');
    expect(await change('Harbour-View-0#')).to.deep.equal([]);
    const rows: unknown[] = await world.database.knex('credential_history').where('account', account.uuid);
    expect(rows).to.have.length(7);
    expect(JSON.stringify(world.changes)).not.to.contain('argon2id');
  });

  it('ends with the age that the policy allows, and one who lets it end may change it', async () => {
    const credential = await world.run(
      { name: 'test.read', execute: ({ tx }, of: string) => tx.find('credential', { account: of }) },
      account.uuid,
    );
    expect(credential[0]?.expires_at?.toISOString()).to.equal('2027-05-29T03:00:00.000Z');
    world.moveTo('2027-05-29T03:00:00Z');
    expect(await change('Harbour-View-9#')).to.deep.equal([]);
  });

  it('a secret of a system is long; a public password is bounded', async () => {
    const refusal = await choices.secret('short').catch((error: unknown) => String(error));
    expect(refusal).to.contain("invalid_value: a system's secret must be at least 16 characters");
    expect(await choices.publicPassword('a')).to.match(/^\$argon2id/);
    const long = await choices.publicPassword('x'.repeat(2_000)).catch((error: unknown) => String(error));
    expect(long).to.contain('invalid_value');
  });

  it('generates what every category takes, never the same', () => {
    const made = Array.from({ length: 200 }, generatePassword);
    expect(new Set(made).size).to.equal(200);
    for (const password of made) {
      expect(brokenRules(policies.privileged, { words: [] }, password), password).to.deep.equal([]);
    }
  });
});
