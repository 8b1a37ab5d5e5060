// A whole Bauhinia as its operator starts it: the built program, its own processes, an embedded database of its own.
// Journeys and interoperability tests talk to it only through its listeners and its command line. Whatever happens to a
// test, its processes and folders are gone at the end of the run.
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, rmSync } from 'node:fs';
import { mkdtemp, readdir, readFile, readlink } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { packageRoot } from '../../src/package_root.ts';
import { closeAfterAllTests } from '../setup.ts';

const program = join(packageRoot, 'dist/src/main.js');
/** No command takes as long, not even one that generates a hundred thousand people. */
const commandDeadlineMs = 600_000;
const startDeadlineMs = 120_000;

export interface CommandResult {
  status: number;
  stdout: string;
  stderr: string;
}

export interface RunningServer {
  readonly ldap: string;
  readonly ldaps: string;
  readonly http: string;
  readonly issuer: string;
  readonly dataDir: string;
  readonly ports: { ldap: number; ldaps: number; http: number; https: number };
  readonly environment: Record<string, string>;
  readonly process: ChildProcess;
  readonly log: () => string;
  readonly readyLine: string;
  /** Process ids of the workers that said they are ready and were not found dead. */
  workers(): number[];
  /** Runs the command line beside the server. */
  cli(...args: string[]): Promise<CommandResult>;
  /** As `cli`, with --json; throws with the command's own words when it fails. */
  json<T>(...args: string[]): Promise<T>;
  /** SIGTERM, then the exit status. */
  stop(): Promise<number | null>;
  /** Any process of it is left, its database apart. */
  alive(): boolean;
  /** SIGKILL for every process of it at once, the database's too. */
  killAll(): Promise<void>;
  /** Stops what runs and removes the data. */
  remove(): Promise<void>;
}

/** `count` ports that were free a moment ago. */
export async function freePorts(count: number): Promise<number[]> {
  const servers = Array.from({ length: count }, () => createServer().listen(0, '127.0.0.1'));
  await Promise.all(servers.map((server) => once(server, 'listening')));
  const ports = servers.map((server) => {
    const address = server.address();
    return typeof address === 'object' && address !== null ? address.port : 0;
  });
  await Promise.all(servers.map((server) => once(server.close(), 'close')));
  return ports;
}

/** A data folder (a new one where none is given) and four ports, as the settings name them. */
export async function newSettings(given?: string): Promise<Record<string, string>> {
  const dataDir = given ?? (await mkdtemp(join(tmpdir(), 'bauhinia-journey-')));
  discardAtTheEnd(dataDir);
  const [ldap = 0, ldaps = 0, http = 0, https = 0] = await freePorts(4);
  return {
    BAUHINIA_DATA_DIR: dataDir,
    BAUHINIA_LDAP_PORT: String(ldap),
    BAUHINIA_LDAPS_PORT: String(ldaps),
    BAUHINIA_HTTP_PORT: String(http),
    BAUHINIA_HTTPS_PORT: String(https),
    BAUHINIA_DEMO: '1',
  };
}

/** Runs a command to its end. Its environment is the given one alone. */
export function runProgram(args: string[], environment: Record<string, string>): Promise<CommandResult> {
  const options = {
    env: { PATH: process.env.PATH ?? '', ...environment },
    maxBuffer: 256 * 1024 * 1024,
    timeout: commandDeadlineMs,
    killSignal: 'SIGKILL',
  } as const;
  return new Promise((settle) => {
    const child = execFile(process.execPath, [program, ...args], options, (error, stdout, stderr) => {
      const status = error === null ? 0 : (child.exitCode ?? -1);
      settle({ status, stdout, stderr });
    });
  });
}

