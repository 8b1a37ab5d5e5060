// The way out of a first password with Debian's ldappasswd, as the README tells it.
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'chai';
import { type RunningServer, startServer } from '../journeys/running_server.ts';
import { soon } from '../journeys/soon.ts';
import { personDn } from '../journeys/systems.ts';
import { type Outcome, run } from './programs.ts';

const first = 'Lantern-Ferry-31';
const second = 'Harbour-Tram-47';
const invalidCredentials = 49;

describe('a first password, with ldappasswd', function () {
  this.timeout(60_000);
  let server: RunningServer;
  let staff = 700_000;

  before(async () => {
    server = await startServer();
  });
  after(() => server?.remove());

  const at = (): string[] => ['-x', '-H', `ldap://127.0.0.1:${server.ports.ldap}`];
  const whoami = (uid: string, password: string, ...more: string[]): Promise<Outcome> =>
    run('ldapwhoami', [...at(), ...more, '-D', personDn(uid), '-w', password]);
  const succeeds = (work: () => Promise<Outcome>): Promise<Outcome> =>
    soon(work, ({ status }) => status === 0);

  async function joiner(uid: string): Promise<void> {
    const file = join(server.dataDir, 'first');
    await writeFile(file, first, { mode: 0o600 });
    staff += 1;
    await server.json(
      ...['person', 'create', uid, '--surname', 'Fan', '--given-name', 'Ka-lok', '--organisation', 'CSB'],
      ...['--staff-number', String(staff), '--password-file', file],
    );
  }

  it('without a bind: the name, the old password and the new one', async () => {
    await joiner('klfan');
    const change = (old: string, chosen: string) =>
      run('ldappasswd', [...at(), '-a', old, '-s', chosen, personDn('klfan')]);
    const weak = await soon(
      () => change(first, 'a'),
      ({ stdout, stderr }) => `${stdout}${stderr}`.includes('Constraint violation (19)'),
    );
    expect(weak.stderr + weak.stdout).to.contain('the password must be at least 8 characters');
    expect((await whoami('klfan', first)).status, 'opens nothing before').to.equal(invalidCredentials);
    const wrong = await change('Lantern-Ferry-32', second);
    expect(wrong.stderr + wrong.stdout).to.contain('Invalid credentials (49)');
    const changed = await change(first, second);
    expect(changed.status, changed.stderr).to.equal(0);
    expect((await succeeds(() => whoami('klfan', second))).stdout).to.equal(`dn:${personDn('klfan')}\n`);
    expect((await whoami('klfan', first)).status).to.equal(invalidCredentials);
  });

  it('with the password policy control: the bind says that the password must be changed', async () => {
    await joiner('klfan2');
    const bind = ['-e', 'ppolicy', '-D', personDn('klfan2'), '-w', first];
    const changed = await succeeds(() => run('ldappasswd', [...at(), ...bind, '-a', first, '-s', second]));
    expect(changed.status, changed.stderr).to.equal(0);
    expect(changed.stderr + changed.stdout).to.match(/password must be changed/i);
    expect((await succeeds(() => whoami('klfan2', second, '-e', 'ppolicy'))).status).to.equal(0);
  });

  it('ldappasswd shows a password that the directory made', async () => {
    await joiner('klfan3');
    const made = await succeeds(() => run('ldappasswd', [...at(), '-a', first, personDn('klfan3')]));
    const [, generated = ''] = /New password: (\S+)/.exec(made.stdout) ?? [];
    expect(generated, made.stdout + made.stderr).to.have.length.greaterThan(12);
    expect((await succeeds(() => whoami('klfan3', generated))).status).to.equal(0);
  });
});
