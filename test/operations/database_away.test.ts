// PostgreSQL dies under a running service: what is read goes on, what would be written is refused as unavailable, and
// everything heals when it is back. The database is one that this test starts, given to the service by its URL.
import { setTimeout as pause } from 'node:timers/promises';
import { expect } from 'chai';
import { demoUids } from '../../seeds/demo_facts.ts';
import { demoPassword, demoSystemSecret } from '../../seeds/demo_secrets.ts';
import { type EmbeddedDatabase, openEmbeddedDatabase } from '../../src/database/embedded.ts';
import { silentLog } from '../../src/log.ts';
import { killDatabase, newSettings, type RunningServer, startServer } from '../journeys/running_server.ts';
import { soon } from '../journeys/soon.ts';
import { ldapClient, mailLogin, startAt, suffix } from '../journeys/systems.ts';
import type { Browser, Shown } from '../oidc/browser.ts';
import { exchange, signIn } from '../oidc/relying_party.ts';

interface Ready {
  status: number;
  database: string;
  staleSince: string | null;
}

describe('the database goes away and comes back', function () {
  this.timeout(60_000);
  let databaseDir: string;
  let database: EmbeddedDatabase;
  let server: RunningServer;

  const open = () => openEmbeddedDatabase({ dataDir: databaseDir, log: silentLog });

  before(async () => {
    databaseDir = (await newSettings()).BAUHINIA_DATA_DIR ?? '';
    database = await open();
    server = await startServer({
      environment: {
        BAUHINIA_DATABASE_URL: database.url,
        BAUHINIA_MIGRATION_DATABASE_URL: database.ownerUrl,
      },
    });
  });
  after(async () => {
    await server?.remove();
    await database?.stop();
  });

  async function ready(): Promise<Ready> {
    const response = await fetch(`${server.http}/readyz`, { headers: { connection: 'close' } });
    const { database, replica } = (await response.json()) as {
      database: string;
      replica: { staleSince: string | null };
    };
    return { status: response.status, database, staleSince: replica.staleSince };
  }

  /** Until the workers that answer have said so several times running. */
  async function until(state: 'connected' | 'away'): Promise<void> {
    const deadline = performance.now() + 30_000;
    for (let agreed = 0; agreed < 6; await pause(50)) {
      if (performance.now() > deadline)
        throw new Error(`the service does not say that its database is ${state}`);
      agreed = (await ready()).database === state ? agreed + 1 : 0;
    }
  }

  async function signInAtMail(): Promise<string> {
    const started = await startAt(server.issuer, 'mail');
    const tokens = await exchange(started, await signIn(started, demoUids.clerk, demoPassword));
    return tokens.claims()?.sub ?? '';
  }

  /** A right password on the page, and a right secret at the token endpoint: 503, and never that they are wrong. */
  async function rightPasswordsAreToldToComeAgain(browser: Browser, page: Shown): Promise<void> {
    const answer = await browser.submit(page, {
      uid: demoUids.clerk,
      password: demoPassword,
      action: 'login',
    });
    expect([answer.status, answer.headers.get('retry-after')]).to.deep.equal([503, '5']);
    expect(answer.body).to.not.match(/not correct|incorrect|wrong/i);
    const token = await fetch(`${server.issuer}/oidc/token`, {
      method: 'POST',
      headers: { authorization: `Basic ${Buffer.from(`im:${demoSystemSecret('im')}`).toString('base64')}` },
      body: new URLSearchParams({ grant_type: 'refresh_token', refresh_token: 'x'.repeat(43) }),
    });
    expect([token.status, token.headers.get('retry-after')]).to.deep.equal([503, '5']);
    expect(await token.json()).to.include({ error: 'temporarily_unavailable' });
  }

  it('answers from the replica, refuses writes, and heals by itself', async () => {
    const client = ldapClient(server.ldap);
    expect(await ready()).to.deep.equal({ status: 200, database: 'connected', staleSince: null });
    await server.json('group', 'create', 'before-the-fall');

    const made = () => client.search(`ou=groups,${suffix}`, { filter: '(cn=before-the-fall)' });
    await mailLogin(client, demoUids.clerk, demoPassword);
    await soon(made, ({ searchEntries: found }) => found.length === 1);

    const waiting = await startAt(server.issuer, 'mail');
    const loginPage = await waiting.browser.open(waiting.url);
    killDatabase(databaseDir);
    await until('away');
    await rightPasswordsAreToldToComeAgain(waiting.browser, loginPage);
    const away = await ready();
    expect(away).to.include({ status: 200, database: 'away' });
    expect(Date.parse(away.staleSince ?? '')).to.be.greaterThan(Date.now() - 60_000);
    for (let login = 0; login < 4; login++)
      expect(await mailLogin(client, demoUids.clerk, demoPassword)).to.contain('@');
    const filter = '(|(cn=before-the-fall)(cn=directory-team))';
    const { searchEntries } = await client.search(`ou=groups,${suffix}`, { filter });
    expect(searchEntries).to.have.length(2);
    const fresh = await Promise.all(
      Array.from({ length: 4 }, async () => {
        const another = ldapClient(server.ldap);
        const mail = await mailLogin(another, demoUids.officer, demoPassword);
        await another.unbind();
        return mail;
      }),
    );
    expect(new Set(fresh).size).to.equal(1);

    const refused = await server.cli('group', 'create', 'in-the-dark', '--json');
    expect(refused.status).to.equal(69);
    expect(JSON.parse(refused.stderr)).to.have.nested.property('error.code', 'unavailable');
    expect(refused.stderr).to.not.contain(new URL(database.url).password);
    expect(await signInAtMail().catch(() => 'refused')).to.equal('refused');
    expect(server.workers()).to.have.length(2);
    expect(server.log()).to.not.contain('a worker died');

    await database.stop(); // leaves what is gone
    database = await open();
    await until('connected');
    expect(await ready()).to.deep.equal({ status: 200, database: 'connected', staleSince: null });
    await server.json('group', 'create', 'after-the-fall');
    const after = await soon(
      () => client.search(`ou=groups,${suffix}`, { filter: '(cn=*-the-fall)' }),
      ({ searchEntries: found }) => found.length === 2,
    );
    expect(after.searchEntries).to.have.length(2);
    expect(await signInAtMail()).to.match(/^[0-9a-f-]{36}$/);
    expect(server.log()).to.not.contain('a worker died');
    await client.unbind();
  });
});