/** As `runProgram`, with `input` on its standard input. */
export async function runWithInput(
  args: string[],
  environment: Record<string, string>,
  input: string,
): Promise<CommandResult> {
  const child = spawn(process.execPath, [program, ...args], {
    env: { PATH: process.env.PATH ?? '', ...environment },
    timeout: commandDeadlineMs,
    killSignal: 'SIGKILL',
  });
  let stdout = '';
  let stderr = '';
  child.stdout.on('data', (chunk: Buffer) => {
    stdout += chunk.toString();
  });
  child.stderr.on('data', (chunk: Buffer) => {
    stderr += chunk.toString();
  });
  child.stdin.end(input);
  await once(child, 'close');
  return { status: child.exitCode ?? -1, stdout, stderr };
}

/**
 * Starts a server and waits until it is ready; with the environment of an earlier one, that one again. `openFiles` limits
 * the files that each of its processes may have open.
 */
export async function startServer(
  options: { dataDir?: string; environment?: Record<string, string>; openFiles?: number } = {},
): Promise<RunningServer> {
  const given = options.dataDir ?? options.environment?.BAUHINIA_DATA_DIR;
  const environment = { ...(await newSettings(given)), ...options.environment };
  const dataDir = environment.BAUHINIA_DATA_DIR ?? '';
  const portOf = (name: string): number => Number(environment[`BAUHINIA_${name}_PORT`]);
  const ports = {
    ldap: portOf('LDAP'),
    ldaps: portOf('LDAPS'),
    http: portOf('HTTP'),
    https: portOf('HTTPS'),
  };
  const limit = options.openFiles;
  const limited = limit === undefined ? [] : ['prlimit', `--nofile=${limit}:${limit}`];
  const [command = '', ...args] = [...limited, process.execPath, program, 'serve'];
  const child = spawn(command, args, {
    env: { PATH: process.env.PATH ?? '', ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true, // a process group, to be ended as one
  });
  killAtTheEnd(child);
  let log = '';
  child.stderr.on('data', (chunk: Buffer) => {
    log += chunk.toString();
  });
  const readyLine = await new Promise<string>((ready, reject) => {
    const late = setTimeout(() => {
      killGroup(child);
      reject(new Error(`the server was not ready after ${startDeadlineMs} ms: ${log}`));
    }, startDeadlineMs);
    child.once('exit', (code, signal) => {
      clearTimeout(late);
      reject(new Error(`the server ended with ${signal ?? code}: ${log}`));
    });
    createInterface(child.stdout).on('line', (line) => {
      if (!line.startsWith('bauhinia ready')) return;
      clearTimeout(late);
      ready(line);
    });
  });
  const ended = (): boolean => child.exitCode !== null || child.signalCode !== null;

  const cli = (...args: string[]): Promise<CommandResult> => runProgram(args, environment);
  async function stop(): Promise<number | null> {
    if (ended()) return child.exitCode;
    child.kill('SIGTERM');
    await once(child, 'exit');
    return child.exitCode;
  }
  return {
    ldap: `ldap://127.0.0.1:${ports.ldap}`,
    ldaps: `ldaps://localhost:${ports.ldaps}`,
    http: `http://localhost:${ports.http}`,
    issuer: `http://localhost:${ports.http}`,
    dataDir,
    ports,
    environment,
    process: child,
    log: () => log,
    readyLine,
    workers: () => livingWorkers(log),
    cli,
    json: async (...args) => {
      const result = await cli(...args, '--json');
      if (result.status !== 0) throw new Error(`bauhinia ${args.join(' ')}: ${result.stderr}`);
      return JSON.parse(result.stdout);
    },
    stop,
    alive: () => groupExists(child),
    killAll: async () => {
      const exited = ended() ? undefined : once(child, 'exit');
      killDatabase(dataDir);
      killGroup(child);
      await exited;
    },
    remove: async () => {
      await stop();
      discard(dataDir);
    },
  };
}

/** From the primary's log: one structured line for every worker that came or went. */
function livingWorkers(log: string): number[] {
  const living = new Set<number>();
  for (const [, pid, message] of log.matchAll(/"worker":(\d+).*"msg":"(worker is ready|a worker died)"/g)) {
    if (message === 'worker is ready') living.add(Number(pid));
    else living.delete(Number(pid));
  }
  return [...living];
}

/** How many connections to `port` each of these processes has accepted, as Linux counts them. */
export async function connectionsOf(pids: number[], port: number): Promise<number[]> {
  const table = (await readFile('/proc/net/tcp', 'utf8')).split('\n').map((line) => line.trim().split(/\s+/));
  const suffix = `:${port.toString(16).toUpperCase().padStart(4, '0')}`;
  const established = '01';
  const inodes = new Set(
    table
      .filter(([, local, , state]) => local?.endsWith(suffix) && state === established)
      .map((row) => row[9]),
  );
  return Promise.all(
    pids.map(async (pid) => {
      const files = await readdir(`/proc/${pid}/fd`);
      // A file that was closed meanwhile is no connection.
      const links = await Promise.all(
        files.map((file) => readlink(`/proc/${pid}/fd/${file}`).catch(() => '')),
      );
      return links.filter((link) => inodes.has(/^socket:\[(\d+)\]$/.exec(link)?.[1])).length;
    }),
  );
}

/** Process id of the embedded PostgreSQL of a data folder, where one runs. */
export function databasePid(dataDir: string): number | undefined {
  const folder = clusterFolder(dataDir);
  if (folder === undefined) return undefined;
  try {
    return Number.parseInt(readFileSync(join(folder, 'data/postmaster.pid'), 'utf8'), 10);
  } catch {
    return undefined; // it was stopped
  }
}

/** Outside the data folder where PostgreSQL's account cannot enter that (database/embedded_place.ts). */
function clusterFolder(dataDir: string): string | undefined {
  try {
    const { folder } = JSON.parse(readFileSync(join(dataDir, 'postgres.json'), 'utf8'));
    return resolve(dataDir, folder);
  } catch {
    return undefined; // there never was a database
  }
}

function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch {
    // it has ended by itself
  }
}

