// Starts that cannot succeed: each says what is wrong in a sentence, ends with the status of its kind (sysexits.h), and
// leaves what runs alone.
import { randomBytes } from 'node:crypto';
import { expect } from 'chai';
import { demoUids } from '../../seeds/demo_facts.ts';
import { demoPassword } from '../../seeds/demo_secrets.ts';
import {
  type CommandResult,
  freePorts,
  newSettings,
  type RunningServer,
  runProgram,
  startServer,
} from '../journeys/running_server.ts';
import { ldapClient, mailLogin } from '../journeys/systems.ts';

const configuration = 78;
const unavailable = 69;

describe('a start that cannot succeed', function () {
  this.timeout(60_000);
  let server: RunningServer;
  let databaseless: { port: number; end: Promise<CommandResult & { milliseconds: number }> };
  before(async () => {
    server = await startServer();
    databaseless = await startWithoutDatabase();
  });
  after(() => server?.remove());

  /** The settings of the running server with four other ports. */
  async function besides(): Promise<Record<string, string>> {
    return { ...server.environment, ...portsOf(await newSettings(server.dataDir)) };
  }

  /** Waits ten seconds for its database, and so does it beside the others. */
  async function startWithoutDatabase(): Promise<typeof databaseless> {
    const [port = 0] = await freePorts(1);
    const url = `postgres://bauhinia:Sesame-Street-7@127.0.0.1:${port}/bauhinia`;
    const environment = { ...(await newSettings()), BAUHINIA_DATABASE_URL: url };
    const began = performance.now();
    const end = runProgram(['serve'], environment).then((result) => {
      return { ...result, milliseconds: performance.now() - began };
    });
    return { port, end };
  }

  function portsOf(settings: Record<string, string>): Record<string, string> {
    return Object.fromEntries(Object.entries(settings).filter(([name]) => name.endsWith('_PORT')));
  }

  async function serves(): Promise<void> {
    const client = ldapClient(server.ldap);
    expect(await mailLogin(client, demoUids.clerk, demoPassword)).to.contain('@');
    await client.unbind();
    expect(await server.json('audit', 'verify')).to.include({ intact: true });
  }

  it('names every wrong setting at once', async () => {
    const { status, stdout, stderr } = await runProgram(['serve'], {
      ...(await newSettings()),
      BAUHINIA_LDAP_PORT: '99999',
      BAUHINIA_WORKERS: 'none',
      BAUHINIA_WORKRES: '2',
      BAUHINIA_MASTER_KEY: 'not base64, and secret',
    });
    expect(status).to.equal(configuration);
    expect(stdout).to.equal('');
    expect(stderr).to.match(/BAUHINIA_LDAP_PORT: "99999" is refused/);
    expect(stderr).to.match(/BAUHINIA_WORKERS: "none" is refused/);
    expect(stderr).to.match(/BAUHINIA_WORKRES: no such setting \(in the environment\)/);
    expect(stderr).to.match(/BAUHINIA_MASTER_KEY: the given value is refused/);
    expect(stderr).to.not.contain('secret');
  });

  for (const name of ['LDAP', 'LDAPS', 'HTTP', 'HTTPS'] as const) {
    it(`names an occupied port and its setting: ${name}`, async () => {
      const setting = `BAUHINIA_${name}_PORT`;
      const port = server.environment[setting] ?? '';
      const { status, stderr } = await runProgram(['serve'], { ...(await besides()), [setting]: port });
      expect(status, stderr).to.equal(configuration);
      expect(stderr).to.match(new RegExp(`^bauhinia: .*${setting}.*\\b${port}\\b.* in use`, 'm'));
    });
  }

  it('a second server with the same settings ends, and the first one goes on', async () => {
    const { status, stderr } = await runProgram(['serve'], server.environment);
    expect(status).to.equal(configuration);
    expect(stderr).to.match(/^bauhinia: .*in use/m);
    expect(server.alive()).to.equal(true);
    await serves();
  });

  it('refuses another master key than the one that the stored keys were made with', async () => {
    const { status, stderr } = await runProgram(['serve'], {
      ...(await besides()),
      BAUHINIA_MASTER_KEY: randomBytes(32).toString('base64'),
    });
    expect(status, stderr).to.equal(configuration);
    expect(stderr).to.match(/^bauhinia: .*master key/m);
    await serves();
  });

  it('says which database does not answer, and never its password', async () => {
    const { port, end } = databaseless;
    const { status, stderr, milliseconds } = await end;
    expect(status).to.equal(unavailable);
    expect(stderr).to.match(
      new RegExp(`^bauhinia: PostgreSQL at 127\\.0\\.0\\.1:${port}/bauhinia does not answer`, 'm'),
    );
    expect(stderr).to.not.contain('Sesame');
    expect(milliseconds).to.be.lessThan(20_000);
  });
});
