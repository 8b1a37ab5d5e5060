// Attack, or misfortune: whatever keeps a password from being checked, a right one is never called wrong (49). The mail
// client would ask its user for another one, and a help desk would reset what was right.
import { expect } from 'chai';
import type { AttemptLedger } from '../../src/authentication/attempt_ledger.ts';
import type { PasswordHasher } from '../../src/authentication/password.ts';
import { createPasswordHasher } from '../../src/authentication/password.ts';
import { type ErrorCode, OperationError } from '../../src/errors.ts';
import { RESULT_CODE } from '../../src/ldap/result_code.ts';
import { bindRequest, RawClient } from '../ldap/raw_client.ts';
import { dnOf, openWorld, password, type World, type WorldOptions } from '../ldap/world.ts';

const refuse = (code: ErrorCode) => async (): Promise<never> => {
  throw new OperationError(code, 'not now');
};

describe('attack: whatever keeps a right password from being checked', () => {
  const hasher = createPasswordHasher({ memoryKib: 7_168, passes: 1, maxWaiting: 64 });
  after(() => hasher.close());

  const judged: AttemptLedger = {
    begin: async () => 'judge',
    end: async () => ({ counted: false, blocked: false, cleared: false, repeated: false }),
    lockStored: () => undefined,
  };
  const dying: PasswordHasher = { ...hasher, verify: refuse('unavailable') };
  const full: PasswordHasher = { ...hasher, verify: refuse('rate_limited') };
  const cases: { what: string; code: number; options: NonNullable<WorldOptions['authentication']> }[] = [
    { what: 'the thread that hashes it dies', code: RESULT_CODE.unavailable, options: { hasher: dying } },
    { what: 'too many hashes wait', code: RESULT_CODE.busy, options: { hasher: full } },
    {
      what: 'the primary process does not answer before the hash',
      code: RESULT_CODE.unavailable,
      options: { ledger: { ...judged, begin: refuse('unavailable') } },
    },
    {
      what: 'the primary process does not answer after the hash',
      code: RESULT_CODE.unavailable,
      options: { ledger: { ...judged, end: refuse('unavailable') } },
    },
    {
      what: 'too many attempts at the name wait for their turn',
      code: RESULT_CODE.busy,
      options: { ledger: { ...judged, begin: async () => 'busy' } },
    },
    {
      what: 'the address has no place left',
      code: RESULT_CODE.busy,
      options: { rules: { hashesAtOnce: { stranger: 0, known: 0 } } },
    },
    {
      what: 'too many wrong passwords came from the address',
      code: RESULT_CODE.busy,
      options: {
        rules: {
          guesses: { stranger: { burst: 0, perMinute: 1 }, known: { burst: 0, perMinute: 1 } },
        },
      },
    },
    {
      what: 'the database is away',
      code: RESULT_CODE.success, // nothing of it is needed
      options: { counter: { add: refuse('unavailable'), clear: refuse('unavailable') } },
    },
  ];
  for (const { what, code, options } of cases) {
    it(`${what}: ${code}`, async () => {
      const world: World = await openWorld({ authentication: options });
      const client = await RawClient.open(world.ldap);
      try {
        expect((await client.ask(1, bindRequest(1, dnOf('u1'), password))).code).to.equal(code);
      } finally {
        client.end();
        await world.close();
      }
    });
  }

  it('a guess under way at the same name makes it wait, not fail', async () => {
    const release: (() => void)[] = [];
    const held: PasswordHasher = {
      ...hasher,
      verify: async (stored, given, place) => {
        if (given.startsWith('guess')) await new Promise<void>((resolve) => release.push(resolve));
        return hasher.verify(stored, given, place);
      },
    };
    const world = await openWorld({ authentication: { hasher: held } });
    const clients = await Promise.all(Array.from({ length: 6 }, () => RawClient.open(world.ldap)));
    const [owner, ...guessers] = clients;
    if (owner === undefined) throw new Error('no connection');
    try {
      const guesses = guessers.map((client, number) =>
        client.ask(1, bindRequest(1, dnOf('u2'), `guess ${number}`)),
      );
      while (release.length < guessers.length) await new Promise(setImmediate);
      let answered = false;
      const own = owner.ask(1, bindRequest(1, dnOf('u2'), password)).finally(() => {
        answered = true;
      });
      release.shift()?.();
      await Promise.race(guesses);
      expect(answered).to.equal(false); // four more may still be wrong
      for (const go of release) go();
      expect((await own).code).to.equal(RESULT_CODE.invalidCredentials); // they were: the account is locked
      expect((await Promise.all(guesses)).map(({ code }) => code)).to.deep.equal([49, 49, 49, 49, 49]);
    } finally {
      for (const client of clients) client.end();
      await world.close();
    }
  });
});
