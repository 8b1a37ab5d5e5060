// An insider guesses the password of another by offering the guesses as its new password: what was used before is
// refused, and no failed reset counts as an attempt to sign in.
import { expect } from 'chai';
import { createPasswordChanges, type PasswordChanges } from '../../src/authentication/change_password.ts';
import { createPasswordChoices } from '../../src/authentication/choose_password.ts';
import { createPasswordHasher } from '../../src/authentication/password.ts';
import { createPasswordHistory } from '../../src/database/password_history.ts';
import { createPerson } from '../../src/directory/commands/person_create.ts';
import { createPost } from '../../src/directory/commands/post_create.ts';
import { grantRole } from '../../src/directory/commands/role_grant.ts';
import type { Identity } from '../../src/directory/identity.ts';
import { defaultPasswordNumbers, passwordPolicies } from '../../src/directory/password_policy.ts';
import type { AccountRow } from '../../src/directory/tables.ts';
import type { Role } from '../../src/directory/vocabulary.ts';
import { OperationError } from '../../src/errors.ts';
import { createLocalLimits } from '../../src/limits/limits.ts';
import { openGovernment, personWith, type World } from '../directory/world.ts';

const inForce = 'Harbour-Tram-47';

describe('an insider who guesses passwords by resetting them', function () {
  this.timeout(60_000);
  let world: World;
  let passwords: PasswordChanges;
  let target: AccountRow;
  let verified = 0;

  before(async () => {
    world = await openGovernment('2026-11-20T02:00:00Z');
    const hasher = createPasswordHasher({ memoryKib: 7168, passes: 1, maxWaiting: 64 });
    const choices = createPasswordChoices({
      tables: world.tables,
      history: createPasswordHistory(world.database),
      hasher: {
        hash: (password) => hasher.hash(password),
        verify: (stored, password) => {
          verified += 1;
          return hasher.verify(stored, password);
        },
      },
      policies: passwordPolicies(defaultPasswordNumbers),
      clock: world.clock,
    });
    const csb = await world.organisation('CSB');
    const named = { organisation: csb, number: 'DSO-1', title_en: 'Departmental Security Officer' };
    const { post } = await world.run(createPost, { ...named, valid_from: new Date('2020-01-01') });
    await world.run(grantRole, { post: post.uuid, role: 'clearance_officer', organisation: null });
    ({ account: target } = await world.run(createPerson, {
      surname: 'Chan',
      given_name: 'Siu-ming',
      uid: 'officer',
      post: post.uuid,
      employment: {
        organisation: csb,
        source: 'hr',
        staff_number: '7354921',
        category: 'civil_servant',
        start_date: '2020-01-02',
      },
      password: { hash: await choices.publicPassword(inForce), must_change: false },
    }));
    const proof = async (): Promise<never> => {
      throw new OperationError('invalid_credentials', 'nobody proves a password here');
    };
    const { runner, tables, clock } = world;
    const limits = createLocalLimits(clock);
    const authenticator = { password: proof };
    passwords = createPasswordChanges({ authenticator, choices, runner, tables, clock, limits });
  });
  after(() => world.close());

  const withRole = (role: Role): Identity => personWith([{ role, organisation: null, post: null }]);

  async function answerTo(by: Identity, chosen: string): Promise<string> {
    const reset = passwords.reset({ account: target.uuid, chosen, by, request: 'test' });
    return reset.then(
      ({ broken }) => `broken: ${broken.join()}`,
      (error: unknown) => String(error),
    );
  }

  const insiders = {
    'a colleague without a role': personWith([]),
    'the help desk, over a holder of roles': withRole('help_desk'),
    'a manager of groups': withRole('group_manager'),
  };
  for (const [who, insider] of Object.entries(insiders)) {
    it(`${who} gets one answer for right and wrong guesses, and makes nobody hash`, async () => {
      verified = 0;
      const answers = new Set<string>();
      for (const guess of [inForce, 'Mountain-Lift-58', 'a']) answers.add(await answerTo(insider, guess));
      expect([...answers].join('\n')).to.match(/^OperationError: access_denied: [^\n]*$/);
      expect(verified).to.equal(0);
      expect((await world.one('account', { uuid: target.uuid })).credential_reset_at).to.equal(null);
    });
  }

  it('who may reset is told what the policy says, and the reset forces a change', async () => {
    const administrator = withRole('system_administrator');
    const both = { ...administrator, grants: [...administrator.grants, ...withRole('help_desk').grants] };
    expect(await answerTo(both, inForce)).to.equal('broken: used_before');
    expect(await answerTo(both, 'Mountain-Lift-58')).to.equal('broken: ');
    const forced = world.database.knex('credential').where({ account: target.uuid, must_change: true });
    expect(await forced.select('kind')).to.deep.equal([{ kind: 'password' }]);
  });
});
