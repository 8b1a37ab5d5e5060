// Two thousand people suspended at once, each with sessions in two systems: every session ends and every system is told,
// though the database's connections are cut in between and a relying system is away at first; and whoever works meanwhile
// finds a free connection.
import { randomUUID } from 'node:crypto';
import { expect } from 'chai';
import { createChangeFeed } from '../../src/database/change_feed.ts';
import { createSessionEndStore } from '../../src/database/session_end_store.ts';
import { runSessionEnds } from '../../src/jobs/session_ends.ts';
import { silentLog } from '../../src/log.ts';
import { accountRow, type Fixture, newYear, openFixture, personRow } from '../database/fixture.ts';

const people = 2_000;
const systems = ['mail', 'im'] as const;

describe('mass suspension', function () {
  this.timeout(120_000);
  let fixture: Fixture;
  const persons = Array.from({ length: people }, () => personRow());
  const accounts = persons.map(({ uuid }) => accountRow({ person: uuid }));

  before(async () => {
    fixture = await openFixture();
    await fixture.run(async (tx) => {
      await tx.insert('person', ...persons);
      await tx.insert('account', ...accounts);
    });
    const artifacts = persons.flatMap(({ uuid }) => [
      artifact('Session', uuid, {
        authorizations: Object.fromEntries(systems.map((code) => [code, { sid: `${code} ${uuid}` }])),
      }),
      artifact('Grant', uuid),
      artifact('RefreshToken', uuid),
    ]);
    await fixture.database.knex.batchInsert('oidc_artifact', artifacts, 500);
  });
  after(() => fixture.close());

  function artifact(model: string, person: string, more: Record<string, unknown> = {}) {
    return {
      ...{ model, id: randomUUID(), account_id: person, created_at: newYear },
      payload: JSON.stringify({ accountId: person, ...more }),
    };
  }

  async function suspendAll(): Promise<void> {
    fixture.clock.set(new Date(newYear.getTime() + 60_000));
    await Promise.all(
      accounts.map((account) =>
        fixture.run((tx, { now }) =>
          tx.update('account', account.uuid, { state: 'SUSPENDED', sessions_valid_from: now }),
        ),
      ),
    );
  }

  it('forgets no session and no notice, repeats few, and leaves the pool free', async () => {
    const { knex } = fixture.database;
    const feed = createChangeFeed({
      database: fixture.database,
      applicationName: 'bauhinia test',
      log: silentLog,
    });
    const store = createSessionEndStore(fixture.database);
    await suspendAll();
    // Made after the suspension, as by somebody who was reinstated meanwhile: it stays.
    const later = {
      ...artifact('Session', persons[0]?.uuid ?? ''),
      created_at: new Date(newYear.getTime() + 61_000),
    };
    await knex('oidc_artifact').insert(later);

    const told = new Map<string, number>();
    const recorded: string[] = [];
    let cut = 0;
    let away = 40;
    let waiting = 0;
    const pool = knex.client.pool as { numPendingAcquires(): number };
    const watch = setInterval(() => {
      waiting = Math.max(waiting, pool.numPendingAcquires());
    }, 1);
    const cutConnections = async (): Promise<void> => {
      cut++;
      await fixture.owner.knex.raw(
        `select pg_terminate_backend(pid) from pg_stat_activity
         where datname = current_database() and application_name = 'bauhinia test' and pid <> pg_backend_pid()`,
      );
    };
    const clock = { now: () => new Date(), elapsed: () => performance.now() };
    const job = runSessionEnds({
      ...{ feed, store, clock, log: silentLog },
      notifier: {
        async send({ clientId, subject, sid }) {
          if (told.size > 100 && cut === 1) await cutConnections();
          if (clientId === 'im' && away-- > 0) throw new Error('connection refused');
          expect(sid).to.equal(`${clientId} ${subject}`);
          const key = `${clientId} ${subject}`;
          told.set(key, (told.get(key) ?? 0) + 1);
        },
        record({ clientId, subject }) {
          recorded.push(`${clientId} ${subject}`);
          if (cut === 0) void cutConnections();
        },
      },
    });
    const left = async () => {
      const rows = await knex('oidc_artifact').count('* as rows').first();
      const notices = await knex('logout_notice').count('* as rows').first();
      return Number(rows?.rows) - 1 + Number(notices?.rows);
    };
    while ((await left().catch(() => 1)) > 0) await new Promise((resolve) => setTimeout(resolve, 20));
    await job.stop();
    clearInterval(watch);

    expect(cut).to.equal(2);
    expect(told.size).to.equal(people * systems.length);
    const repeated = [...told.values()].reduce((sum, times) => sum + times - 1, 0);
    expect(repeated, 'notices sent twice').to.be.at.most(16);
    expect(new Set(recorded).size).to.equal(recorded.length);
    expect(waiting, 'requests that waited for a connection').to.equal(0);
    expect(await knex('oidc_artifact').select('id')).to.deep.equal([{ id: later.id }]);
    expect(await store.position()).to.equal(await feed.last());
  });
});
