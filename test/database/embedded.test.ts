// The embedded PostgreSQL, as whoever runs the tests: as root in a 0700 folder this takes the staging path.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  chmod,
  copyFile,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  rename,
  rm,
  stat,
  unlink,
  writeFile,
} from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { expect } from 'chai';
import pg from 'pg';
import { type EmbeddedDatabase, openEmbeddedDatabase } from '../../src/database/embedded.ts';
import { postgresAccount, type SystemAccount } from '../../src/database/embedded_account.ts';
import { findProgramPackage, preparePrograms } from '../../src/database/embedded_programs.ts';
import { OperationError } from '../../src/errors.ts';
import { silentLog } from '../../src/log.ts';

interface RecordFile {
  folder: string;
  password: string;
  initialised: boolean;
  port: number;
}

describe('embedded PostgreSQL', function () {
  this.timeout(30_000);
  let root: string;
  let dataDir: string;
  const folders = new Set<string>();
  const opened: EmbeddedDatabase[] = [];

  beforeEach(async () => {
    root = await mkdtemp(join(tmpdir(), 'bauhinia-embedded-')); // 0700, as most containers' folders are
    dataDir = join(root, 'var');
    folders.add(root);
  });

  afterEach(async () => {
    await Promise.all(opened.splice(0).map((database) => database.stop()));
    for (const folder of folders) await rm(folder, { recursive: true, force: true });
    folders.clear();
  });

  const open = async (durable = false): Promise<EmbeddedDatabase> => {
    const database = await openEmbeddedDatabase({ dataDir, log: silentLog, durable });
    opened.push(database);
    folders.add(await clusterFolder()); // staged outside `root`
    return database;
  };

  const recordPath = () => join(dataDir, 'postgres.json');
  const record = async (): Promise<RecordFile> => JSON.parse(await readFile(recordPath(), 'utf8'));
  const clusterFolder = async () => resolve(dataDir, (await record()).folder);
  const postmasterPid = async () =>
    Number.parseInt(await readFile(join(await clusterFolder(), 'data/postmaster.pid'), 'utf8'), 10);

  it('makes the database, reachable on loopback only with the generated password', async () => {
    const database = await open();
    expect(database.owned).to.equal(true);
    const [row] = await query(
      database.url,
      `SELECT current_user AS user, current_database() AS database, current_setting('server_encoding') AS encoding,
              current_setting('listen_addresses') AS addresses,
              (SELECT rolsuper FROM pg_roles WHERE rolname = current_user) AS superuser, lower('ÄÖ') AS lower`,
    );
    expect(row).to.deep.equal({
      user: 'bauhinia',
      database: 'bauhinia',
      encoding: 'UTF8',
      addresses: '127.0.0.1',
      superuser: false,
      lower: 'äö',
    });
    const wrong = new URL(database.url);
    wrong.password = 'wrong';
    const refused = await query(wrong.href, 'SELECT 1').catch((error: unknown) => error);
    expect(refused).to.have.property('code', '28P01');
    for (const name of ['postgres.json', 'postgres.log']) {
      expect((await stat(join(dataDir, name))).mode & 0o077, name).to.equal(0);
    }
  });

  it('keeps acknowledged rows when every PostgreSQL process is killed', async () => {
    const first = await open(true);
    await query(first.ownerUrl, 'CREATE TABLE kept (n integer)');
    await query(first.ownerUrl, 'INSERT INTO kept VALUES (7)');
    const killed = [...(await serverProcesses(first.url)), await postmasterPid()];
    for (const pid of killed) kill(pid, 'SIGKILL');

    const second = await open(true);
    expect(second.owned).to.equal(true);
    expect(await query(second.ownerUrl, 'SELECT n FROM kept')).to.deep.equal([{ n: 7 }]);
    expect(await postmasterPid()).not.to.equal(killed.at(-1));
  });

  it('starts over a stale postmaster.pid whose number now belongs to another process', async () => {
    const first = await open();
    await first.stop();
    const data = join(await clusterFolder(), 'data');
    const stale = [process.pid, data, 0, (await record()).port, '', '127.0.0.1', '  1  1', 'ready   ', ''];
    await writeFile(join(data, 'postmaster.pid'), stale.join('\n'));
    const second = await open();
    expect(second.owned).to.equal(true);
    expect(await query(second.url, 'SELECT 1 AS one')).to.deep.equal([{ one: 1 }]);
  });

  it('lets one of several concurrent openers start it and the others join; the last to leave stops it', async () => {
    const databases = await Promise.all([open(), open(), open()]);
    expect(databases.filter(({ owned }) => owned)).to.have.length(1);
    expect(new Set(databases.map(({ url }) => url)).size).to.equal(1);
    const processes = [...(await serverProcesses(databases[0].url)), await postmasterPid()];
    expect(processes.length).to.be.greaterThan(3);

    await databases[0].stop();
    await databases[1].stop();
    await databases[1].stop();
    expect(await query(databases[2].url, 'SELECT 1 AS one')).to.deep.equal([{ one: 1 }]);
    await databases[2].stop();
    for (const pid of processes) await gone(pid);
    const refused = await query(databases[2].url, 'SELECT 1').catch((error: unknown) => error);
    expect(refused).to.have.property('code', 'ECONNREFUSED');
  });

  it('starts again when leaving and opening cross', async () => {
    await open();
    for (let round = 0; round < 3; round += 1) {
      const leaving = opened.splice(0).map((database) => database.stop());
      const database = await open();
      await Promise.all(leaving);
      expect(await query(database.url, 'SELECT 1 AS one')).to.deep.equal([{ one: 1 }]);
    }
  });

  it('joins the server that a killed process left behind, and stops it at the end', async () => {
    const source = `
      import { openEmbeddedDatabase } from './src/database/embedded.ts';
      import { silentLog } from './src/log.ts';
      const { url } = await openEmbeddedDatabase({ dataDir: process.argv[1], log: silentLog, durable: false });
      console.log(url);`;
    const args = ['--import', 'tsx', '--input-type=module', '--eval', source, dataDir];
    const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
    const [line] = await once(child.stdout, 'data');
    child.kill('SIGKILL');
    await once(child, 'exit');
    const pid = await postmasterPid();

    const database = await open();
    expect(database.owned).to.equal(false);
    expect(database.url).to.equal(String(line).trim());
    expect(await postmasterPid()).to.equal(pid);
    await database.stop();
    await gone(pid);
  });

  it('keeps the server for its users after one crashed backend made it drop every connection', async () => {
    const [staying, leaving] = [await open(), await open()];
    const holds = async () =>
      Number(
        (await query(staying.url, `SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'`))[0]?.count,
      );
    expect(await holds()).to.equal(2);
    const client = new pg.Client({ connectionString: staying.url });
    client.on('error', () => undefined);
    await client.connect();
    kill((await client.query('SELECT pg_backend_pid() AS pid')).rows[0].pid, 'SIGKILL');
    await until(async () => (await holds().catch(() => 0)) === 2);
    await leaving.stop();
    expect(await query(staying.url, 'SELECT 1 AS one')).to.deep.equal([{ one: 1 }]);
  });

  it('sets a new password on the data it finds in the folder when postgres.json is lost', async () => {
    await chmod(root, 0o711); // root's account may pass: the data stays inside
    const first = await open();
    expect(await clusterFolder()).to.equal(join(dataDir, 'postgres'));
    await query(first.ownerUrl, 'CREATE TABLE kept (n integer)');
    await first.stop();
    const before = await record();
    await unlink(recordPath());
    const second = await open();
    expect((await record()).password).not.to.equal(before.password);
    expect(await query(second.ownerUrl, 'SELECT n FROM kept')).to.deep.equal([]);
  });

  it('begins anew when the data folder was removed, wherever its data had been kept', async () => {
    const first = await open();
    await query(first.ownerUrl, 'CREATE TABLE old (n integer)');
    await first.stop();
    await rm(dataDir, { recursive: true });
    const second = await open();
    expect(await query(second.url, `SELECT to_regclass('old') AS old`)).to.deep.equal([{ old: null }]);
  });

  it('finishes a start that was killed before the password was known to be set', async () => {
    const first = await open();
    await first.stop();
    await writeFile(
      recordPath(),
      JSON.stringify({ ...(await record()), password: 'cd'.repeat(24), initialised: false }),
    );
    const second = await open();
    expect(await query(second.url, 'SELECT 1 AS one')).to.deep.equal([{ one: 1 }]);
    expect(await record()).to.have.property('initialised', true);
    expect(await record()).to.have.property('password', 'cd'.repeat(24));
  });

  it('gives what an earlier release made as one role to the owner, with passwords of their own', async () => {
    const first = await open();
    const { port } = new URL(first.url);
    const { password } = await record();
    const asSuperuser = (database: string, text: string) =>
      query(`postgres://postgres:${password}@127.0.0.1:${port}/${database}`, text);
    // What the release before left: one role, the superuser's password, and the ownership of everything.
    await asSuperuser('postgres', 'ALTER DATABASE bauhinia OWNER TO bauhinia');
    await asSuperuser('bauhinia', 'REASSIGN OWNED BY bauhinia_owner TO bauhinia');
    await asSuperuser('postgres', 'DROP ROLE bauhinia_owner');
    await asSuperuser('postgres', `ALTER ROLE bauhinia PASSWORD '${password}'`);
    const earlier = `postgres://bauhinia:${password}@127.0.0.1:${port}/bauhinia`;
    await query(earlier, 'CREATE TABLE kept (n integer)');
    await query(earlier, 'INSERT INTO kept VALUES (7)');

    const second = await open(); // joins the server that runs
    const refused = await query(earlier, 'SELECT 1').catch((error: unknown) => error);
    expect(refused).to.have.property('code', '28P01');
    expect(await query(second.url, 'SELECT n FROM kept')).to.deep.equal([{ n: 7 }]);
    const dropped = await query(second.url, 'DROP TABLE kept').catch((error: unknown) => error);
    expect(dropped).to.have.property('code', '42501');
    await query(second.ownerUrl, 'DROP TABLE kept');
  });

  it('refuses a damaged postgres.json by name and changes nothing', async () => {
    const first = await open();
    await first.stop();
    const original = await readFile(recordPath(), 'utf8');
    for (const damaged of [
      '{"folder":',
      '{"folder":"postgres","password":"x","initialised":true,"port":1}',
    ]) {
      await writeFile(recordPath(), damaged);
      const error = await refusal(openEmbeddedDatabase({ dataDir, log: silentLog }));
      expect(error.code).to.equal('configuration');
      expect(error.detail).to.contain(recordPath());
      expect(await readFile(recordPath(), 'utf8')).to.equal(damaged);
    }
    await writeFile(recordPath(), original);
    expect((await open()).owned).to.equal(true);
  });

  it('refuses a password that the running server does not know, and a data folder that is gone', async () => {
    const first = await open();
    const before = await record();
    await writeFile(recordPath(), JSON.stringify({ ...before, password: 'ab'.repeat(24) }));
    const refused = await refusal(openEmbeddedDatabase({ dataDir, log: silentLog }));
    expect(refused.code).to.equal('configuration');
    expect(refused.detail).to.match(/refuses the password in .*postgres\.json: end it \(kill -INT \d+\)/);

    await writeFile(recordPath(), JSON.stringify(before));
    await first.stop();
    const data = join(await clusterFolder(), 'data');
    await rename(data, `${data}.away`);
    const missing = await refusal(openEmbeddedDatabase({ dataDir, log: silentLog }));
    expect(missing.code).to.equal('configuration');
    expect(missing.detail).to.match(/where the data is, is gone: restore it/);
    await rename(`${data}.away`, data);
    expect((await open()).owned).to.equal(true);
  });

  it('tells what PostgreSQL said when it does not start', async () => {
    const first = await open();
    await first.stop();
    const data = join(await clusterFolder(), 'data');
    await writeFile(join(data, 'postgresql.conf'), 'no_such_setting = 1\n');
    const error = await refusal(openEmbeddedDatabase({ dataDir, log: silentLog }));
    expect(error.code).to.equal('unavailable');
    expect(error.detail)
      .to.contain(data)
      .and.contain('unrecognized configuration parameter "no_such_setting"');
  });

  it('refuses a data folder that is a file', async () => {
    await writeFile(dataDir, '');
    const error = await refusal(openEmbeddedDatabase({ dataDir, log: silentLog }));
    expect(error.code).to.equal('configuration');
    expect(error.detail).to.contain(dataDir).and.contain('EEXIST');
  });

  it('stages the programs once, with the library links that npm did not make', async () => {
    const source = await findProgramPackage();
    const copy = join(root, 'native');
    await copyWithoutLinks(source.native, copy);
    const account = await postgresAccount(silentLog);
    // Root's account cannot enter `root`, which is the other reason to stage.
    const stage = account === undefined ? join(root, 'stage') : await reachableStage(account);
    const options = { source: { ...source, native: copy }, account, stages: [stage], log: silentLog };
    const [programs, again] = await Promise.all([preparePrograms(options), preparePrograms(options)]);
    expect(programs).to.equal(join(stage, source.key));
    expect(again).to.equal(programs);
    expect(await readdir(stage)).to.deep.equal([source.key]);
    const links = JSON.parse(await readFile(join(source.native, 'pg-symlinks.json'), 'utf8'));
    for (const { target } of links) await stat(join(programs, target.replace(/^native\//, '')));
    const child = spawn(join(programs, 'bin/postgres'), ['--version'], { ...account, cwd: stage, env: {} });
    const [version] = await once(child.stdout, 'data');
    expect(String(version)).to.match(/^postgres \(PostgreSQL\) \d+/);
  });

  async function reachableStage(account: SystemAccount): Promise<string> {
    const stage = `${root}.stage`;
    folders.add(stage);
    await mkdir(stage, { mode: 0o711 });
    expect(account.uid).not.to.equal(0);
    return stage;
  }
});

async function query(url: string, text: string): Promise<Record<string, unknown>[]> {
  const client = new pg.Client({ connectionString: url });
  client.on('error', () => undefined);
  try {
    await client.connect();
    return (await client.query(text)).rows;
  } finally {
    await client.end();
  }
}

/** The processes that have a row: backends, checkpointer, writers, workers. The postmaster has none. */
async function serverProcesses(url: string): Promise<number[]> {
  const rows = await query(url, 'SELECT pid FROM pg_stat_activity WHERE pid <> pg_backend_pid()');
  return rows.map(({ pid }) => Number(pid));
}

function kill(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ESRCH')) throw error; // it has just ended
  }
}

const gone = (pid: number): Promise<void> =>
  until(async () => {
    // A process whose parent was killed may stay a zombie where nobody reaps; it has ended all the same.
    const status = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '');
    if (/\) Z /.test(status)) return true;
    try {
      process.kill(pid, 0);
      return false;
    } catch {
      return true;
    }
  });

/** Asks again until the condition holds; mocha's time limit is the deadline. */
async function until(condition: () => Promise<boolean>): Promise<void> {
  while (!(await condition())) await delay(10);
}

async function refusal(promise: Promise<EmbeddedDatabase>): Promise<OperationError> {
  const outcome = await promise.catch((error: unknown) => error);
  if (outcome instanceof OperationError) return outcome;
  throw new Error('it was not refused', { cause: outcome });
}

async function copyWithoutLinks(from: string, to: string): Promise<void> {
  await mkdir(to);
  for (const item of await readdir(from, { withFileTypes: true })) {
    if (item.isDirectory()) await copyWithoutLinks(join(from, item.name), join(to, item.name));
    else if (item.isFile()) await copyFile(join(from, item.name), join(to, item.name));
  }
}
