// One cluster of the embedded PostgreSQL as files and processes: make, start, look, stop. PostgreSQL's own interlock on
// its data folder (postmaster.pid and the shared memory behind it) decides which of several starters wins.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chown, mkdir, open, readFile, readlink, rename, rm, stat, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { OperationError } from '../errors.ts';
import type { SystemAccount } from './embedded_account.ts';
import {
  processExists,
  publishFolder,
  reasonOf,
  removeAbandoned,
  unfinishedName,
} from './embedded_folder.ts';

export interface Cluster {
  /** Ours; holds `data/`, which is the account's. */
  readonly folder: string;
  readonly data: string;
  /** bin/, lib/ and share/ of PostgreSQL. */
  readonly programs: string;
  readonly account: SystemAccount | undefined;
  /** In the data folder of Bauhinia, not in `folder`: root must not append to a file that another account could swap. */
  readonly logFile: string;
  readonly durable: boolean;
}

export interface Postmaster {
  readonly pid: number;
  readonly port: number;
  /** It accepts connections, or did when it last wrote this. */
  readonly ready: boolean;
}

const pollMilliseconds = 20;
const largestLog = 16 * 1024 * 1024;

/** Settings given at each start rather than written once, so that a new release can change them. */
function serverSettings(durable: boolean): readonly string[] {
  const settings = [
    'listen_addresses=127.0.0.1',
    'unix_socket_directories=',
    'password_encryption=scram-sha-256',
    'max_connections=200',
    `shared_buffers=${durable ? '256MB' : '32MB'}`,
    'max_wal_size=2GB',
    'random_page_cost=1.1',
    'jit=off',
    'timezone=UTC',
    'log_timezone=UTC',
    'log_line_prefix=%m [%p] ',
    // Neither a failed statement nor the key it collided with may carry personal data or a password into a file.
    'log_min_error_statement=panic',
    'log_error_verbosity=terse',
  ];
  if (!durable) settings.push('fsync=off', 'synchronous_commit=off', 'full_page_writes=off');
  return settings.flatMap((setting) => ['-c', setting]);
}

/** Makes the cluster with a superuser `postgres`, beside its final place; a faster starter's cluster is kept instead. */
export async function initialiseCluster(cluster: Cluster, password: string): Promise<void> {
  await removeAbandoned(cluster.folder);
  const unfinished = join(cluster.folder, unfinishedName());
  const passwordFile = `${unfinished}.password`;
  try {
    await mkdir(unfinished, { mode: 0o700 });
    await writeFile(passwordFile, `${password}\n`, { flag: 'wx', mode: 0o400 });
    if (cluster.account !== undefined) {
      await chown(passwordFile, cluster.account.uid, cluster.account.gid);
      await chown(unfinished, cluster.account.uid, cluster.account.gid);
    }
    // PostgreSQL's own C.UTF-8 is the same on every system and release of its C library, so indexes never go stale.
    const { exitCode, output } = await run(cluster, 'initdb', [
      `--pgdata=${unfinished}`,
      '--username=postgres',
      `--pwfile=${passwordFile}`,
      '--auth=scram-sha-256',
      '--encoding=UTF8',
      '--locale=C',
      '--locale-provider=builtin',
      '--builtin-locale=C.UTF-8',
      '--no-instructions',
      ...(cluster.durable ? [] : ['--no-sync']),
    ]);
    if (exitCode !== 0) throw failure(cluster, 'could not be initialised', output);
    await publishFolder(unfinished, cluster.data);
  } finally {
    await rm(passwordFile, { force: true });
    await rm(unfinished, { recursive: true, force: true });
  }
}

/**
 * Sets the superuser's and the application's password without knowing the old ones, in PostgreSQL's single-user mode.
 * Says `occupied` when a server runs, or when another starter is doing the same.
 */
export async function resetPassword(cluster: Cluster, password: string): Promise<'set' | 'occupied'> {
  const statements = ['postgres', 'bauhinia']
    .map((role) => `ALTER ROLE ${role} PASSWORD '${password}'\n`)
    .join('');
  const { exitCode, output } = await run(
    cluster,
    'postgres',
    ['--single', '-D', cluster.data, 'postgres'],
    statements,
  );
  if (exitCode === 0) return 'set';
  if (isOccupied(output)) return 'occupied';
  throw failure(cluster, 'could not be given a new password', output);
}

/**
 * Starts a postmaster in a session of its own, so that a Ctrl-C at our terminal reaches only us and we stop it in order.
 * `occupied`: another one has the data folder, or what is left of it is still dying. `port_taken`: choose another.
 */
export async function startPostmaster(
  cluster: Cluster,
  port: number,
  signal: AbortSignal,
): Promise<'ready' | 'occupied' | 'port_taken'> {
  await clearStaleLock(cluster.data);
  const logFile = await openLogFile(cluster.logFile);
  const start = (await logFile.stat()).size;
  let postmaster: ChildProcess;
  try {
    postmaster = spawn(
      join(cluster.programs, 'bin/postgres'),
      ['-D', cluster.data, '-p', String(port), ...serverSettings(cluster.durable)],
      { ...environment(cluster), detached: true, stdio: ['ignore', logFile.fd, logFile.fd] },
    );
    await once(postmaster, 'spawn');
  } catch (error) {
    throw failure(cluster, 'could not be started', reasonOf(error));
  } finally {
    await logFile.close();
  }
  postmaster.unref();
  while (postmaster.exitCode === null && postmaster.signalCode === null) {
    const running = await readPostmaster(cluster.data);
    if (running?.pid === postmaster.pid && running?.ready) return 'ready';
    if (signal.aborted) throw failure(cluster, 'is still recovering', await readLog(cluster.logFile, start));
    await delay(pollMilliseconds);
  }
  const output = await readLog(cluster.logFile, start);
  if (isOccupied(output)) return 'occupied';
  if (output.includes('could not create any TCP/IP sockets')) return 'port_taken';
  throw failure(cluster, 'could not be started', output);
}

