// The running server of a cluster: start, look, stop. PostgreSQL's own interlock on its data folder (postmaster.pid and
// the shared memory behind it) decides which of several starters wins.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { open, readFile, readlink, rename, rm, stat } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { type Cluster, environment, failure, isOccupied, run } from './embedded_cluster.ts';
import { processExists, reasonOf } from './embedded_folder.ts';

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
