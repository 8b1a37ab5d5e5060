// `<dataDir>/postgres.json` (0600): where the cluster's files are and the password that opens it. Written before the
// cluster exists and `initialised` when it first runs with that password: data that is gone is thus told from data
// that never was, and a start that was killed half-way is resumed.
import { randomBytes } from 'node:crypto';
import { link, open, readFile, rename, rm } from 'node:fs/promises';
import { join, relative, resolve } from 'node:path';
import { z } from 'zod';
import { OperationError } from '../errors.ts';
import { errorCode, reasonOf, unfinishedName } from './embedded_folder.ts';

const recordSchema = z.strictObject({
  /** Holds the cluster in `data/`; relative to the data folder, so that moving that moves this. */
  folder: z.string().min(1),
  /** Of the superuser `postgres`; those of the other roles follow from it. Letters and digits only: it is set by statements that take no parameter. */
  password: z.string().regex(/^[0-9a-f]{48,}$/),
  initialised: z.boolean(),
  /** The last port: the next start prefers it, so that whoever outlived the server finds the next one. */
  port: z.int().min(1).max(65535).nullable(),
});

export type ClusterRecord = z.infer<typeof recordSchema>;

const recordPath = (dataDir: string): string => join(dataDir, 'postgres.json');

/** The record of a cluster that is yet to be made, or whose record was lost. */
export function newRecord(dataDir: string, folder: string): ClusterRecord {
  const inside = relative(dataDir, folder);
  return {
    folder: inside.startsWith('..') ? folder : inside,
    password: randomBytes(24).toString('hex'),
    initialised: false,
    port: null,
  };
}

export const recordedFolder = (dataDir: string, record: ClusterRecord): string =>
  resolve(dataDir, record.folder);

/** Reads the record; undefined when there is none. A damaged one is refused, never replaced: it may be all that knows. */
export async function readRecord(dataDir: string): Promise<ClusterRecord | undefined> {
  const path = recordPath(dataDir);
  try {
    return recordSchema.parse(JSON.parse(await readFile(path, 'utf8')));
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return undefined;
    const reason = error instanceof z.ZodError ? z.prettifyError(error) : reasonOf(error);
    throw new OperationError(
      'configuration',
      `${path} cannot be used (${reason}): restore it, or move it away: data in ${join(dataDir, 'postgres')} then gets a new password, data kept elsewhere is left alone`,
      { cause: error },
    );
  }
}

/** Writes the first record. Of two starters one wins; both get the winner's. */
export async function createRecord(dataDir: string, record: ClusterRecord): Promise<ClusterRecord> {
  const written = await writeBeside(dataDir, record);
  try {
    await link(written, recordPath(dataDir)); // unlike rename, never replaces
    return record;
  } catch (error) {
    if (errorCode(error) !== 'EEXIST') throw error;
    return (await readRecord(dataDir)) ?? record;
  } finally {
    await rm(written, { force: true });
  }
}

/** Replaces the record. Only the process that has just started the server does this: there is one at a time. */
export async function replaceRecord(dataDir: string, record: ClusterRecord): Promise<void> {
  await rename(await writeBeside(dataDir, record), recordPath(dataDir));
}

async function writeBeside(dataDir: string, record: ClusterRecord): Promise<string> {
  const path = join(dataDir, `postgres.json.${unfinishedName()}`);
  const file = await open(path, 'wx', 0o600);
  try {
    await file.writeFile(`${JSON.stringify(record, null, 2)}\n`);
    await file.sync();
  } finally {
    await file.close();
  }
  return path;
}
