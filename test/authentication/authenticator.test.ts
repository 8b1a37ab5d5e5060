// Password authentication: refusals that tell nothing, locking, coalescing, and what survives the database's absence.
import { expect } from 'chai';
import type { AuditEvent } from '../../src/audit/event.ts';
import { createPasswordHasher, type PasswordHasher } from '../../src/authentication/password.ts';
import type { AccountState } from '../../src/directory/vocabulary.ts';
import { OperationError } from '../../src/errors.ts';
import type { AccountRecord } from '../../src/x500/read_model.ts';
import { localAuthentication } from './local.ts';

const right = 'Correct-Horse-1';
const cheap = { memoryKib: 7168, passes: 1, maxWaiting: 64 };

function accountRecord(uid: string, hash: string, change: Partial<AccountRecord> = {}): AccountRecord {
  return {
    uuid: `uuid-${uid}`,
    uid,
    dn: `uid=${uid},ou=people,dc=gov,dc=hk`,
    kind: 'personal',
    state: 'ACTIVE',
    locked_until: null,
    expires_at: null,
    sessions_valid_from: new Date('2026-01-01T00:00:00Z'),
    person: `person-${uid}`,
    relying_system: null,
    password: { hash, must_change: false, expires_at: null },
    grants: [],
    organisation: null,
    category: 'civil_servant',
    clearance: 'NONE',
    clearance_ceiling: 'CONFIDENTIAL',
    ...change,
  };
}

interface World {
  accounts: AccountRecord[];
  counter?: { add(account: string): Promise<number>; clear(account: string): Promise<void> };
}

async function setUp(build: (hash: string) => World) {
  const hasher = createPasswordHasher(cheap);
  let hashes = 0;
  const counted: PasswordHasher = {
    ...hasher,
    verify: (hash, password) => {
      hashes += 1;
      return hasher.verify(hash, password);
    },
  };
  const world = build(await hasher.hash(right));
  const events: AuditEvent[] = [];
  const locked: string[] = [];
  const failuresOf = new Map<string, number>();
  const { authenticator, failures } = localAuthentication({
    counter: world.counter ?? {
      add: async (account) => {
        failuresOf.set(account, (failuresOf.get(account) ?? 0) + 1);
        return failuresOf.get(account) ?? 0;
      },
      clear: async (account) => {
        failuresOf.delete(account);
      },
    },
    lock: async (account) => {
      locked.push(account);
      const record = world.accounts.find((candidate) => candidate.uuid === account);
      if (record !== undefined) record.state = 'LOCKED';
    },
    readModel: {
      accountByUid: (uid) => world.accounts.find((account) => account.uid === uid.toLowerCase()),
      accountByDn: (dn) => world.accounts.find((account) => account.dn === dn),
      accountByUuid: (uuid) => world.accounts.find((account) => account.uuid === uuid),
    },
    hasher: counted,
    audit: { record: (event) => events.push(event) },
  });
  const attempt = (uid: string, password: string) =>
    authenticator.password({
      name: { uid },
      password,
      origin: 'ldap',
      address: '127.0.0.1',
      request: 'r1',
      relyingSystem: null,
    });
  return { authenticator, attempt, events, failures, locked, world, hashes: () => hashes };
}

async function refusalOf(work: Promise<unknown>): Promise<OperationError> {
  try {
    await work;
  } catch (error) {
    if (error instanceof OperationError) return error;
    throw error;
  }
  throw new Error('it was not refused');
}

