// Password Modify and the binds of those who must change their password, as an attacker uses them.
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'chai';
import { demoUids } from '../../seeds/demo_facts.ts';
import { demoPassword, demoSystemSecret } from '../../seeds/demo_secrets.ts';
import { type RunningServer, startServer } from '../journeys/running_server.ts';
import { personDn, systemDn } from '../journeys/systems.ts';
import { bindWithPolicy, passwordModifyRequest, policyOf } from '../ldap/password_request.ts';
import { bindRequest, RawClient } from '../ldap/raw_client.ts';

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
});
