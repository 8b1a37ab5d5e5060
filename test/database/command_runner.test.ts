import { randomUUID } from 'node:crypto';
import { expect } from 'chai';
import { createChangeFeed } from '../../src/database/change_feed.ts';
import { createCommandRunner } from '../../src/database/command_runner.ts';
import type { Change } from '../../src/directory/change.ts';
import { defaultRules } from '../../src/directory/rules.ts';
import type { SigningKeyRow } from '../../src/directory/tables.ts';
import { OperationError } from '../../src/errors.ts';
import { silentLog } from '../../src/log.ts';
import {
  accountRow,
  type Fixture,
  groupRow,
  memberRow,
  newYear,
  openFixture,
  organisationRow,
  personRow,
  policy,
  runOn,
} from './fixture.ts';

const refusal = async (work: Promise<unknown>): Promise<string> => {
  const outcome: unknown = await work.catch((error: unknown) => error);
  expect(outcome).to.be.instanceOf(OperationError);
  return String(outcome);
};

describe('command runner', () => {
  let fixture: Fixture;
  before(async () => {
    fixture = await openFixture();
  });
  after(() => fixture.close());

  const feed = () => createChangeFeed({ database: fixture.database, applicationName: 'x', log: silentLog });
  const changeOf = async (number: number | null): Promise<Change | undefined> =>
    (await feed().read((number ?? 0) - 1, 1))[0];

  describe('records each row as it was and as it is', () => {
    it('across several writes of one command', async () => {
      const person = personRow();
      const { change } = await fixture.run(async (tx) => {
        await tx.insert('person', person);
        await tx.update('person', person.uuid, { surname: 'Wong' });
      });
      expect(await changeOf(change)).to.deep.equal({
        number: change,
        at: newYear,
        command: 'test.write',
        account: null,
        post: null,
        origin: 'cli',
        request: 'test-request',
        rows: [{ table: 'person', uuid: person.uuid, before: null, after: { ...person, surname: 'Wong' } }],
      });
      expect(fixture.applied.at(-1)).to.deep.equal(await changeOf(change));
      const removal = await fixture.run((tx) => tx.remove('person', person.uuid));
      const [row] = (await changeOf(removal.change))?.rows ?? [];
      expect(row).to.deep.equal({
        table: 'person',
        uuid: person.uuid,
        before: { ...person, surname: 'Wong' },
        after: null,
      });
    });

    it('secrets left out, and said to have changed', async () => {
      const account = accountRow({ kind: 'shared' });
      const credential = {
        uuid: randomUUID(),
        account: account.uuid,
        kind: 'password' as const,
        label: '',
        secret: 'first secret',
        must_change: false,
        created_at: newYear,
        expires_at: null,
      };
      const made = await fixture.run(async (tx) => {
        await tx.insert('account', account);
        await tx.insert('credential', credential);
      });
      const renewed = await fixture.run((tx) =>
        tx.update('credential', credential.uuid, { secret: 'second secret' }),
      );
      const relabelled = await fixture.run((tx) =>
        tx.update('credential', credential.uuid, { label: 'desk' }),
      );
      const { secret, ...shown } = credential;
      const recorded = { ...shown, created_at: newYear.toISOString() };
      expect((await changeOf(made.change))?.rows[1]?.after).to.deep.equal({
        ...recorded,
        secret: '[unrecorded]',
      });
      const renewal = (await changeOf(renewed.change))?.rows[0];
      expect(renewal?.before).to.deep.equal(recorded);
      expect(renewal?.after).to.deep.equal({ ...recorded, secret: '[unrecorded]' });
      expect((await changeOf(relabelled.change))?.rows[0]?.after).to.deep.equal({
        ...recorded,
        label: 'desk',
      });
      const { rows } = await fixture.database.knex.raw(
        `select 1 from change where rows::text like '%secret"%first%'`,
      );
      expect(rows).to.deep.equal([]);
      expect(JSON.stringify(await feed().read(0, 1_000))).not.to.include(secret);
    });

    it('octets left out', async () => {
      const key: SigningKeyRow = {
        uuid: randomUUID(),
        purpose: 'oidc',
        algorithm: 'ES256',
        wrapped_key: Buffer.from('wrapped'),
        public_key: null,
        certificate: null,
        state: 'next',
        created_at: newYear,
      };
      const { change } = await fixture.run((tx) => tx.insert('signing_key', key));
      expect((await changeOf(change))?.rows[0]?.after).to.deep.equal({
        uuid: key.uuid,
        purpose: 'oidc',
        algorithm: 'ES256',
        state: 'next',
        created_at: newYear.toISOString(),
        wrapped_key: '[unrecorded]',
      });
      const { output } = await fixture.run((tx) => tx.get('signing_key', key.uuid));
      expect(output).to.deep.equal(key);
    });

    it('touched rows as they are', async () => {
      const person = personRow();
      await fixture.run((tx) => tx.insert('person', person));
      const { change } = await fixture.run((tx) => tx.touch('person', person.uuid));
      expect((await changeOf(change))?.rows).to.deep.equal([
        { table: 'person', uuid: person.uuid, before: person, after: person },
      ]);
      const absent = randomUUID();
      expect(await refusal(fixture.run((tx) => tx.touch('person', absent)))).to.equal(
        `OperationError: not_found: no such person: ${absent}`,
      );
    });
  });

  it('appends nothing for a command that writes nothing, or the same again', async () => {
    const person = personRow({ aliases: ['Nathan'], extension: { description: ['x'] } });
    await fixture.run((tx) => tx.insert('person', person));
    const last = await feed().last();
    const read = await fixture.run((tx) => tx.find('person', { uuid: person.uuid }));
    expect(read).to.deep.equal({ output: [person], change: null });
    const same = await fixture.run((tx) =>
      tx.update('person', person.uuid, { ...person, aliases: ['Nathan'] }),
    );
    expect(same.change).to.equal(null);
    const gone = await fixture.run(async (tx) => {
      const passing = personRow();
      await tx.insert('person', passing);
      await tx.remove('person', passing.uuid);
    });
    expect(gone.change).to.equal(null);
    const cursor = await fixture.run((tx) => tx.advanceCursor('effective_dates', newYear));
    expect(cursor.change).to.equal(null);
    expect(await feed().last()).to.equal(last);
  });

  it('leaves nothing of a command that is refused', async () => {
    const person = personRow();
    const last = await feed().last();
    const refused = fixture.run(async (tx) => {
      await tx.insert('person', person);
      throw new OperationError('access_denied', 'not yours');
    });
    expect(await refusal(refused)).to.equal('OperationError: access_denied: not yours');
    expect((await fixture.run((tx) => tx.get('person', person.uuid))).output).to.equal(undefined);
    expect(await feed().last()).to.equal(last);
  });

  it('stamps the object that a fact belongs to', async () => {
    const [person, group] = [personRow(), groupRow()];
    await fixture.run(async (tx) => {
      await tx.insert('person', person);
      await tx.insert('group', group);
    });
    const later = new Date('2026-01-02T00:00:00.000Z');
    fixture.clock.set(later);
    await fixture.run((tx) =>
      tx.insert('group_member', memberRow({ group: group.uuid, person: person.uuid })),
    );
    fixture.clock.set(newYear);
    const stamps = await fixture.database
      .knex('group')
      .select('created_at', 'modified_at')
      .where('uuid', group.uuid);
    expect(stamps).to.deep.equal([{ created_at: newYear, modified_at: later }]);
  });

  it('keeps hierarchies from closing to a circle, though each half alone is sound', async () => {
    const [one, other] = [groupRow(), groupRow()];
    await fixture.run((tx) => tx.insert('group', one, other));
    const runners = [fixture.runner, fixture.secondRunner()];
    const halves = [
      memberRow({ group: one.uuid, member_group: other.uuid }),
      memberRow({ group: other.uuid, member_group: one.uuid }),
    ];
    let ready = 0;
    let bothReady: () => void = () => undefined;
    const both = new Promise<void>((resolve) => {
      bothReady = resolve;
    });
    const outcomes = await Promise.allSettled(
      halves.map((half, index) =>
        runOn(runners[index] ?? fixture.runner, async (tx) => {
          const above = await tx.groupAncestors(half.group);
          expect(above).to.deep.equal([half.group]); // neither sees the other's half
          ready += 1;
          if (ready === 2) bothReady();
          await both;
          await tx.insert('group_member', half);
        }),
      ),
    );
    expect(outcomes.map((outcome) => outcome.status).sort()).to.deep.equal(['fulfilled', 'rejected']);
    const refused = outcomes.find((outcome) => outcome.status === 'rejected');
    expect(String(refused?.reason)).to.equal('OperationError: conflict: group_member would lie above itself');
    const parent = organisationRow();
    const child = organisationRow({ parent: parent.uuid });
    await fixture.run((tx) => tx.insert('organisation', parent, child));
    expect((await fixture.run((tx) => tx.organisationAncestors(child.uuid))).output).to.deep.equal([
      child.uuid,
      parent.uuid,
    ]);
    const circle = fixture.run((tx) => tx.update('organisation', parent.uuid, { parent: child.uuid }));
    expect(await refusal(circle)).to.equal('OperationError: conflict: organisation would lie above itself');
  });

  it('repeats a command that lost a race: a deadlock costs its callers nothing', async () => {
    const [one, other] = [personRow(), personRow()];
    await fixture.run((tx) => tx.insert('person', one, other));
    const second = fixture.secondRunner();
    let attempts = 0;
    const inOrder = (runner: typeof second, uuids: string[]) =>
      runOn(runner, async (tx) => {
        attempts += 1;
        for (const uuid of uuids) {
          await tx.update('person', uuid, { english_name: `${uuids[0]}` });
          await new Promise((resolve) => setImmediate(resolve));
        }
      });
    for (let round = 0; round < 2; round++) {
      await Promise.all([
        inOrder(fixture.runner, [one.uuid, other.uuid]),
        inOrder(second, [other.uuid, one.uuid]),
      ]);
    }
    expect(attempts).to.be.at.least(4);
  });

  it('does not take a lagging replica for a refusal', async () => {
    const runner = createCommandRunner({
      database: fixture.database,
      clock: fixture.clock,
      policy,
      rules: defaultRules,
      log: silentLog,
      applied: () => Promise.reject(new OperationError('unavailable', 'replica lags')),
    });
    const { change } = await runOn(runner, (tx) => tx.insert('person', personRow()));
    expect(change).to.equal(await feed().last());
  });

  it('numbers without a gap what 8 writers on 2 workers write, and a follower sees all of it in order', async () => {
    const start = await feed().last();
    const runners = [fixture.runner, fixture.secondRunner()];
    const seen: number[] = [];
    let writing = true;
    const follow = async () => {
      for (let after = start; ; ) {
        const stillWriting = writing;
        const changes = await feed().read(after, 50);
        seen.push(...changes.map((change) => change.number));
        after = seen.at(-1) ?? start;
        if (changes.length === 0 && !stillWriting) return;
      }
    };
    const following = follow();
    const acknowledged: number[] = [];
    const writers = Array.from({ length: 8 }, async (_, writer) => {
      for (let count = 0; count < 200; count++) {
        const { change } = await runOn(runners[writer % 2] ?? fixture.runner, (tx) =>
          tx.insert('person', personRow()),
        );
        acknowledged.push(change ?? 0);
      }
    });
    await Promise.all(writers);
    writing = false;
    await following;
    const expected = Array.from({ length: 1_600 }, (_, index) => start + 1 + index);
    expect(seen).to.deep.equal(expected);
    expect(acknowledged.sort((one, other) => one - other)).to.deep.equal(expected);
  }).timeout(60_000);

  it('loses nothing acknowledged and leaves no gap when backends are killed while they write', async () => {
    const start = await feed().last();
    const admin = fixture.database.knex;
    const victims = fixture.secondRunner();
    const acknowledged = new Map<string, number>();
    const failed: string[] = [];
    let killed = 0;
    let writing = true;
    const writers = Array.from({ length: 4 }, async () => {
      for (let count = 0; count < 50; count++) {
        const person = personRow({ surname: 'Killed' });
        try {
          const { change } = await runOn(victims, (tx) => tx.insert('person', person));
          acknowledged.set(person.uuid, change ?? 0);
        } catch (error) {
          expect(String(error)).to.match(/^OperationError: unavailable: /);
          failed.push(person.uuid);
        }
      }
    });
    const kill = async () => {
      while (writing && killed < 40) {
        const { rowCount }: { rowCount: number } = await admin.raw(
          `select pg_terminate_backend(pid) from pg_stat_activity
           where datname = current_database() and pid <> pg_backend_pid() and state <> 'idle' limit 1`,
        );
        killed += rowCount;
        await new Promise((resolve) => setImmediate(resolve));
      }
    };
    const killing = kill();
    const outcomes = await Promise.allSettled(writers);
    writing = false;
    await killing;
    expect(outcomes.map((outcome) => outcome.status)).to.deep.equal(Array(4).fill('fulfilled'));
    const changes = await feed().read(start, 10_000);
    expect(changes.map((change) => change.number)).to.deep.equal(
      changes.map((_, index) => start + 1 + index),
    );
    const inFeed = new Set(changes.flatMap((change) => change.rows.map((row) => row.uuid)));
    const stored: { uuid: string }[] = await admin('person').select('uuid').where('surname', 'Killed');
    expect(new Set(stored.map((row) => row.uuid))).to.deep.equal(inFeed);
    expect([...acknowledged.keys()].filter((uuid) => !inFeed.has(uuid))).to.deep.equal([]);
    expect(acknowledged.size + failed.length).to.equal(200);
    expect(killed).to.be.greaterThan(10);
  }).timeout(60_000);

  it('says that the outcome is unknown when the connection breaks during commit', async () => {
    const { knex } = fixture.owner;
    await knex.raw(`
      create function break_at_commit() returns trigger language plpgsql as
        $$ begin perform pg_terminate_backend(pg_backend_pid()); perform pg_sleep(5); return null; end $$;
      create constraint trigger break_at_commit after insert on signing_key deferrable initially deferred
        for each row when (new.purpose = 'breaks') execute function break_at_commit();`);
    const insertion = fixture.run((tx) =>
      tx.insert('signing_key', {
        uuid: randomUUID(),
        purpose: 'breaks',
        algorithm: 'ES256',
        wrapped_key: Buffer.alloc(1),
        public_key: null,
        certificate: null,
        state: 'next',
        created_at: newYear,
      }),
    );
    expect(await refusal(insertion)).to.equal(
      'OperationError: unavailable: the connection broke during commit: whether the change was made is unknown',
    );
  });

  it('names the post that the actor acted in: the first that a right hung on', async () => {
    const post = randomUUID();
    const { change } = await fixture.run(async (tx, context) => {
      context.actIn(post);
      context.actIn(randomUUID());
      await tx.insert('person', personRow());
    });
    expect((await changeOf(change))?.post).to.equal(post);
  });
});
