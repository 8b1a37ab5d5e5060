// Attack: telling which names exist by how many guesses an address has: the same wrong passwords at one name by two faces,
// or in two spellings, then other guesses until the address is answered busy.
import { expect } from 'chai';
import type { PasswordAttempt } from '../../src/authentication/authenticator.ts';
import { createPasswordHasher } from '../../src/authentication/password.ts';
import { isOperationError } from '../../src/errors.ts';
import { normaliseDn } from '../../src/x500/dn.ts';
import { loadSchema } from '../../src/x500/load_schema.ts';
import type { AccountRecord } from '../../src/x500/read_model.ts';
import { localAuthentication } from '../authentication/local.ts';

const right = 'Right-Password-1';
const suffix = 'dc=gov,dc=hk';
const schema = loadSchema();

function record(uid: string, hash: string, change: Partial<AccountRecord> = {}): AccountRecord {
  return {
    ...{ uuid: `uuid-${uid}`, uid, dn: `uid=${uid},ou=people,${suffix}`, kind: 'personal' },
    ...{ state: 'ACTIVE', locked_until: null, expires_at: null, sessions_valid_from: new Date(0) },
    ...{ person: uid, relying_system: null, grants: [], organisation: null, category: 'civil_servant' },
    ...{ clearance: 'NONE', clearance_ceiling: 'CONFIDENTIAL' },
    password: { hash, must_change: false, expires_at: null },
    ...change,
  } as AccountRecord;
}

type Face = (name: string) => Pick<PasswordAttempt, 'name' | 'origin'>;
const dn = (text: string) => ({ name: { dn: normaliseDn(schema, text) }, origin: 'ldap' }) as const;
const faces: Record<string, Face> = {
  'bind as a person': (name) => dn(`uid=${name},ou=people,${suffix}`),
  'bind in other letters': (name) => dn(`UID= ${name.toUpperCase()} , OU=People,${suffix}`),
  'bind by the type’s number': (name) => dn(`0.9.2342.19200300.100.1.1=${name},ou=people,${suffix}`),
  'bind as a system': (name) => dn(`cn=${name},ou=systems,${suffix}`),
  'password modify, u:': (name) => ({ name: { uid: name }, origin: 'ldap' }),
  'password modify, u: in other letters': (name) => ({
    name: { uid: ` ${name.toUpperCase()}` },
    origin: 'ldap',
  }),
  'sign-on page': (name) => ({ name: { uid: name }, origin: 'oidc' }),
  'password page': (name) => ({ name: { uid: name }, origin: 'portal' }),
};

describe('attack: telling names by the budget of an address', function () {
  this.timeout(120_000);
  const hasher = createPasswordHasher({ memoryKib: 7_168, passes: 1, maxWaiting: 64 });
  after(() => hasher.close());

  async function setUp() {
    const hash = await hasher.hash(right);
    const accounts = [
      record('known', hash),
      record('suspended', hash, { state: 'SUSPENDED' }),
      record('left', hash, { state: 'DISABLED' }),
      record('invited', hash, { state: 'INVITED', password: null }),
      record('mail', hash, {
        ...{ kind: 'service', person: null, relying_system: 'mail', dn: `cn=mail,ou=systems,${suffix}` },
      }),
    ];
    const { authenticator, failures } = localAuthentication({
      readModel: {
        accountByUid: (uid) => accounts.find((one) => one.uid === uid.toLowerCase()),
        accountByDn: (wanted) => accounts.find((one) => one.dn === wanted),
        accountByUuid: (uuid) => accounts.find((one) => one.uuid === uuid),
      },
      // What is hashed is not asked for here.
      hasher: { ...hasher, verify: async (stored, password) => stored === hash && password === right },
      audit: { record: () => undefined },
      clock: { now: () => new Date('2026-06-01T00:00:00Z'), elapsed: () => 1_000 },
      rules: { guesses: { stranger: { burst: 20, perMinute: 1 }, known: { burst: 20, perMinute: 1 } } },
    });
    let addresses = 0;
    const attempt = async (face: Face, name: string, password: string, address: string): Promise<string> => {
      try {
        await authenticator.password({
          ...{ ...face(name), password, address, request: 'r', relyingSystem: null },
        });
        return 'opened';
      } catch (error) {
        return isOperationError(error) ? error.code : String(error);
      }
    };
    /** Guesses until busy, from a new address. */
    const guesses = async (name: string, one: Face, other: Face): Promise<number> => {
      addresses += 1;
      const address = `198.51.${addresses >> 8}.${addresses & 255}`;
      for (const face of [one, other]) {
        for (const password of ['Guess-a', 'Guess-b']) await attempt(face, name, password, address);
      }
      let left = 0;
      while ((await attempt(one, name, `Junk-${left}`, address)) !== 'rate_limited') left += 1;
      return left;
    };
    return { accounts, attempt, failures, guesses };
  }

  for (const [one, first] of Object.entries(faces)) {
    it(`by ${one} and any other`, async () => {
      const { accounts, guesses } = await setUp();
      const told: Record<string, number[]> = {};
      for (const name of ['nobody', ...accounts.map(({ uid }) => uid)]) {
        told[name] = [];
        for (const other of Object.values(faces)) told[name].push(await guesses(name, first, other));
      }
      for (const name of Object.keys(told)) expect(told[name], name).to.deep.equal(told.nobody);
      expect(told.nobody).to.deep.equal(Object.keys(faces).map(() => 18));
    });
  }

  it('a name that guesses from elsewhere have blocked costs as much as another', async () => {
    const { attempt, guesses } = await setUp();
    const [face] = Object.values(faces);
    if (face === undefined) throw new Error('there is no face');
    for (const name of ['known', 'nobody', 'mail'])
      for (let guess = 1; guess <= 6; guess++) await attempt(face, name, `Guess-${guess}`, '192.0.2.1');
    for (const name of ['known', 'nobody', 'mail', 'suspended', 'fresh'])
      expect(await guesses(name, face, face), name).to.equal(18);
  });

  it('the right password opens nothing by a name that is another’s, and a guess there is one at the account', async () => {
    const { attempt } = await setUp();
    const system = faces['bind as a system'];
    const person = faces['bind as a person'];
    const page = faces['sign-on page'];
    if (!system || !person || !page) throw new Error('a face is missing');
    expect(await attempt(system, 'known', right, '192.0.2.1')).to.equal('invalid_credentials');
    expect(await attempt(page, 'mail', right, '192.0.2.1')).to.equal('invalid_credentials');
    expect(await attempt(person, 'mail', right, '192.0.2.1')).to.equal('invalid_credentials');
    expect(await attempt(person, 'known', right, '192.0.2.1')).to.equal('opened');
    expect(await attempt(system, 'mail', right, '192.0.2.1')).to.equal('opened');
    for (let guess = 1; guess <= 5; guess++) await attempt(system, 'known', `Guess-${guess}`, '192.0.2.2');
    expect(await attempt(person, 'known', right, '192.0.2.3')).to.equal('invalid_credentials');
  });
});
