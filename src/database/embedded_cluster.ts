// One cluster of the embedded PostgreSQL as files: makes it, sets its password, runs PostgreSQL's programs on it.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chown, mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { OperationError } from '../errors.ts';
import type { SystemAccount } from './embedded_account.ts';
import { publishFolder, reasonOf, removeAbandoned, unfinishedName } from './embedded_folder.ts';

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

/** PostgreSQL's words for: another of its processes has this data folder, or is only just dying. */
export const isOccupied = (output: string): boolean =>
  /lock file ".*" (already exists|is empty)|pre-existing shared memory block/.test(output);

/** Nothing of our own environment: PGPORT and its like would redirect the programs. */
export const environment = (cluster: Cluster) => ({
  ...cluster.account,
  cwd: cluster.folder,
  env: { PATH: '/usr/bin:/bin', LC_ALL: 'C', TZ: 'UTC' },
});

/** Runs one of PostgreSQL's programs to its end, as its account. */
export async function run(
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

/** The refusal that quotes the end of what PostgreSQL said. */
export function failure(cluster: Cluster, what: string, output: string): OperationError {
  const tail = output.trim().split('\n').slice(-8).join('\n');
  return new OperationError(
    'unavailable',
    `the embedded PostgreSQL in ${cluster.data} ${what}: ${tail} (log: ${cluster.logFile})`,
  );
}
