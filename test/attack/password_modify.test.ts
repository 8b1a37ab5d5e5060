// Password Modify and the binds of those who must change their password, as an attacker uses them.
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'chai';
import { demoUids } from '../../seeds/demo_facts.ts';
import { demoPassword, demoSystemSecret } from '../../seeds/demo_secrets.ts';
import { type RunningServer, startServer } from '../journeys/running_server.ts';
import { soon } from '../journeys/soon.ts';
import { personDn, systemDn } from '../journeys/systems.ts';
import { bindWithPolicy, passwordModifyRequest, policyOf } from '../ldap/password_request.ts';
import { bindRequest, present, RawClient, searchRequest, TAG } from '../ldap/raw_client.ts';

const chosen = 'Harbour-Tram-47';

describe('attacks on passwords over LDAP', function () {
  this.timeout(120_000);
  let server: RunningServer;

  before(async () => {
    server = await startServer();
  });
  after(() => server?.remove());

  async function withClient<T>(work: (client: RawClient) => Promise<T>): Promise<T> {
    const client = await RawClient.open(server.ports.ldap);
    try {
      return await work(client);
    } finally {
      client.end();
    }
  }
  const binds = (dn: string, password: string) =>
    withClient(async (client) => (await client.ask(1, bindRequest(1, dn, password))).code);

  it('a colleague learns nothing of the password of another by trying to reset it', () =>
    withClient(async (client) => {
      expect((await client.ask(1, bindRequest(1, personDn(demoUids.clerk), demoPassword))).code).to.equal(0);
      const answers = [];
      const targets = [personDn(demoUids.officer), personDn('nobody'), systemDn('mail')];
      let at = 1;
      for (const user of targets) {
        for (const guess of [demoPassword, 'Never-Used-2931', 'a']) {
          at += 1;
          const { code, text } = await client.ask(at, passwordModifyRequest(at, { user, chosen: guess }));
          answers.push({ code, text });
        }
      }
      const persons = answers.slice(0, 6);
      expect(new Set(persons.map((one) => JSON.stringify(one))).size, 'all answers are alike').to.equal(1);
      expect(persons[0]?.code).to.equal(50);
      expect(new Set(answers.slice(6).map((one) => JSON.stringify(one))).size).to.equal(1);
      expect(answers[6]?.code).to.be.oneOf([50, 53]);
    }));

  /** Somebody new, whose first password is known to whoever handed it over. */
  async function joiner(uid: string, staffNumber: string, first: string): Promise<string> {
    const file = join(server.dataDir, `first-${uid}`);
    await writeFile(file, first, { mode: 0o600 });
    await server.json(
      ...['person', 'create', uid, '--surname', 'Fan', '--given-name', 'Ka-lok', '--organisation', 'CSB'],
      ...['--staff-number', staffNumber, '--password-file', file],
    );
    const dn = personDn(uid);
    const bound = async () =>
      withClient(async (client) => (await client.ask(1, bindWithPolicy(1, dn, first))).code);
    await soon(bound, (code) => code === 0, 10_000);
    return dn;
  }
  const search = (messageId: number, dn: string) =>
    searchRequest(messageId, dn, 0, present('objectClass'), ['uid']);

  it('a first password makes nobody its holder by the change of another password', async () => {
    const victim = await joiner('victim1', '700101', 'Lantern-Ferry-41');
    const own = await joiner('accomplice1', '700102', 'Lantern-Ferry-42');
    await withClient(async (client) => {
      expect((await client.ask(1, bindWithPolicy(1, victim, 'Lantern-Ferry-41'))).code).to.equal(0);
      const change = { user: own, old: 'Lantern-Ferry-42', chosen: 'Harbour-Tram-51' };
      expect((await client.ask(2, passwordModifyRequest(2, change))).code).to.equal(0);
      expect((await client.ask(3, search(3, victim))).code, 'it must still be changed').to.equal(50);
      const ownChange = { user: victim, old: 'Lantern-Ferry-41', chosen: 'Harbour-Tram-52' };
      expect((await client.ask(4, passwordModifyRequest(4, ownChange))).code).to.equal(0);
      expect((await client.ask(5, search(5, victim))).code, 'its own change opens it').to.equal(0);
    });
    const listed = () =>
      server.json<{ act: string; uid: string | null }[]>('audit', 'list', '--limit', '1000');
    const started = (events: { act: string; uid: string | null }[]) =>
      events.filter(({ act, uid }) => act === 'session.start' && uid === 'victim1').length;
    expect(started(await soon(listed, (events) => started(events) > 0, 5_000))).to.equal(1);
  });

  it('a session of a first password ends when its holder changes it', async () => {
    const victim = await joiner('victim2', '700103', 'Lantern-Ferry-43');
    const own = await joiner('accomplice2', '700104', 'Lantern-Ferry-44');
    const held = await RawClient.open(server.ports.ldap);
    const swift = await RawClient.open(server.ports.ldap);
    try {
      for (const client of [held, swift])
        expect((await client.ask(1, bindWithPolicy(1, victim, 'Lantern-Ferry-43'))).code).to.equal(0);
      await withClient(async (client) => {
        const change = { user: victim, old: 'Lantern-Ferry-43', chosen: 'Harbour-Tram-53' };
        expect((await client.ask(1, passwordModifyRequest(1, change))).code).to.equal(0);
      });
      // At once, whether or not the session has ended: the change of another password opens nothing.
      const change = { user: own, old: 'Lantern-Ferry-44', chosen: 'Harbour-Tram-54' };
      await swift.ask(2, passwordModifyRequest(2, change)).catch(() => undefined); // cut off is as good
      const code = swift.closed ? null : await swift.ask(3, search(3, victim)).then((one) => one.code);
      expect(code).to.be.oneOf([null, 50]);
      await soon(
        async () => held.closed,
        (closed) => closed,
        5_000,
      );
    } finally {
      held.end();
      swift.end();
    }
  });

  it('a password that must be changed signs nobody in at a server that verifies by binding', async () => {
    const file = join(server.dataDir, 'first');
    await writeFile(file, 'Lantern-Ferry-31', { mode: 0o600 });
    await server.json(
      ...['person', 'create', 'klfan', '--surname', 'Fan', '--given-name', 'Ka-lok', '--organisation', 'CSB'],
      ...['--staff-number', '700100', '--password-file', file],
    );
    const dn = personDn('klfan');
    const ready = async () =>
      withClient(
        async (client) => (await client.ask(1, bindWithPolicy(1, dn, 'Lantern-Ferry-31'))).code === 0,
      );
    for (let tries = 0; !(await ready()); tries++) if (tries > 40) throw new Error('never appeared');
    expect(await binds(dn, 'Lantern-Ferry-31')).to.equal(49);
    const wrong = await withClient((client) => client.ask(1, bindWithPolicy(1, dn, 'Lantern-Ferry-32')));
    expect([wrong.code, policyOf(wrong)], 'a wrong password tells nothing').to.deep.equal([49, null]);
  });

  it('a reset through the help desk forces a change and gives nobody a way round it', async () => {
    const dn = personDn(demoUids.contractor);
    await withClient(async (client) => {
      const desk = await client.ask(1, bindRequest(1, personDn(demoUids.helpDesk), demoPassword));
      expect(desk.code).to.equal(0);
      const reset = await client.ask(2, passwordModifyRequest(2, { user: dn, chosen }));
      expect({ code: reset.code, text: reset.text }).to.deep.equal({ code: 0, text: '' });
      const over = await client.ask(
        4,
        passwordModifyRequest(4, { user: personDn(demoUids.directoryAdministrator), chosen }),
      );
      expect(over.code, 'a holder of roles is not reset by the help desk').to.equal(50);
    });
    expect(await binds(dn, demoPassword)).to.equal(49);
    expect(await binds(dn, chosen)).to.equal(49);
    expect(await binds(personDn(demoUids.directoryAdministrator), demoPassword)).to.equal(0);
  });

  it('a system does not choose a secret of its own', () =>
    withClient(async (client) => {
      const secret = demoSystemSecret('mail');
      expect((await client.ask(1, bindRequest(1, systemDn('mail'), secret))).code).to.equal(0);
      expect(
        (await client.ask(2, passwordModifyRequest(2, { chosen: 'Guessable-Secret-2026' }))).code,
      ).to.equal(53);
      expect(
        (await client.ask(3, passwordModifyRequest(3, { old: secret, chosen: 'Guessable-Secret-2026' })))
          .code,
      ).to.equal(53);
      expect(await binds(systemDn('mail'), secret)).to.equal(0);
    }));

  it('a session that keeps trying to change its password does not outlive a reset', async () => {
    const dn = personDn(demoUids.acting);
    const file = join(server.dataDir, 'reset');
    await writeFile(file, 'Lantern-Ferry-62', { mode: 0o600 });
    const clients = await Promise.all([1, 2, 3, 4].map(() => RawClient.open(server.ports.ldap)));
    let stop = false;
    let tries = 0;
    try {
      for (const client of clients) {
        expect((await client.ask(1, bindRequest(1, dn, demoPassword))).code).to.equal(0);
      }
      const looping = clients.map(async (client) => {
        for (let at = 2; !stop && !client.closed; at++) {
          const request = passwordModifyRequest(at, { old: 'wrong', chosen: 'Harbour-Tram-48' });
          await client.ask(at, request).catch(() => undefined); // cut off is as good
          tries += 1;
        }
      });
      await server.json('person', 'set-password', demoUids.acting, '--password-file', file);
      const wanted = 40; // tries that begin before and after every worker has the reset
      for (const begun = tries; tries < begun + wanted && clients.some(({ closed }) => !closed); ) {
        await new Promise((resolve) => setImmediate(resolve));
      }
      stop = true;
      await Promise.all(looping);
      for (const client of clients) {
        if (client.closed) continue;
        const search = searchRequest(900_000, dn, 0, present('objectClass'), ['uid']);
        expect((await client.ask(900_000, search)).code, 'bound no more').to.equal(50);
      }
    } finally {
      for (const client of clients) client.end();
    }
  });

  it('what a session reads before it tries to change its password is recorded as its own', async () => {
    const dn = personDn(demoUids.clerk);
    await withClient(async (client) => {
      expect((await client.ask(1, bindRequest(1, dn, demoPassword))).code).to.equal(0);
      const everybody = searchRequest(2, 'dc=gov,dc=hk', 2, present('objectClass'), ['1.1']);
      client.send(everybody, passwordModifyRequest(3, { old: 'wrong', chosen: 'Harbour-Tram-48' }));
      expect((await client.result(3)).code).to.equal(49);
      const ended = client.answers.findIndex(({ messageId, tag }) => messageId === 2 && tag === TAG.done);
      const changed = client.answers.findIndex(({ messageId }) => messageId === 3);
      expect(ended).to.be.within(0, changed);
    });
    const events = await soon(
      () =>
        server.json<{ act: string; uid: string | null; details: { entries?: number } }[]>(
          'audit',
          'list',
          '--limit',
          '1000',
        ),
      (all) => all.some(({ act, uid }) => act === 'directory.read' && uid === demoUids.clerk),
      5_000,
    );
    const reads = events.filter(({ act }) => act === 'directory.read');
    expect(reads.map(({ uid }) => uid))
      .to.include(demoUids.clerk)
      .and.not.include(null);
  });
});
