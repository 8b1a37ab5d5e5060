// Folders that are filled beside their final name and published by rename(2), so that of two starters one wins whole,
// and what a killed starter left half made is never mistaken for the real thing.
import { randomBytes } from 'node:crypto';
import { chmod, lstat, mkdir, readdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { OperationError } from '../errors.ts';

/** The reason in a system error, without the stack: `EACCES: permission denied, mkdir '/x'`. */
export const reasonOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

export const errorCode = (error: unknown): string | undefined =>
  error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined;

/**
 * Makes `folder` if missing and refuses one that another account owns or may write to: somebody else could have
 * laid it out beforehand (/tmp). Others may pass through it, not list it.
 */
export async function ensureOwnFolder(folder: string): Promise<void> {
  const made = await mkdir(folder, { recursive: true, mode: 0o711 });
  if (made !== undefined) await chmod(folder, 0o711); // whatever the umask was
  const stats = await lstat(folder);
  if (stats.isDirectory() && stats.uid === process.getuid?.() && (stats.mode & 0o022) === 0) return;
  throw new OperationError('configuration', `${folder} is not a folder that only this account may write to`);
}

/** A name beside the final one that tells, by process id, whether its maker still lives. */
export const unfinishedName = (): string => `new-${process.pid}-${randomBytes(6).toString('hex')}`;

/** Renames the finished folder `from` to `to`; when another starter was faster, drops `from` and keeps theirs. */
export async function publishFolder(from: string, to: string): Promise<void> {
  try {
    await rename(from, to);
  } catch (error) {
    if (!['ENOTEMPTY', 'EEXIST'].includes(errorCode(error) ?? '')) throw error;
    await rm(from, { recursive: true, force: true });
  }
}

/** Removes what makers that are gone left unfinished. */
export async function removeAbandoned(folder: string): Promise<void> {
  for (const name of await readdir(folder)) {
    const maker = /^new-(\d+)-[0-9a-f]+(\.password)?$/.exec(name)?.[1];
    if (maker === undefined || processExists(Number(maker))) continue;
    await rm(join(folder, name), { recursive: true, force: true });
  }
}

/** True when a process of that number exists, whoever owns it. */
export function processExists(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return errorCode(error) === 'EPERM';
  }
}
