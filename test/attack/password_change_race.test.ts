// Somebody who knows an old password has a change under way while the help desk resets it; and a holder who changes the
// password in a loop, each time at the cost of up to nine hashes.
import { expect } from 'chai';
import { createPasswordChanges, type PasswordChanges } from '../../src/authentication/change_password.ts';
import { createPasswordChoices } from '../../src/authentication/choose_password.ts';
import { createPasswordHasher } from '../../src/authentication/password.ts';
import { createPasswordHistory } from '../../src/database/password_history.ts';
import { setPassword } from '../../src/directory/commands/password_set.ts';
import { createPerson } from '../../src/directory/commands/person_create.ts';
import { defaultPasswordNumbers, passwordPolicies } from '../../src/directory/password_policy.ts';
import type { AccountRow } from '../../src/directory/tables.ts';
import { createLocalLimits } from '../../src/limits/limits.ts';
import { openGovernment, personWith, someHash, type World } from '../directory/world.ts';

describe('a change of a password by somebody who knew it', function () {
  this.timeout(60_000);
  let world: World;
  let account: AccountRow;
  let passwords: PasswordChanges;
  let meanwhile: () => Promise<void> = async () => undefined;

  before(async () => {
    world = await openGovernment('2026-11-20T02:00:00Z');
    const csb = await world.organisation('CSB');
    ({ account } = await world.run(createPerson, {
      surname: 'Chan',
      given_name: 'Siu-ming',
      uid: 'officer',
      employment: {
        organisation: csb,
        source: 'hr',
        staff_number: '7354921',
        category: 'civil_servant',
        start_date: '2020-01-02',
      },
      password: { hash: someHash, must_change: true },
    }));
    const choices = createPasswordChoices({
      tables: world.tables,
      history: createPasswordHistory(world.database),
      hasher: createPasswordHasher({ memoryKib: 7168, passes: 1, maxWaiting: 64 }),
      policies: passwordPolicies(defaultPasswordNumbers),
      clock: world.clock,
    });
    const identity = personWith([], { account: account.uuid, person: account.person });
    const { runner, tables, clock } = world;
    passwords = createPasswordChanges({
      authenticator: { password: async () => ({ identity, mustChange: true }) },
      choices: {
        ...choices,
        next: async (...input) => {
          const choice = await choices.next(...input);
          await meanwhile();
          return choice;
        },
      },
      runner,
      tables,
      clock,
      limits: createLocalLimits(clock),
    });
  });
  after(() => world.close());

  function change(chosen: string): Promise<string> {
    const from = { origin: 'ldap', address: '127.0.0.1', request: 'test' } as const;
    return passwords.change({ name: { uid: 'officer' }, current: 'known', chosen, ...from }).then(
      ({ broken }) => `broken: ${broken.join()}`,
      (error: unknown) => String(error),
    );
  }

  it('does not undo a reset that came in between', async () => {
    meanwhile = async () => {
      meanwhile = async () => undefined;
      world.moveTo('2026-11-20T02:00:01Z');
      await world.run(setPassword, { account: account.uuid, hash: someHash, must_change: true });
    };
    expect(await change('Harbour-Tram-47')).to.match(/^OperationError: invalid_credentials: /);
    const kept = world.database.knex('credential').where({ account: account.uuid, kind: 'password' });
    expect(await kept.select('secret', 'must_change')).to.deep.equal([
      { secret: someHash, must_change: true },
    ]);
    expect(await change('Harbour-Tram-47'), 'the next one proves what is in force').to.equal('broken: ');
  });

  it('is made so often, and then waits', async () => {
    const outcomes: string[] = [];
    for (let at = 0; at < 30; at++) outcomes.push(await change('a'));
    expect(outcomes[0]).to.contain('too_short');
    expect(outcomes.at(-1)).to.match(/^OperationError: rate_limited: /);
  });
});
