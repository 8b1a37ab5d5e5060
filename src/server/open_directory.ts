// What every process that changes or reads the directory opens first: the pool, the command runner, the keys' wrap.
// The command line stops here; a worker adds the replica and the listeners (serving.ts).
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createPasswordChoices, type PasswordChoices } from '../authentication/choose_password.ts';
import { createPasswordHasher, defaultHashThreads, type PasswordHasher } from '../authentication/password.ts';
import { type Clock, systemClock } from '../clock.ts';
import { createClusterLock } from '../database/cluster_lock.ts';
import { createCommandRunner } from '../database/command_runner.ts';
import { openEmbeddedDatabase } from '../database/embedded.ts';
import { createPasswordHistory } from '../database/password_history.ts';
import { type Database, openPool } from '../database/pool.ts';
import { requireDatabase } from '../database/require_database.ts';
import { createRevocationInventory } from '../database/revocation_inventory.ts';
import type { DatabaseUrls } from '../database/roles.ts';
import { createTableReader } from '../database/table_reader.ts';
import { type AccessPolicy, parseAccessPolicy } from '../directory/access.ts';
import type { Change } from '../directory/change.ts';
import { type PasswordNumbers, passwordPolicies } from '../directory/password_policy.ts';
import type {
  ClusterLock,
  CommandRunner,
  KeyWrap,
  RevocationInventory,
  TableReader,
} from '../directory/ports.ts';
import { groupBounds } from '../directory/rules.ts';
import type { Log } from '../log.ts';
import { packageRoot } from '../package_root.ts';
import { openKeyWrap } from '../pki/key_wrap.ts';
import { obtainMasterKey } from '../pki/master_key.ts';
import type { Settings } from '../settings.ts';
import { descriptionSpelling, extensionRules } from '../x500/extension.ts';
import { loadSchema } from '../x500/load_schema.ts';
import type { Schema } from '../x500/schema.ts';
import type { Closers } from './lifecycle.ts';

export interface OpenDirectory {
  readonly settings: Settings;
  readonly clock: Clock;
  readonly log: Log;
  readonly database: Database;
  readonly runner: CommandRunner;
  readonly tables: TableReader;
  readonly revocations: RevocationInventory;
  readonly lock: ClusterLock;
  readonly policy: AccessPolicy;
  readonly schema: Schema;
  readonly keyWrap: KeyWrap;
  readonly hasher: PasswordHasher;
  /** Where every password that is to be stored is checked. */
  readonly choices: PasswordChoices;
}

export interface OpenDirectoryOptions {
  settings: Settings;
  databaseUrl: string;
  masterKey: Buffer;
  /** Shown in PostgreSQL's list of sessions. */
  applicationName: string;
  log: Log;
  closers: Closers;
  /** Waits until this process's own replica has a change; without a replica there is nothing to wait for. */
  applied?: (change: Change) => Promise<void>;
}

/** Hashes of strangers waiting in one process: what is drained in two or three seconds, before their clients give up. */
const maxHashesWaiting = 64;

/**
 * URLs of a database that answers: the given one, or the embedded one of the data folder, which is started when it does
 * not run; `keepRunning` starts it again whenever it dies. Errors: unavailable, configuration.
 */
export async function openDatabase(
  settings: Settings,
  options: { patienceMs: number; log: Log; closers: Closers; keepRunning?: boolean },
): Promise<DatabaseUrls> {
  const { log, closers, patienceMs } = options;
  if (settings.databaseUrl !== null) {
    await requireDatabase(settings.databaseUrl, patienceMs, log);
    const url = settings.databaseUrl;
    return { url, ownerUrl: settings.migrationDatabaseUrl ?? url };
  }
  const embedded = await openEmbeddedDatabase({
    dataDir: settings.dataDir,
    log,
    keepRunning: options.keepRunning ?? false,
  });
  closers.push('embedded database', () => embedded.stop());
  return { url: embedded.url, ownerUrl: embedded.ownerUrl };
}

/** The master key that the settings name. Error: configuration. */
export function masterKeyOf(settings: Settings): Promise<Buffer> {
  return obtainMasterKey({
    ...(settings.masterKey === null ? {} : { masterKey: settings.masterKey }),
    ...(settings.masterKeyFile === null ? {} : { masterKeyFile: settings.masterKeyFile }),
    demo: settings.demo,
    dataDir: settings.dataDir,
  });
}

/** schema/access.json, checked. Error: configuration. */
async function loadAccessPolicy(): Promise<AccessPolicy> {
  return parseAccessPolicy(JSON.parse(await readFile(join(packageRoot, 'schema/access.json'), 'utf8')));
}

/** Opens the pool, which pushes its close, and what stands on it. Error: configuration. */
export async function openDirectory(options: OpenDirectoryOptions): Promise<OpenDirectory> {
  const { settings, databaseUrl, applicationName, log, closers } = options;
  const policy = await loadAccessPolicy();
  const database = openPool({ url: databaseUrl, applicationName });
  closers.push('database pool', () => database.close());
  const clock = systemClock;
  const tables = createTableReader(database);
  const policies = passwordPolicies(passwordNumbersOf(settings));
  const schema = loadSchema();
  const hasher = createPasswordHasher({
    memoryKib: settings.argon2MemoryKib,
    passes: settings.argon2Passes,
    maxWaiting: maxHashesWaiting,
    threads: settings.hashThreads ?? defaultHashThreads(settings.workers),
  });
  closers.push('hash threads', () => hasher.close());
  return {
    settings,
    clock,
    log,
    database,
    runner: createCommandRunner({
      database,
      clock,
      policy,
      rules: {
        passwords: policies,
        resetCoolingHours: settings.resetCoolingHours,
        groups: groupBounds,
        refuseExtension: extensionRules(schema),
        spellDescription: descriptionSpelling(schema),
      },
      log,
      applied: options.applied ?? (async () => undefined),
    }),
    tables,
    revocations: createRevocationInventory(database),
    schema,
    lock: createClusterLock({ url: databaseUrl, applicationName }),
    policy,
    keyWrap: openKeyWrap(options.masterKey),
    hasher,
    choices: createPasswordChoices({
      tables,
      history: createPasswordHistory(database),
      hasher,
      policies,
      clock,
    }),
  };
}

function passwordNumbersOf(settings: Settings): PasswordNumbers {
  return {
    minLength: settings.passwordMinLength,
    minLengthThreeClasses: settings.passwordMinLengthThreeClasses,
    minLengthPrivileged: settings.passwordMinLengthPrivileged,
    minLengthService: settings.passwordMinLengthService,
    history: settings.passwordHistory,
    maxAgeDays: settings.passwordMaxAgeDays,
    minAgeHours: settings.passwordMinAgeHours,
    restrictedWords: settings.passwordRestrictedWords,
  };
}
