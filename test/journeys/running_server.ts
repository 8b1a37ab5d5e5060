// A whole Bauhinia as its operator starts it: the built program, its own processes, an embedded database of its own.
// Journeys and interoperability tests talk to it only through its listeners and its command line.
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { promisify } from 'node:util';
import { packageRoot } from '../../src/package_root.ts';

const program = join(packageRoot, 'dist/src/main.js');
const run = promisify(execFile);

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
  /** Runs the command line beside the server. */
  cli(...args: string[]): Promise<CommandResult>;
  /** As `cli`, with --json; throws with the command's own words when it fails. */
  json<T>(...args: string[]): Promise<T>;
  /** SIGTERM, then the exit status. */
  stop(): Promise<number | null>;
  /** Stops what runs and removes the data folder. */
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

export async function runProgram(
  args: string[],
  environment: Record<string, string>,
): Promise<CommandResult> {
  const options = { env: { PATH: process.env.PATH ?? '', ...environment }, maxBuffer: 256 * 1024 * 1024 };
  try {
    const { stdout, stderr } = await run(process.execPath, [program, ...args], options);
    return { status: 0, stdout, stderr };
  } catch (error) {
    const failure = error as { code?: number; stdout?: string; stderr?: string };
    return {
      status: failure.code ?? -1,
      stdout: failure.stdout ?? '',
      stderr: failure.stderr ?? String(error),
    };
  }
}

export async function startServer(
  options: {
    environment?: Record<string, string>;
    dataDir?: string;
    args?: string[];
    seed?: string[][];
  } = {},
): Promise<RunningServer> {
  const dataDir = options.dataDir ?? (await mkdtemp(join(tmpdir(), 'bauhinia-journey-')));
  const [ldap = 0, ldaps = 0, http = 0, https = 0] = await freePorts(4);
  const environment: Record<string, string> = {
    BAUHINIA_DATA_DIR: dataDir,
    BAUHINIA_LDAP_PORT: String(ldap),
    BAUHINIA_LDAPS_PORT: String(ldaps),
    BAUHINIA_HTTP_PORT: String(http),
    BAUHINIA_HTTPS_PORT: String(https),
    BAUHINIA_DEMO: '1',
    ...options.environment,
  };
  for (const args of options.seed ?? []) {
    const seeded = await runProgram(args, environment);
    if (seeded.status !== 0) throw new Error(`${args.join(' ')}: ${seeded.stderr}`);
  }
  const child = spawn(process.execPath, [program, ...(options.args ?? ['serve'])], {
    env: { PATH: process.env.PATH ?? '', ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let log = '';
  child.stderr.on('data', (chunk: Buffer) => {
    log += chunk.toString();
  });
  const readyLine = await new Promise<string>((resolve, reject) => {
    child.once('exit', (code, signal) =>
      reject(new Error(`the server ended with ${signal ?? code}: ${log}`)),
    );
    createInterface(child.stdout).on('line', (line) => {
      if (line.startsWith('bauhinia ready')) resolve(line);
    });
  });

  async function cli(...args: string[]): Promise<CommandResult> {
    return runProgram(args, environment);
  }
  async function stop(): Promise<number | null> {
    if (child.exitCode !== null || child.signalCode !== null) return child.exitCode;
    child.kill('SIGTERM');
    await once(child, 'exit');
    return child.exitCode;
  }
  return {
    ldap: `ldap://127.0.0.1:${ldap}`,
    ldaps: `ldaps://127.0.0.1:${ldaps}`,
    http: `http://localhost:${http}`,
    issuer: `http://localhost:${http}`,
    dataDir,
    ports: { ldap, ldaps, http, https },
    environment,
    process: child,
    log: () => log,
    readyLine,
    cli,
    json: async (...args) => {
      const result = await cli(...args, '--json');
      if (result.status !== 0) throw new Error(`bauhinia ${args.join(' ')}: ${result.stderr}`);
      return JSON.parse(result.stdout);
    },
    stop,
    remove: async () => {
      await stop();
      await rm(dataDir, { recursive: true, force: true });
    },
  };
}
