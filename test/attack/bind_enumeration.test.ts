// Attack: telling by time, before any proof, which accounts exist. Counted hashes are exact; times are compared as ratios
// in one run, alternating.
import { expect } from 'chai';
import { createPasswordHasher, type PasswordHasher } from '../../src/authentication/password.ts';
import { isOperationError } from '../../src/errors.ts';
import type { AccountRecord } from '../../src/x500/read_model.ts';
import { localAuthentication } from '../authentication/local.ts';

const cost = { memoryKib: 19_456, passes: 2, maxWaiting: 256 };

function record(uid: string, hash: string | null, change: Partial<AccountRecord> = {}): AccountRecord {
  return {
    ...{
      uuid: `uuid-${uid}`,
      uid,
      dn: `uid=${uid},ou=people,dc=gov,dc=hk`,
      kind: 'personal',
      state: 'ACTIVE',
    },
    ...{ locked_until: null, expires_at: null, sessions_valid_from: new Date(0), person: uid },
    ...{ relying_system: null, grants: [], organisation: null, category: 'civil_servant' },
    ...{ clearance: 'NONE', clearance_ceiling: 'CONFIDENTIAL' },
    password: hash === null ? null : { hash, must_change: false, expires_at: null },
    ...change,
  } as AccountRecord;
}

async function setUp() {
  const hasher = createPasswordHasher(cost);
  const cheap = createPasswordHasher({ memoryKib: 7_168, passes: 1, maxWaiting: 8 });
  const hash = await hasher.hash('Right-Password-1');
  const accounts = [
    record('known', hash),
    record('locked', hash, { locked_until: new Date('2999-01-01') }),
    record('leaving', hash, { state: 'FINAL_LEAVE' }),
    record('suspended', hash, { state: 'SUSPENDED' }),
    record('expired', hash, { expires_at: new Date('2020-01-01') }),
    record('nopassword', null),
    record('imported', await cheap.hash('Right-Password-1')),
    record('damaged', 'not a hash'),
  ];
  await cheap.close();
  let hashes = 0;
  const counting: PasswordHasher = {
    ...hasher,
    verify: (...given) => {
      hashes += 1;
      return hasher.verify(...given);
    },
  };
  const { authenticator } = localAuthentication({
    readModel: {
      accountByUid: (uid) => accounts.find((account) => account.uid === uid),
      accountByDn: (dn) => accounts.find((account) => account.dn === dn),
      accountByUuid: (uuid) => accounts.find((account) => account.uuid === uuid),
    },
    hasher: counting,
    audit: { record: () => undefined },
    limits: { failures: 1_000 }, // so that every try is judged alike
  });
  let tries = 0;
  /** Milliseconds of a refusal. */
  const refuse = async (uid: string, password = `Guess-${++tries}`): Promise<number> => {
    const began = performance.now();
    try {
      await authenticator.password({
        ...{ name: { dn: `uid=${uid},ou=people,dc=gov,dc=hk` }, password, origin: 'ldap', request: 'r' },
        ...{ address: '192.0.2.1', relyingSystem: null },
      });
    } catch (error) {
      if (isOperationError(error, 'invalid_credentials')) return performance.now() - began;
      throw error;
    }
    throw new Error(`${uid} was not refused`);
  };
  // A right one first: from then on the address has the thread that does not yield to what else the machine does.
  await authenticator.password({
    ...{ name: { uid: 'known' }, password: 'Right-Password-1', origin: 'ldap', request: 'r' },
    ...{ address: '192.0.2.1', relyingSystem: null },
  });
  return { accounts, refuse, hashes: () => hashes, close: () => hasher.close() };
}

/** The shortest: what the work itself takes, on a machine that does other things too. */
const quick = (values: number[] = []): number => Math.min(...values);

describe('attack: telling by time which names exist', function () {
  this.timeout(60_000);
  let world: Awaited<ReturnType<typeof setUp>>;
  before(async () => {
    world = await setUp();
  });
  after(() => world.close());

  it('an attempt under way at one unknown name spares another its hash no more than at a known one', async () => {
    for (const pair of [
      ['unknown-1', 'unknown-2'],
      ['unknown-1', 'known'],
      ['known', 'locked'],
    ]) {
      const before = world.hashes();
      await Promise.all(pair.map((uid) => world.refuse(uid, 'One-Password-For-All')));
      expect(world.hashes() - before, pair.join()).to.equal(2);
    }
  });

  it('equal attempts at once share a hash at a known and at an unknown name alike', async () => {
    for (const uid of ['known', 'unknown']) {
      const before = world.hashes();
      await Promise.all([1, 2, 3].map(() => world.refuse(uid, `Equal-${uid}`)));
      expect(world.hashes() - before, uid).to.equal(1);
    }
  });

  it('every refusal costs one whole hash, whatever is the matter', async () => {
    const attempts: [string, string?][] = world.accounts.map(({ uid }) => [uid]);
    attempts.push(['unknown'], ['known', ''], ['unknown', ''], ['known', 'x'.repeat(5_000)]);
    attempts.push(['locked', 'Right-Password-1'], ['leaving', 'Right-Password-1']);
    for (const [uid, password] of attempts) {
      const before = world.hashes();
      await world.refuse(uid, password);
      expect(world.hashes() - before, uid).to.equal(1);
    }
  });

  it('and takes as long: unknown, known, closed, imported at a lower cost, damaged', async () => {
    const uids = ['unknown', ...world.accounts.map(({ uid }) => uid)];
    const times = new Map(uids.map((uid) => [uid, [] as number[]]));
    for (let round = 0; round < 25; round++) {
      for (const uid of uids) times.get(uid)?.push(await world.refuse(uid));
      uids.push(...uids.splice(0, 1)); // another order in each round
    }
    const unknown = quick(times.get('unknown'));
    for (const uid of uids) {
      const ratio = quick(times.get(uid)) / unknown;
      expect(ratio, `${uid} against unknown`).to.be.within(0.5, 2);
    }
  });
});
