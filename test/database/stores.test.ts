import { randomUUID } from 'node:crypto';
import { expect } from 'chai';
import type { AuditEvent } from '../../src/audit/event.ts';
import { firstBroken } from '../../src/audit/store.ts';
import { createAuditStore } from '../../src/database/audit_store.ts';
import { createChangeFeed } from '../../src/database/change_feed.ts';
import { createClusterLock } from '../../src/database/cluster_lock.ts';
import { createDueFacts, createJobCursor } from '../../src/database/due_facts.ts';
import { createFailureCounter } from '../../src/database/failure_counter.ts';
import { createOidcArtifactStore } from '../../src/database/oidc_artifact_store.ts';
import { createTableReader } from '../../src/database/table_reader.ts';
import { silentLog } from '../../src/log.ts';
import {
  accountRow,
  employmentRow,
  type Fixture,
  groupRow,
  memberRow,
  newYear,
  openFixture,
  organisationRow,
  personRow,
} from './fixture.ts';

const message = (work: Promise<unknown>): Promise<string> => work.then(String, String);

describe('database stores', () => {
  let fixture: Fixture;
  before(async () => {
    fixture = await openFixture();
  });
  after(() => fixture.close());

  describe('change feed', () => {
    it('wakes its listener for each change, and again after its connection was cut', async () => {
      const feed = createChangeFeed({
        database: fixture.database,
        applicationName: 'bauhinia listener',
        log: silentLog,
      });
      let wake: () => void = () => undefined;
      const woken = () => new Promise<void>((resolve) => (wake = resolve));
      const first = woken();
      const listener = await feed.listen(() => wake());
      await first;
      const byChange = woken();
      const { change } = await fixture.run((tx) => tx.insert('person', personRow()));
      await byChange;
      expect(await feed.last()).to.equal(change);
      const byLoss = woken();
      await fixture.database.knex.raw(
        `select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'bauhinia listener'`,
      );
      await byLoss;
      await woken(); // it listens again
      const again = woken();
      await fixture.run((tx) => tx.insert('person', personRow()));
      await again;
      await listener.close();
    });

    it('keeps trying while the database is away, and closes all the same', async () => {
      const database = { ...fixture.database, url: 'postgresql://nobody@127.0.0.1:1/none' };
      const feed = createChangeFeed({ database, applicationName: 'x', log: silentLog });
      const { close } = await feed.listen(() => undefined);
      await close();
    });
  });

  describe('cluster lock', () => {
    it('lets one process in at a time, by name', async () => {
      const lock = createClusterLock({ url: fixture.url, applicationName: 'x' });
      const inside: string[] = [];
      const outer = await lock.exclusively('crl', async () => {
        inside.push('outer');
        expect(await lock.exclusively('crl', async () => void inside.push('inner'))).to.equal(false);
        expect(await lock.exclusively('audit', async () => void inside.push('other'))).to.equal(true);
      });
      expect(outer).to.equal(true);
      expect(inside).to.deep.equal(['outer', 'other']);
      expect(await lock.exclusively('crl', async () => undefined)).to.equal(true);
    });

    it('is given back when its holder fails or its connection dies', async () => {
      const lock = createClusterLock({ url: fixture.url, applicationName: 'bauhinia lock' });
      const failing = lock.exclusively('crl', () => Promise.reject(new Error('work failed')));
      expect(await message(failing)).to.equal('Error: work failed');
      const dying = lock.exclusively('crl', async () => {
        await fixture.database.knex.raw(
          `select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'bauhinia lock'`,
        );
        while (
          !(await createClusterLock({ url: fixture.url, applicationName: 'x' }).exclusively(
            'crl',
            async () => undefined,
          ))
        );
      });
      expect(await message(dying)).to.equal('OperationError: unavailable: the directory database is away');
    });
  });

  describe('failure counter', () => {
    it('counts within the window, each of many at the same moment once', async () => {
      const counter = createFailureCounter(fixture.database);
      const account = randomUUID();
      const at = (seconds: number) => new Date(newYear.getTime() + seconds * 1_000);
      const counts = await Promise.all(Array.from({ length: 10 }, () => counter.add(account, at(0), 60)));
      expect(counts.sort((one, other) => one - other)).to.deep.equal([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
      expect(await counter.add(account, at(59), 60)).to.equal(11);
      expect(await counter.add(account, at(60), 60)).to.equal(2);
      expect(await counter.add(randomUUID(), at(60), 60)).to.equal(1);
      await counter.clear(account);
      expect(await counter.add(account, at(61), 60)).to.equal(1);
    });
  });

  describe('OpenID Provider artifacts', () => {
    const store = () => createOidcArtifactStore({ database: fixture.database, clock: fixture.clock });

    it('are consumed by exactly one of twenty', async () => {
      const id = randomUUID();
      await store().upsert('AuthorizationCode', id, { accountId: 'a', grantId: 'g1' }, 60);
      const winners = await Promise.all(
        Array.from({ length: 20 }, () => store().consume('AuthorizationCode', id, newYear)),
      );
      expect(winners.filter((won) => won)).to.have.length(1);
      const found = await store().find('AuthorizationCode', id);
      expect(found).to.deep.equal({ accountId: 'a', grantId: 'g1', consumed: newYear.getTime() / 1_000 });
      await store().upsert('AuthorizationCode', id, { accountId: 'a', grantId: 'g1' }, 60);
      expect(await store().consume('AuthorizationCode', id, newYear)).to.equal(false);
      expect(await store().consume('AuthorizationCode', randomUUID(), newYear)).to.equal(false);
    });

    it('are found by id, uid and user code until they expire, and removed then', async () => {
      await store().upsert('Session', 's1', { uid: 'uid-1', accountId: 'b' }, 60);
      await store().upsert('DeviceCode', 'd1', { userCode: 'CODE', grantId: 'g2' }, null);
      expect(await store().findByUid('Session', 'uid-1')).to.deep.equal({ uid: 'uid-1', accountId: 'b' });
      expect(await store().findByUid('Interaction', 'uid-1')).to.equal(undefined);
      expect(await store().findByUserCode('DeviceCode', 'CODE')).to.include({ grantId: 'g2' });
      const later = new Date(newYear.getTime() + 60_000);
      fixture.clock.set(later);
      expect(await store().find('Session', 's1')).to.equal(undefined);
      expect(await store().findByUid('Session', 'uid-1')).to.equal(undefined);
      fixture.clock.set(newYear);
      expect(await store().find('Session', 's1')).to.not.equal(undefined);
      expect(await store().removeExpired(new Date(later.getTime() + 1), 1)).to.equal(1);
      await store().removeExpired(new Date(later.getTime() + 1), 100);
      expect(await store().find('Session', 's1')).to.equal(undefined);
      expect(await store().find('DeviceCode', 'd1')).to.not.equal(undefined);
    });

    it('fall with their grant', async () => {
      const grantId = randomUUID();
      await store().upsert('RefreshToken', 'r1', { grantId, accountId: 'c' }, 60);
      await store().upsert('AccessToken', 'a1', { grantId, accountId: 'c' }, 60);
      await store().upsert('Interaction', 'i1', { grantId }, 60);
      await store().revokeByGrantId(grantId);
      expect(await store().find('RefreshToken', 'r1')).to.equal(undefined);
      expect(await store().find('AccessToken', 'a1')).to.equal(undefined);
      expect(await store().find('Interaction', 'i1')).to.deep.equal({ grantId });
      await store().upsert('Grant', 'g4', { accountId: 'other' }, 60);
      await store().destroy('Grant', 'g4');
      expect(await store().find('Grant', 'g4')).to.equal(undefined);
    });

    it('hold no NUL', async () => {
      const hostile = store().upsert('Interaction', 'i2', { params: { state: 'a\u0000b' } }, 60);
      expect(await message(hostile)).to.equal(
        'OperationError: invalid_value: a text holds a character that cannot be stored (NUL)',
      );
    });
  });

  describe('audit trail', () => {
    const event = (uid: string): AuditEvent => ({
      at: new Date('2026-01-01T08:00:00.123Z'),
      origin: 'ldap',
      address: '192.0.2.1',
      account: null,
      uid,
      relying_system: null,
      request: 'r',
      act: { act: 'authentication.failure', method: 'password', uid, reason: 'wrong password' },
    });

    it('numbers and chains what several workers append, hostile names included', async () => {
      const [one, other] = [createAuditStore(fixture.database), createAuditStore(fixture.database)];
      await Promise.all([
        one.append([event('u1'), event('a\u0000b\ud800')]),
        other.append([event('u2'), event('u3')]),
        one.append([event('陳大文')]),
      ]);
      const stored = await one.read(0, 10);
      expect(stored.map((row) => row.number)).to.deep.equal([1, 2, 3, 4, 5]);
      expect(stored.map((row) => row.uid)).to.have.members(['u1', 'a\uFFFDb\uFFFD', 'u2', 'u3', '陳大文']);
      const { number, previousHash, hash, ...first } = stored[0] ?? expect.fail('nothing stored');
      expect({ number, length: hash.length, previous: previousHash.length }).to.deep.equal({
        number: 1,
        length: 32,
        previous: 0,
      });
      expect(first).to.deep.equal(event(first.uid ?? ''));
      expect(await firstBroken(one, 2)).to.equal(null);
      expect(await one.read(4, 10)).to.have.length(1);
    });

    it('shows the first event that was altered, removed or cut off', async () => {
      const store = createAuditStore(fixture.database);
      const { knex } = fixture.owner;
      const original = await knex('audit_event').where('number', 3).first();
      await knex('audit_event').where('number', 3).update({ uid: 'somebody else' });
      expect(await firstBroken(store)).to.equal(3);
      await knex('audit_event').where('number', 3).update({ uid: original.uid });
      expect(await firstBroken(store)).to.equal(null);
      await knex('audit_event').where('number', 3).delete();
      expect(await firstBroken(store)).to.equal(3);
      await knex('audit_event').insert({ ...original, event: JSON.stringify(original.event) });
      const last = await knex('audit_event').where('number', 5).first();
      await knex('audit_event').where('number', 5).delete();
      expect(await firstBroken(store)).to.equal(5);
      await knex('audit_event').insert({ ...last, event: JSON.stringify(last.event) });
      expect(await firstBroken(store)).to.equal(null);
    });
  });

  it('due facts come by their instants in Hong Kong, the last instant whole', async () => {
    const organisation = organisationRow();
    const person = personRow();
    const employment = employmentRow({
      person: person.uuid,
      organisation: organisation.uuid,
      start_date: '2026-03-01',
      last_duty_date: '2026-03-31',
      last_service_date: '2026-04-30',
    });
    const group = groupRow();
    const at = new Date('2026-03-15T00:00:00.000Z');
    const others = [personRow(), personRow()];
    const members = others.map((one) => memberRow({ group: group.uuid, person: one.uuid, valid_from: at }));
    await fixture.run(async (tx) => {
      await tx.insert('organisation', organisation);
      await tx.insert('person', person, ...others);
      await tx.insert('employment', employment);
      await tx.insert('group', group);
      await tx.insert('group_member', ...members);
    });
    const facts = createDueFacts(fixture.database);
    const from = new Date('2026-02-28T15:59:59.999Z');
    const fact = (instant: string) => ({ table: 'employment', uuid: employment.uuid, at: new Date(instant) });
    const due = await facts.due(from, new Date('2026-06-01T00:00:00.000Z'), 10);
    expect(due.filter((one) => one.table === 'employment')).to.deep.equal([
      fact('2026-02-28T16:00:00.000Z'), // 1 March in Hong Kong
      fact('2026-03-31T16:00:00.000Z'), // 31 March is over
      fact('2026-04-30T16:00:00.000Z'),
    ]);
    expect(due).to.have.length(5);
    expect(await facts.due(from, new Date('2026-02-28T16:00:00.000Z'), 10)).to.have.length(1);
    expect(await facts.due(new Date('2026-02-28T16:00:00.000Z'), at, 1)).to.have.length(2); // both of one instant
    expect(await facts.due(at, new Date('2026-03-31T15:59:59.999Z'), 10)).to.deep.equal([]);
    const cursor = createJobCursor(fixture.database);
    expect(await cursor.read('effective_dates')).to.equal(null);
    await fixture.run((tx) => tx.advanceCursor('effective_dates', at));
    await fixture.run((tx) => tx.advanceCursor('effective_dates', from));
    expect(await cursor.read('effective_dates')).to.deep.equal(from);
  });

  it('the table reader gives secrets of service accounts alone', async () => {
    const accounts = [accountRow({ kind: 'service' }), accountRow({ kind: 'shared' })];
    const credentials = accounts.map((account) => ({
      uuid: randomUUID(),
      account: account.uuid,
      kind: 'client_secret' as const,
      label: '',
      secret: 'hash',
      must_change: false,
      created_at: newYear,
      expires_at: null,
    }));
    await fixture.run(async (tx) => {
      await tx.insert('account', ...accounts);
      await tx.insert('credential', ...credentials);
    });
    const reader = createTableReader(fixture.database);
    expect(await reader.find('credential', { kind: 'client_secret' })).to.deep.equal([credentials[0]]);
    expect(await reader.find('account', { uid: accounts[1]?.uid ?? '' })).to.deep.equal([accounts[1]]);
    expect(await reader.find('account', { relying_system: null, kind: 'service' })).to.deep.equal([
      accounts[0],
    ]);
    expect(await message(reader.find('key_escrow', {}))).to.equal(
      'TypeError: escrowed keys are read by commands alone',
    );
  });
});
