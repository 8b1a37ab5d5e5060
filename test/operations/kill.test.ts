// kill -9 under load: of one worker, then of every process. What was acknowledged stands: groups that the command line
// made, tokens that sign-on gave. Ends with an orderly stop (SIGTERM).
import { setTimeout as pause } from 'node:timers/promises';
import { expect } from 'chai';
import type { Client } from 'ldapts';
import * as oidc from 'openid-client';
import { demoUids } from '../../seeds/demo_facts.ts';
import { demoPassword, demoSystemSecret } from '../../seeds/demo_secrets.ts';
import {
  connectionsOf,
  databasePid,
  killDatabase,
  type RunningServer,
  startServer,
} from '../journeys/running_server.ts';
import { soon } from '../journeys/soon.ts';
import { ldapClient, mailLogin, people, startAt, suffix, systemDn } from '../journeys/systems.ts';
import { bindRequest, RawClient } from '../ldap/raw_client.ts';
import { exchange, signIn } from '../oidc/relying_party.ts';

const connections = 12;

interface Load {
  client: Client;
  logins: number;
  errors: string[];
}

/** Mail servers that log the same officer in, one after the other on each connection, until told to stop. */
function startLoad(server: RunningServer, stop: AbortSignal): { loads: Load[]; done: Promise<unknown> } {
  const loads = Array.from({ length: connections }, (): Load => {
    return { client: ldapClient(server.ldap), logins: 0, errors: [] };
  });
  async function run(load: Load): Promise<void> {
    while (!stop.aborted) {
      try {
        await mailLogin(load.client, demoUids.clerk, demoPassword);
        load.logins += 1;
      } catch (error) {
        load.errors.push(String(error));
      }
      await pause(5); // the test shares the machine with what it tests
    }
    await load.client.unbind().catch(() => undefined); // cut off already
  }
  return { loads, done: Promise.all(loads.map(run)) };
}

/** HR at work: makes groups one after the other, and keeps the names of those that were acknowledged. */
async function makeGroups(
  server: RunningServer,
  prefix: string,
  made: string[],
  stop: AbortSignal,
): Promise<void> {
  for (let number = 1; !stop.aborted; number++) {
    const name = `${prefix}-${number}`;
    if ((await server.cli('group', 'create', name)).status === 0) made.push(name);
  }
}

async function groupsOverLdap(server: RunningServer, prefix: string, expected: number): Promise<string[]> {
  const client = ldapClient(server.ldap);
  await client.bind(systemDn('mail'), demoSystemSecret('mail'));
  const filter = `(cn=${prefix}-*)`;
  const { searchEntries } = await soon(
    () => client.search(`ou=groups,${suffix}`, { filter, attributes: ['cn'] }),
    ({ searchEntries: found }) => found.length >= expected,
  );
  await client.unbind();
  return searchEntries.map(({ cn }) => String(cn));
}