describe('authentication by password', () => {
  it('proves the right password and makes an identity of it', async () => {
    const { attempt } = await setUp((hash) => ({ accounts: [accountRecord('tmchan', hash)] }));
    const { identity, mustChange } = await attempt('tmchan', right);
    expect(identity).to.include({ uid: 'tmchan', strength: 'password', person: 'person-tmchan' });
    expect(mustChange).to.equal(false);
  });

  it('refuses every other case with one code, one text and one whole hash', async () => {
    const states: AccountState[] = [
      'PENDING',
      'INVITED',
      'LOCKED',
      'SUSPENDED',
      'DORMANT',
      'FINAL_LEAVE',
      'DISABLED',
    ];
    const { attempt, hashes, events } = await setUp((hash) => ({
      accounts: [
        accountRecord('known', hash),
        accountRecord('nopass', hash, { password: null }),
        accountRecord('expired', hash, { expires_at: new Date('2026-01-02T00:00:00Z') }),
        accountRecord('held', hash, { locked_until: new Date('2999-01-01T00:00:00Z') }),
        accountRecord('broken', 'not a hash'),
        ...states.map((state) => accountRecord(state.toLowerCase(), hash, { state })),
      ],
    }));
    const attempts: [string, string][] = [
      ['known', 'wrong'],
      ['nobody', right],
      ['known', ''],
      ['known', 'x'.repeat(5000)],
      ['nopass', right],
      ['expired', right],
      ['held', right],
      ['broken', right],
      ...states.map((state): [string, string] => [state.toLowerCase(), right]),
    ];
    const messages = new Set<string>();
    for (const [uid, password] of attempts) messages.add((await refusalOf(attempt(uid, password))).message);
    expect([...messages]).to.deep.equal(['invalid_credentials: the name or the password is wrong']);
    // Accounts that share the right password's hash share its proof; every wrong guess costs one hash.
    expect(hashes()).to.be.at.least(6);
    expect(events.filter((event) => event.act.act === 'authentication.failure')).to.have.length(
      attempts.length,
    );
    expect(JSON.stringify(events)).to.not.contain(right);
  });

  it('tells the holder of a password that is too old, or set by somebody else, to change it', async () => {
    const past = new Date('2026-01-02T00:00:00Z');
    const { attempt } = await setUp((hash) => ({
      accounts: [
        accountRecord('known', hash),
        accountRecord('stale', hash, { password: { hash, must_change: false, expires_at: past } }),
        accountRecord('reset', hash, { password: { hash, must_change: true, expires_at: null } }),
      ],
    }));
    expect((await attempt('known', right)).mustChange).to.equal(false);
    for (const uid of ['stale', 'reset']) {
      expect((await attempt(uid, right)).mustChange, uid).to.equal(true);
      expect((await refusalOf(attempt(uid, 'wrong'))).code).to.equal('invalid_credentials');
    }
  });

  it('takes as long for an unknown name as for a wrong password', async () => {
    const { attempt, hashes } = await setUp((hash) => ({ accounts: [accountRecord('known', hash)] }));
    await refusalOf(attempt('known', 'wrong-1'));
    await refusalOf(attempt('unknown', 'wrong-2'));
    expect(hashes()).to.equal(2);
  });

  it('locks the account at the fifth failure, and the right password does not open it', async () => {
    const { attempt, failures, locked } = await setUp((hash) => ({
      accounts: [accountRecord('victim', hash)],
    }));
    for (let guess = 1; guess <= 4; guess++) await refusalOf(attempt('victim', `guess-${guess}`));
    await failures.settled();
    expect(locked).to.deep.equal([]);
    await refusalOf(attempt('victim', 'guess-5'));
    await failures.settled();
    expect(locked).to.deep.equal(['uuid-victim']);
    expect((await refusalOf(attempt('victim', right))).code).to.equal('invalid_credentials');
  });

  it('stops guessing by itself while the database is away', async () => {
    const away = async () => {
      throw new OperationError('unavailable', 'the database is away');
    };
    const { attempt, failures } = await setUp((hash) => ({
      accounts: [accountRecord('victim', hash)],
      counter: { add: away, clear: away },
    }));
    await Promise.all(
      Array.from({ length: 20 }, (_, guess) => refusalOf(attempt('victim', `guess-${guess}`))),
    );
    await failures.settled();
    expect((await refusalOf(attempt('victim', right))).code).to.equal('invalid_credentials');
  });

  it('pays one hash for equal attempts under way, and none for a proof that is fresh', async () => {
    const { attempt, hashes } = await setUp((hash) => ({ accounts: [accountRecord('mail', hash)] }));
    await Promise.all(Array.from({ length: 8 }, () => attempt('mail', right)));
    await attempt('mail', right);
    expect(hashes()).to.equal(1);
    await refusalOf(attempt('mail', 'wrong'));
    expect(hashes()).to.equal(2);
  });

  it('pays the hash for a refusal though the proof is fresh: time must not tell the right password', async () => {
    const { attempt, hashes, world } = await setUp((hash) => ({ accounts: [accountRecord('victim', hash)] }));
    await attempt('victim', right);
    const [victim] = world.accounts;
    if (victim === undefined) throw new Error('there is no victim');
    for (const change of [
      { locked_until: new Date('2999-01-01T00:00:00Z') },
      { locked_until: null, state: 'SUSPENDED' as const },
      { state: 'ACTIVE' as const, expires_at: new Date('2026-01-02T00:00:00Z') },
    ]) {
      Object.assign(victim, change);
      const before = hashes();
      expect((await refusalOf(attempt('victim', right))).code).to.equal('invalid_credentials');
      expect(hashes() - before, JSON.stringify(change)).to.equal(1);
    }
  });

  it('pays the hash each time for a password that must be changed: LDAP refuses it after the proof', async () => {
    const { attempt, hashes } = await setUp((hash) => ({
      accounts: [accountRecord('joiner', hash, { password: { hash, must_change: true, expires_at: null } })],
    }));
    expect((await attempt('joiner', right)).mustChange).to.equal(true);
    await attempt('joiner', right);
    expect(hashes()).to.equal(2);
  });

  it('knows no service account on the sign-in page: guesses there must not lock the mail system out', async () => {
    const { authenticator, attempt, failures, locked } = await setUp((hash) => ({
      accounts: [accountRecord('mail', hash, { kind: 'service', person: null, relying_system: 'mail' })],
    }));
    const onPage = (password: string) =>
      authenticator.password({
        name: { uid: 'mail' },
        password,
        origin: 'oidc',
        address: '192.0.2.1',
        request: 'r1',
        relyingSystem: null,
      });
    for (const guess of ['a', 'b', 'c', 'd', 'e', 'f', right]) {
      expect((await refusalOf(onPage(guess))).code).to.equal('invalid_credentials');
    }
    await failures.settled();
    expect(locked).to.deep.equal([]);
    expect((await attempt('mail', right)).identity.uid).to.equal('mail');
  });

  it('does not lock a service account for guesses: it limits each address, and tells', async () => {
    const { authenticator, events, failures, locked } = await setUp((hash) => ({
      accounts: [accountRecord('mail', hash, { kind: 'service', person: null, relying_system: 'mail' })],
    }));
    const from = (address: string, password: string) =>
      authenticator.password({
        ...{ name: { uid: 'mail' }, password, origin: 'ldap', address, request: 'r1', relyingSystem: null },
      });
    await from('192.0.2.1', right); // the system itself
    for (let guess = 1; guess <= 12; guess++) {
      await refusalOf(from(`198.51.100.${guess % 2}`, `guess-${guess}`));
      await refusalOf(from('192.0.2.1', `stale-${guess}`));
    }
    await failures.settled();
    expect(locked).to.deep.equal([]);
    expect((await from('192.0.2.1', right)).identity.uid).to.equal('mail');
    expect((await from('203.0.113.1', right)).identity.uid, 'a second machine of it').to.equal('mail');
    const told = events.filter(({ act }) => act.act === 'authentication.guessing');
    expect(told.map(({ act, account }) => ({ ...act, account }))).to.deep.equal([
      { act: 'authentication.guessing', uid: 'mail', failures: 5, account: 'uuid-mail' },
    ]);
  });

  it('counts guesses at a service account by a neighbour of its host in one IPv6 network', async () => {
    const { authenticator } = await setUp((hash) => ({
      accounts: [accountRecord('mail', hash, { kind: 'service', person: null, relying_system: 'mail' })],
    }));
    const from = (host: string, password: string) =>
      authenticator.password({
        ...{ name: { uid: 'mail' }, password, origin: 'ldap', request: 'r1', relyingSystem: null },
        address: `2001:db8:1:2::${host}`,
      });
    await from('10', right);
    for (let guess = 1; guess <= 5; guess++) await refusalOf(from('66', `guess-${guess}`));
    expect((await refusalOf(from('66', right))).code).to.equal('invalid_credentials');
    expect((await from('10', right)).identity.uid).to.equal('mail');
  });

  it('leaves what was proved alone while wrong passwords lock the account for a time', async () => {
    const { authenticator } = await setUp((hash) => ({
      accounts: [accountRecord('im', hash, { locked_until: new Date('2999-01-01T00:00:00Z') })],
    }));
    const proved = { at: new Date('2026-06-01T00:00:00Z'), origin: 'ldap' as const, address: null };
    expect(authenticator.current('uuid-im', proved)?.uid).to.equal('im');
  });

  it('refuses to queue hashes without end', async () => {
    const hasher = createPasswordHasher({ ...cheap, maxWaiting: 2 });
    const stored = await hasher.hash(right);
    const guesses = [1, 2, 3, 4, 5].map((n) =>
      hasher.verify(stored, `guess-${n}`, { class: 'clean', address: `192.0.2.${n}` }),
    );
    const results = await Promise.allSettled(guesses); // one is computed, two wait
    const refused = results.filter((result) => result.status === 'rejected');
    expect(refused).to.have.length(2);
    expect(String(refused[0]?.status === 'rejected' && refused[0].reason)).to.contain('rate_limited');
    await hasher.close();
  });

  it('ends what was proved before the account’s sessions were ended', async () => {
    const ended = new Date('2026-06-01T00:00:00Z');
    const { authenticator } = await setUp((hash) => ({
      accounts: [
        accountRecord('leaver', hash, { sessions_valid_from: ended }),
        accountRecord('gone', hash, { state: 'DISABLED' }),
      ],
    }));
    const proved = (account: string, at: string) =>
      authenticator.current(account, { at: new Date(at), origin: 'oidc', address: null });
    expect(proved('uuid-leaver', '2026-05-31T23:59:59Z')).to.equal(undefined);
    expect(proved('uuid-leaver', '2026-06-01T00:00:01Z')?.uid).to.equal('leaver');
    expect(proved('uuid-gone', '2026-06-01T00:00:01Z')).to.equal(undefined);
    expect(proved('uuid-none', '2026-06-01T00:00:01Z')).to.equal(undefined);
  });
});
