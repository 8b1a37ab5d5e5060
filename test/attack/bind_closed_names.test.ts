// Attack: telling the names of locked, suspended and former officers from invented ones by how attempts at them are
// counted: a few wrong passwords at each, a pause, then many at once.
import { expect } from 'chai';
import { createPasswordHasher } from '../../src/authentication/password.ts';
import type { AccountRecord } from '../../src/x500/read_model.ts';
import { localAuthentication } from '../authentication/local.ts';

const right = 'Right-Password-1';

function record(uid: string, hash: string, change: Partial<AccountRecord> = {}): AccountRecord {
  return {
    ...{ uuid: `uuid-${uid}`, uid, dn: `uid=${uid},ou=people,dc=gov,dc=hk`, kind: 'personal' },
    ...{ state: 'ACTIVE', locked_until: null, expires_at: null, sessions_valid_from: new Date(0) },
    ...{ person: uid, relying_system: null, grants: [], organisation: null, category: 'civil_servant' },
    ...{ clearance: 'NONE', clearance_ceiling: 'CONFIDENTIAL' },
    password: { hash, must_change: false, expires_at: null },
    ...change,
  } as AccountRecord;
}

describe('attack: telling closed accounts from unknown names by the answers to many attempts', function () {
  this.timeout(60_000);
  const hasher = createPasswordHasher({ memoryKib: 7_168, passes: 1, maxWaiting: 512 });
  after(() => hasher.close());

  async function setUp() {
    const hash = await hasher.hash(right);
    const accounts = [
      record('known', hash),
      record('locked', hash, { locked_until: new Date('2999-01-01') }),
      record('held', hash, { state: 'LOCKED' }),
      record('suspended', hash, { state: 'SUSPENDED' }),
      record('left', hash, { state: 'FINAL_LEAVE' }),
      record('expired', hash, { expires_at: new Date('2020-01-01') }),
      record('invited', hash, { state: 'INVITED', password: null }),
    ];
    let elapsed = 0;
    const start = Date.parse('2026-06-01T00:00:00Z');
    const find = (wanted: Partial<AccountRecord>) =>
      accounts.find((one) => one.uid === wanted.uid || one.dn === wanted.dn || one.uuid === wanted.uuid);
    const { authenticator, failures } = localAuthentication({
      readModel: {
        accountByUid: (uid) => find({ uid }),
        accountByDn: (dn) => find({ dn }),
        accountByUuid: (uuid) => find({ uuid }),
      },
      hasher,
      clock: { now: () => new Date(start + elapsed), elapsed: () => elapsed },
      audit: { record: () => undefined },
      lock: async (uuid, until) => {
        Object.assign(find({ uuid }) ?? {}, { locked_until: until });
      },
      rules: { hashesAtOnce: { stranger: 512, known: 512 } },
    });
    const attempt = async (uid: string, password: string, address: string): Promise<string> => {
      try {
        await authenticator.password({
          ...{ name: { uid }, password, address, origin: 'ldap', request: 'r', relyingSystem: null },
        });
        return 'opened';
      } catch (error) {
        return String(error);
      }
    };
    /** The answers to one run of the attack at a name, in the order of the attempts. */
    const answers = async (uid: string): Promise<string[]> => {
      const told: string[] = [];
      for (let guess = 1; guess <= 6; guess++) told.push(await attempt(uid, `Guess-${guess}`, '192.0.2.1'));
      await failures.settled();
      for (const [pause, count] of [
        [12_500, 90],
        [600_000, 90],
        [400_000, 90],
      ] as const) {
        elapsed += pause;
        const guesses = Array.from({ length: count }, (_, number) =>
          attempt(uid, `More-${pause}-${number}`, `198.51.100.${number % 6}`),
        );
        told.push(...(await Promise.all(guesses)));
        await failures.settled();
      }
      return told;
    };
    const pass = (milliseconds: number): void => {
      elapsed += milliseconds;
    };
    return { accounts, attempt, answers, failures, pass };
  }

  it('the same answers in the same order, whoever is behind the name', async () => {
    const { accounts, answers } = await setUp();
    const unknown = await answers('unknown');
    expect(new Set(unknown).size).to.equal(2);
    for (const { uid } of accounts) expect(await answers(uid), uid).to.deep.equal(unknown);
  });

  it('and an account that an administrator unlocks opens to its owner', async () => {
    const { accounts, attempt, failures, pass } = await setUp();
    const [known] = accounts;
    for (let guess = 1; guess <= 5; guess++) await attempt('known', `Guess-${guess}`, '192.0.2.1');
    await failures.settled();
    pass(12_500);
    for (let guess = 6; guess <= 12; guess++) await attempt('known', `Guess-${guess}`, '192.0.2.1');
    expect(await attempt('known', right, '192.0.2.9')).to.contain('invalid_credentials');
    Object.assign(known ?? {}, { locked_until: null });
    expect(await attempt('known', right, '192.0.2.9')).to.equal('opened');
  });
});