describe('kill -9', function () {
  this.timeout(90_000);
  let server: RunningServer;
  /** Fails, and stops the load with it, when what is awaited does not come. */
  async function until(what: string, condition: () => boolean, stop: AbortController): Promise<void> {
    const deadline = performance.now() + 60_000;
    while (!condition()) {
      if (performance.now() > deadline) {
        stop.abort();
        throw new Error(`did not come: ${what}\n${server.log().slice(-2000)}`);
      }
      await pause(20);
    }
  }

  before(async () => {
    server = await startServer();
  });
  after(() => server?.remove());

  it('of a worker under load: the others go on, it is replaced, nothing acknowledged is lost', async () => {
    const stop = new AbortController();
    const { loads, done } = startLoad(server, stop.signal);
    const made: string[] = [];
    const writing = makeGroups(server, 'worker-death', made, stop.signal);
    await until('load', () => made.length >= 2 && loads.every(({ logins }) => logins >= 5), stop);

    const workers = server.workers();
    const counts = await connectionsOf(workers, server.ports.ldap);
    expect(counts.reduce((sum, count) => sum + count, 0)).to.equal(connections);
    const lost = Math.max(...counts);
    const victim = workers[counts.indexOf(lost)] ?? 0;
    const [survivor = 0] = workers.filter((worker) => worker !== victim);
    const killedAt = performance.now();
    process.kill(victim, 'SIGKILL');
    const before = loads.map(({ logins }) => logins);
    const replaced = () => server.workers().length === 2 && !server.workers().includes(victim);
    await until('another worker', replaced, stop);
    const replacedMs = performance.now() - killedAt;
    const goOn = () => loads.every(({ logins }, at) => logins >= (before[at] ?? 0) + 5);
    await until('logins and writes after the death', () => made.length >= 4 && goOn(), stop);
    stop.abort();
    await Promise.all([done, writing]);

    const hit = loads.filter(({ errors }) => errors.length > 0);
    expect(hit.length).to.be.at.most(lost); // whoever the other worker served noticed nothing
    for (const { errors } of hit) {
      // Cut off, and perhaps once more when the new connection was for the dead worker too; never left waiting.
      expect(errors.length, errors.join()).to.be.at.most(2);
      expect(errors.join()).to.not.match(/timed out/);
    }
    expect(server.workers()).to.have.length(2);
    expect(server.workers()).to.include(survivor).and.to.not.include(victim);
    for (let each = 0; each < 4; each++)
      expect(await groupsOverLdap(server, 'worker-death', made.length)).to.have.members(made);
    const logins = loads.reduce((sum, load) => sum + load.logins, 0);
    process.stdout.write(
      `      ${logins} logins, ${made.length} writes, ${hit.length} of ${lost} cut connections noticed, replaced after ${Math.round(replacedMs)} ms\n`,
    );
  });

  it('of the embedded database: it is started again under the running service', async () => {
    const before = databasePid(server.dataDir);
    killDatabase(server.dataDir);
    const state = async (): Promise<string> => {
      const response = await fetch(`${server.http}/readyz`, { headers: { connection: 'close' } });
      expect(response.status).to.equal(200);
      const { database } = (await response.json()) as { database: string };
      return `${database} ${databasePid(server.dataDir) === before ? 'before' : 'again'}`;
    };
    expect(await soon(state, (found) => found === 'connected again', 20_000)).to.equal('connected again');
    await server.json('group', 'create', 'after-the-database');
    expect(server.log())
      .to.contain('a worker died', 'of the test before')
      .and.to.not.contain('could not be replaced');
    expect(server.workers()).to.have.length(2);
  });

  it('of every process: the next start has all that was acknowledged, whole and gapless', async () => {
    const started = await startAt(server.issuer, 'im', { scope: 'openid offline_access', prompt: 'consent' });
    const tokens = await exchange(started, await signIn(started, demoUids.clerk, demoPassword));
    const stop = new AbortController();
    const { loads, done } = startLoad(server, stop.signal);
    const made: string[] = [];
    const writing = ['death-a', 'death-b'].map((prefix) => makeGroups(server, prefix, made, stop.signal));
    await until('load', () => made.length >= 4 && loads.every(({ logins }) => logins >= 5), stop);
    const renewed = await oidc.refreshTokenGrant(started.config, tokens.refresh_token ?? '');
    stop.abort(); // no further command begins: it would start the database again by itself
    await server.killAll();
    await Promise.all([done, ...writing]);

    const began = performance.now();
    server = await startServer({ environment: server.environment });
    const startedMs = performance.now() - began;
    expect(await groupsOverLdap(server, 'death', made.length)).to.include.members(made);
    const again = await oidc.refreshTokenGrant(
      started.config,
      renewed.refresh_token ?? tokens.refresh_token ?? '',
    );
    expect(again.claims()?.sub).to.equal(tokens.claims()?.sub);
    expect(await server.json('audit', 'verify')).to.include({ intact: true });
    const changes = await server.json<{ number: number }[]>('audit', 'changes', '--limit', '100000');
    expect(changes.map(({ number }) => number)).to.deep.equal(changes.map((_, at) => at + 1));
    process.stdout.write(
      `      ${made.length} writes and ${changes.length} changes stand, ready again after ${Math.round(startedMs)} ms\n`,
    );
  });

  it('of the primary alone: its workers let go of the ports, and the next start finds them free', async () => {
    process.kill(server.process.pid ?? 0, 'SIGKILL');
    const listens = (): Promise<boolean> =>
      RawClient.open(server.ports.ldap).then(
        (client) => {
          client.end();
          return true;
        },
        () => false,
      );
    expect(await soon(listens, (open) => !open, 15_000)).to.equal(false);
    server = await startServer({ environment: server.environment });
    expect(await server.json('audit', 'verify')).to.include({ intact: true });
  });

  it('SIGTERM: searches under way end whole, the idle are told, nothing is left, and the next start is quick', async () => {
    const idle = await RawClient.open(server.ports.ldap);
    await idle.ask(1, bindRequest(1, systemDn('mail'), demoSystemSecret('mail')));
    const paging = ldapClient(server.ldap);
    await paging.bind(systemDn('mail'), demoSystemSecret('mail'));
    const whole = (await paging.search(people, { filter: '(objectClass=person)' })).searchEntries.length;
    const searches = Array.from({ length: 20 }, () =>
      paging.search(people, { filter: '(objectClass=person)' }).then(
        ({ searchEntries }) => searchEntries.length,
        (error: unknown) => String(error),
      ),
    );
    const pages = (async () => {
      const page = { filter: '(objectClass=person)', paged: { pageSize: 1 } };
      const { searchEntries } = await paging.search(people, page);
      return searchEntries.length;
    })().catch((error: unknown) => String(error));
    expect(databasePid(server.dataDir)).to.be.a('number');

    const began = performance.now();
    expect(await server.stop(), server.log().slice(-2000)).to.equal(0);
    const stoppedMs = performance.now() - began;
    expect(stoppedMs).to.be.lessThan(15_000);
    for (const outcome of await Promise.all(searches)) {
      if (typeof outcome === 'number') expect(outcome).to.equal(whole);
      else expect(outcome).to.match(/closed|unavailable/i); // came too late, and was told so
    }
    const paged = await pages;
    if (typeof paged === 'number') expect(paged).to.equal(whole);
    else expect(paged).to.match(/closed|unavailable/i);
    // RFC 4511 4.4.1: an unsolicited notification (message 0) says why before the connection ends.
    expect(idle.answers.at(-1)).to.include({ messageId: 0, code: 52 });
    expect(idle.closed).to.equal(true);
    expect(server.alive()).to.equal(false);
    expect(databasePid(server.dataDir)).to.equal(undefined);

    const again = performance.now();
    server = await startServer({ environment: server.environment });
    process.stdout.write(
      `      stopped after ${Math.round(stoppedMs)} ms, ready again after ${Math.round(performance.now() - again)} ms\n`,
    );
    expect(await server.json('audit', 'verify')).to.include({ intact: true });
  });
});
