// Where the master key comes from: a setting, a file, or (demo mode only) a 0600 file made in the data folder.
// Without it no stored key opens, so production must be given one and must keep it apart from the database.
import { randomBytes } from 'node:crypto';
import { link, mkdir, open, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { OperationError } from '../errors.ts';
import { masterKeyLength } from './key_wrap.ts';

export interface MasterKeySettings {
  masterKey?: string | undefined; // base64
  masterKeyFile?: string | undefined;
  demo: boolean;
  dataDir: string;
}

const longestFile = 1024;

function decode(text: string, source: string): Buffer {
  const trimmed = text.trim();
  const key = Buffer.from(trimmed, 'base64');
  // Buffer.from skips what is not base64; writing it back shows whether anything was skipped.
  if (key.length !== masterKeyLength || key.toString('base64') !== trimmed) {
    throw new OperationError(
      'configuration',
      `${source} must be ${masterKeyLength} octets in base64 (openssl rand -base64 ${masterKeyLength})`,
    );
  }
  return key;
}

function hasCode(error: unknown, code: string): boolean {
  return error instanceof Error && 'code' in error && error.code === code;
}

/** Reads the file through one descriptor, so that what was checked is what is read. Undefined: there is none. */
async function readKeyFile(path: string): Promise<Buffer | undefined> {
  let file: Awaited<ReturnType<typeof open>>;
  try {
    file = await open(path, 'r');
  } catch (cause) {
    if (hasCode(cause, 'ENOENT')) return undefined;
    throw new OperationError('configuration', `the master key file ${path} cannot be read`, { cause });
  }
  try {
    const stat = await file.stat();
    if (!stat.isFile() || stat.size > longestFile) {
      throw new OperationError('configuration', `the master key file ${path} is not a key file`);
    }
    if ((stat.mode & 0o077) !== 0) {
      throw new OperationError(
        'configuration',
        `the master key file ${path} may be read by others; its mode must be 0600`,
      );
    }
    return decode(await file.readFile('utf8'), `the master key file ${path}`);
  } finally {
    await file.close();
  }
}

/** Whole or not at all: written aside, then linked to its name, which fails when another starter was first. */
async function makeKeyFile(path: string): Promise<void> {
  const aside = `${path}.${randomBytes(8).toString('hex')}`;
  const file = await open(aside, 'wx', 0o600);
  try {
    await file.writeFile(`${randomBytes(masterKeyLength).toString('base64')}\n`);
    await file.sync();
  } finally {
    await file.close();
  }
  try {
    await link(aside, path);
  } catch (error) {
    if (!hasCode(error, 'EEXIST')) throw error;
  } finally {
    await unlink(aside);
  }
}

/**
 * The 32 octets of the master key. Error: configuration, when none is given outside demo mode, when both are given,
 * when it is not 32 octets in base64, or when others may read its file.
 */
export async function obtainMasterKey(settings: MasterKeySettings): Promise<Buffer> {
  if (settings.masterKey !== undefined && settings.masterKeyFile !== undefined) {
    throw new OperationError('configuration', 'give the master key or the master key file, not both');
  }
  if (settings.masterKey !== undefined) return decode(settings.masterKey, 'the master key');
  if (settings.masterKeyFile !== undefined) {
    const key = await readKeyFile(settings.masterKeyFile);
    if (key !== undefined) return key;
    throw new OperationError('configuration', `the master key file ${settings.masterKeyFile} does not exist`);
  }
  const path = join(settings.dataDir, 'master.key');
  const existing = await readKeyFile(path);
  if (existing !== undefined) return existing;
  if (!settings.demo) {
    throw new OperationError(
      'configuration',
      'a master key is required outside demo mode: set BAUHINIA_MASTER_KEY_FILE or BAUHINIA_MASTER_KEY',
    );
  }
  try {
    await mkdir(settings.dataDir, { recursive: true });
    await makeKeyFile(path);
  } catch (cause) {
    throw new OperationError('configuration', `the master key file ${path} cannot be made`, { cause });
  }
  const made = await readKeyFile(path);
  if (made === undefined) throw new OperationError('configuration', `the master key file ${path} vanished`);
  return made;
}
