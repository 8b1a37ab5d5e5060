// Accounts that no command may touch, and an owner who may not authenticate any more but is still signed in.
import { expect } from 'chai';
import { builtinAccounts } from '../../src/directory/builtin.ts';
import { lockAccount } from '../../src/directory/commands/account_lock.ts';
import { lockOutAccount } from '../../src/directory/commands/account_lock_out.ts';
import { reinstateAccount } from '../../src/directory/commands/account_reinstate.ts';
import { suspendAccount } from '../../src/directory/commands/account_suspend.ts';
import { unlockAccount } from '../../src/directory/commands/account_unlock.ts';
import { requireReset, setPassword } from '../../src/directory/commands/password_set.ts';
import { createPerson } from '../../src/directory/commands/person_create.ts';
import { holderOf, openGovernment, personWith, someHash, type World } from '../directory/world.ts';
import { outcome } from '../outcome.ts';

describe('an insider and accounts that are closed', () => {
  let world: World;

  before(async () => {
    world = await openGovernment('2026-11-20T02:00:00Z');
  });
  after(() => world.close());

  it('moves no built-in account, whatever the role', async () => {
    const administrator = holderOf('directory_administrator', null);
    for (const [name, { uuid: account }] of Object.entries(builtinAccounts)) {
      const attempts = await Promise.all(
        [
          world.run(suspendAccount, { account }, administrator),
          world.run(lockAccount, { account }, administrator),
          world.run(unlockAccount, { account }, administrator),
          world.run(reinstateAccount, { account }, administrator),
          world.run(requireReset, { account }, administrator),
          world.run(setPassword, { account, hash: someHash, must_change: false }, administrator),
          world.run(lockOutAccount, { account, until: new Date('2026-11-21') }),
        ].map(outcome),
      );
      const refused = `OperationError: not_found: account ${name} is built in and belongs to nobody`;
      expect(new Set(attempts)).to.deep.equal(new Set([refused]));
      expect((await world.one('account', { uuid: account })).state).to.equal('DISABLED');
    }
  });

  it('suspended or expired, sets no password in a session that still stands', async () => {
    const { uuid: organisation } = await world.one('organisation', { code: 'CSB' });
    const password = { hash: someHash, must_change: false };
    const { person, account } = await world.run(createPerson, {
      ...{ surname: 'Chan', given_name: 'Tai-man', uid: 'closedowner', password },
      employment: {
        ...{ organisation, source: 'hr', staff_number: '1', category: 'civil_servant' },
        start_date: '2020-01-02',
      },
      expires_at: new Date('2026-11-21T02:00:00Z'),
    });
    const owner = personWith([], { account: account.uuid, person: person.uuid });
    const change = () => outcome(world.run(setPassword, { account: account.uuid, ...password }, owner));
    const refused = (state: string) =>
      `OperationError: access_denied: changing the own password requires an account that is ACTIVE now: this one is ${state}`;
    expect(await change()).to.equal('done');
    await world.run(suspendAccount, { account: account.uuid });
    expect(await change()).to.equal(refused('SUSPENDED'));
    await world.run(reinstateAccount, { account: account.uuid });
    expect(await change()).to.equal('done');
    world.moveTo('2026-11-21T02:00:00Z');
    expect(await change()).to.equal(refused('expired'));
  });
});
