// Where the cluster of a data folder lies: `<dataDir>/postgres`, or, when PostgreSQL's account cannot get there (root's
// home, a 0700 container folder), a folder of the system that it can. postgres.json remembers.
import { randomBytes } from 'node:crypto';
import { chown, mkdir, realpath, rm, rmdir, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { OperationError } from '../errors.ts';
import type { Log } from '../log.ts';
import { canReach, postgresAccount, type SystemAccount } from './embedded_account.ts';
import type { Cluster } from './embedded_cluster.ts';
import { ensureOwnFolder, reasonOf, unfinishedName } from './embedded_folder.ts';
import { findProgramPackage, preparePrograms } from './embedded_programs.ts';
import { createRecord, newRecord, readRecord, recordedFolder } from './embedded_record.ts';

/** Folders of the system where root may stage what its unprivileged account must reach; the last one is of last resort. */
const stages = (): readonly string[] => ['/var/lib/bauhinia', join(tmpdir(), 'bauhinia')];

/** Settles where the cluster of `dataDir` is, as whom it runs and with which programs. Writes the first postgres.json. */
export async function placeCluster(dataDir: string, durable: boolean, log: Log): Promise<Cluster> {
  const own = await postgresAccount(log);
  const record = (await readRecord(dataDir)) ?? (await firstRecord(dataDir, own, log));
  const recorded = recordedFolder(dataDir, record);
  const folder = await realpath(recorded).catch((error: unknown) => {
    const remedy = `restore it, or move ${join(dataDir, 'postgres.json')} away to begin with an empty database`;
    throw new OperationError(
      'configuration',
      `${recorded}, where the data is, is gone (${reasonOf(error)}): ${remedy}`,
    );
  });
  const data = join(folder, 'data');
  const account = own === undefined ? undefined : ((await ownerOf(data)) ?? own);
  const programs = await preparePrograms({
    source: await findProgramPackage(),
    account,
    stages: account === undefined ? [join(dataDir, 'programs')] : stages(),
    log,
  });
  return { folder, data, programs, account, logFile: join(dataDir, 'postgres.log'), durable };
}

async function firstRecord(dataDir: string, account: SystemAccount | undefined, log: Log) {
  const inside = join(dataDir, 'postgres');
  if ((await ownerOf(join(inside, 'data'))) !== undefined) {
    log.warn({ folder: inside }, 'postgres.json was missing: the data found gets a new password');
    return await createRecord(dataDir, newRecord(dataDir, inside));
  }
  // A new name each time: who removed the data folder wants to begin anew, and the data outside is not ours to remove.
  const name = `${basename(dataDir)}-${randomBytes(8).toString('hex')}`;
  const outside = account === undefined ? [] : stages().map((stage) => join(stage, name));
  const folder = await firstUsable([inside, ...outside], account);
  const record = await createRecord(dataDir, newRecord(dataDir, folder));
  if (recordedFolder(dataDir, record) !== folder)
    await rmdir(folder); // another starter's record stands
  else if (folder !== inside) {
    log.warn(
      { folder },
      `PostgreSQL's account cannot reach ${dataDir}: its data is kept elsewhere; back up both`,
    );
  }
  return record;
}

async function firstUsable(
  candidates: readonly string[],
  account: SystemAccount | undefined,
): Promise<string> {
  const reasons: string[] = [];
  for (const folder of candidates) {
    try {
      const parent = dirname(folder);
      if (folder !== candidates[0]) await ensureOwnFolder(parent);
      if (await canReach(account, parent, 'enter')) {
        await ensureOwnFolder(folder);
        if (account !== undefined) await tryToGive(folder, account);
        return folder;
      }
      reasons.push(`${parent} cannot be entered by PostgreSQL's account`);
    } catch (error) {
      reasons.push(reasonOf(error));
    }
  }
  throw new OperationError('configuration', `no folder can hold PostgreSQL's data: ${reasons.join('; ')}`);
}

/** Some mounted file systems and user namespaces let nobody give files away; better found out before initdb. */
async function tryToGive(folder: string, account: SystemAccount): Promise<void> {
  const probe = join(folder, unfinishedName());
  try {
    await mkdir(probe, { mode: 0o700 });
    await chown(probe, account.uid, account.gid);
  } finally {
    await rm(probe, { recursive: true, force: true });
  }
}

/** Whose files the cluster is made of, so that they stay readable whatever account a later start would choose. */
async function ownerOf(data: string): Promise<SystemAccount | undefined> {
  return stat(data).then(
    ({ uid, gid }) => ({ uid, gid }),
    () => undefined,
  );
}