/** SIGKILL for the PostgreSQL of a data folder, each of its processes: every backend is a session of its own. */
export function killDatabase(dataDir: string): void {
  const pid = databasePid(dataDir);
  if (pid === undefined) return;
  const backends = childrenOf(pid);
  for (const one of [pid, ...backends]) signal(one, 'SIGKILL');
}

/** Where the system does not tell, none: PostgreSQL's processes end by themselves when the first one has. */
function childrenOf(pid: number): number[] {
  try {
    return readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').split(' ').filter(Boolean).map(Number);
  } catch {
    return [];
  }
}

function groupExists({ pid }: ChildProcess): boolean {
  try {
    return pid !== undefined && process.kill(-pid, 0);
  } catch {
    return false;
  }
}

function killGroup(child: ChildProcess): void {
  if (child.pid !== undefined) signal(-child.pid, 'SIGKILL');
}

/** Ends the database of a data folder and removes both. */
export function discard(dataDir: string): void {
  killDatabase(dataDir);
  const folder = clusterFolder(dataDir);
  const paths = folder === undefined ? [dataDir] : [folder, dataDir];
  for (const path of paths) rmSync(path, { recursive: true, force: true, maxRetries: 5, retryDelay: 50 });
}

const children = new Set<ChildProcess>();
const folders = new Set<string>();
let watching = false;

function killAtTheEnd(child: ChildProcess): void {
  children.add(child);
  child.once('exit', () => {
    children.delete(child);
    killGroup(child); // a worker that outlived its primary
  });
}

/** Also when mocha is interrupted, which runs no hook. */
function discardAtTheEnd(dataDir: string): void {
  folders.add(dataDir);
  if (watching) return;
  watching = true;
  const abandon = (): void => {
    for (const child of children) killGroup(child);
    for (const folder of folders) discard(folder);
    folders.clear();
  };
  const interrupted = (): void => process.exit(130);
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
  process.once('exit', abandon);
  for (const name of signals) process.on(name, interrupted); // a second one must not stop the clearing up
  closeAfterAllTests(async () => {
    abandon();
    process.off('exit', abandon);
    for (const name of signals) process.off(name, interrupted);
    watching = false;
  });
}