/** Rolls back what runs, writes everything out and ends every process. Returns when that server has ended. */
export async function stopPostmaster(cluster: Cluster, signal: AbortSignal): Promise<void> {
  const running = await readPostmaster(cluster.data);
  if (running === undefined) return;
  // Sent as PostgreSQL's account, not by root: the number comes from a file which that account may write.
  const send = (name: 'INT' | 'QUIT') => run(cluster, 'pg_ctl', ['kill', name, String(running.pid)]);
  // Not `pg_ctl stop`: it would go on to wait for, and then stop, a server that another opener starts meanwhile.
  const hasEnded = async () =>
    (await readPostmaster(cluster.data))?.pid !== running.pid || !processExists(running.pid);
  const { output } = await send('INT');
  while (!(await hasEnded())) {
    if (signal.aborted) {
      await send('QUIT'); // loses nothing committed: the next start replays the log
      throw failure(cluster, 'had to be ended at once: it did not stop in time', output);
    }
    await delay(pollMilliseconds);
  }
}

/** What postmaster.pid says; undefined when there is none or it is half written. */
export async function readPostmaster(data: string): Promise<Postmaster | undefined> {
  const lines = (await readFile(join(data, 'postmaster.pid'), 'utf8').catch(() => '')).split('\n');
  const pid = Math.abs(Number.parseInt(lines[0] ?? '', 10)); // negative in single-user mode
  const port = Number.parseInt(lines[3] ?? '', 10);
  if (!(pid > 0)) return undefined;
  return { pid, port, ready: port > 0 && lines[7]?.trim() === 'ready' };
}

/** True when process `pid` lives and is PostgreSQL on `data`. After a container restarts, a number is soon another's. */
export async function isPostmasterOf(data: string, pid: number): Promise<boolean> {
  if (!processExists(pid)) return false;
  if (process.platform !== 'linux') return true;
  // A postmaster works in its data folder. Unreadable means another user's process, which it cannot be.
  return (await readlink(`/proc/${pid}/cwd`).catch(() => undefined)) === data;
}

/** A free port of the loopback interface, `preferred` if it is free. */
export async function freePort(preferred: number | null): Promise<number> {
  const server = createServer();
  try {
    server.listen({ port: preferred ?? 0, host: '127.0.0.1', exclusive: true });
    await once(server, 'listening');
    const address = server.address();
    if (address === null || typeof address === 'string') throw new Error('a TCP server has an address');
    return address.port;
  } catch (error) {
    if (preferred === null) throw error;
    return await freePort(null);
  } finally {
    server.close();
  }
}

/** PostgreSQL trusts any living process of its own user that postmaster.pid names; a stranger's number must go first. */
async function clearStaleLock(data: string): Promise<void> {
  const recorded = await readPostmaster(data);
  if (recorded === undefined || !processExists(recorded.pid)) return; // PostgreSQL removes that one itself
  if (await isPostmasterOf(data, recorded.pid)) return;
  await rm(join(data, 'postmaster.pid'), { force: true });
}

const isOccupied = (output: string): boolean =>
  /lock file ".*" (already exists|is empty)|pre-existing shared memory block/.test(output);

/** Nothing of our own environment: PGPORT and its like would redirect the programs. */
const environment = (cluster: Cluster) => ({
  ...cluster.account,
  cwd: cluster.folder,
  env: { PATH: '/usr/bin:/bin', LC_ALL: 'C', TZ: 'UTC' },
});

async function run(
  cluster: Cluster,
  program: 'initdb' | 'pg_ctl' | 'postgres',
  args: readonly string[],
  input = '',
): Promise<{ exitCode: number | null; output: string }> {
  const child = spawn(join(cluster.programs, 'bin', program), args, {
    ...environment(cluster),
    detached: true,
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      output = (output + text).slice(-8192);
    });
  }
  child.stdin.on('error', () => undefined); // it exited without reading: its exit code tells
  child.stdin.end(input);
  try {
    const [exitCode] = await once(child, 'close');
    return { exitCode, output };
  } catch (error) {
    throw failure(cluster, `cannot run ${program}`, reasonOf(error));
  }
}

async function openLogFile(path: string) {
  const size = await stat(path).then(
    (stats) => stats.size,
    () => 0,
  );
  if (size > largestLog) await rename(path, `${path}.1`);
  return await open(path, 'a', 0o600);
}

async function readLog(path: string, start: number): Promise<string> {
  return (await readFile(path)).subarray(start).toString('utf8');
}

function failure(cluster: Cluster, what: string, output: string): OperationError {
  const tail = output.trim().split('\n').slice(-8).join('\n');
  return new OperationError(
    'unavailable',
    `the embedded PostgreSQL in ${cluster.data} ${what}: ${tail} (log: ${cluster.logFile})`,
  );
}
