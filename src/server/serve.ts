// `bauhinia serve`: the primary process. It brings the database up, prepares the directory, starts the workers, says that
// it is ready, and stops everything in order. Exit status: 0 after an orderly stop.
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { demoUids } from '../../seeds/demo_facts.ts';
import { demoPassword, demoSystemSecret } from '../../seeds/demo_secrets.ts';
import { systemCodes } from '../../seeds/relying_systems.ts';
import { systemClock } from '../clock.ts';
import { migrate } from '../database/migrate.ts';
import { type DatabaseUrls, roleOf } from '../database/roles.ts';
import { OperationError } from '../errors.ts';
import type { Log } from '../log.ts';
import { packageRoot } from '../package_root.ts';
import { issuerOf, passwordOnlyForConfidential, type Settings } from '../settings.ts';
import { startWorkers } from './cluster.ts';
import { prepareDirectory } from './first_start.ts';
import { createClosers } from './lifecycle.ts';
import type { ListenAddresses } from './messages.ts';
import { attemptLimits, serveAttempts } from './node_attempts.ts';
import { answerNodeChanges } from './node_changes.ts';
import { createNodeChannel, relayLimits } from './node_channel.ts';
import { answerNodeMetrics } from './node_metrics.ts';
import { countNodeReadings } from './node_readings.ts';
import { masterKeyOf, openDatabase, openDirectory } from './open_directory.ts';
import { filesForClients, fitConnections, openFilesLimit } from './open_files.ts';

/** How long a start waits for a database that does not answer. */
const databasePatienceMs = 10_000;

function nextSignal(): Promise<NodeJS.Signals> {
  return new Promise((resolve) => {
    for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const)
      process.once(signal, () => resolve(signal));
  });
}

/** One line that names every URL: scripts wait for it. */
function readyLine(settings: Settings, ports: ListenAddresses): string {
  const host = settings.host.includes(':') ? `[${settings.host}]` : settings.host;
  return [
    'bauhinia ready:',
    `ldap://${host}:${ports.ldap}`,
    `ldaps://${host}:${ports.ldaps}`,
    `http://${host}:${ports.http}`,
    `https://${host}:${ports.https}`,
    `issuer ${issuerOf(settings)}`,
  ].join(' ');
}

/** Demo logins, as the README lists them. */
const demoLogins: readonly [string, string][] = [
  [demoUids.officer, 'a deputy secretary, cleared to CONFIDENTIAL'],
  [demoUids.clerk, 'an officer without clearance'],
  [demoUids.acting, 'acts in another post'],
  [demoUids.contractor, 'T-contract staff'],
  [demoUids.directoryAdministrator, 'administers the directory'],
];

function demoLines(settings: Settings): string[] {
  const width = 12;
  return [
    `demo officers: uid=<login>,ou=people,${settings.suffix}, password ${demoPassword}`,
    ...demoLogins.map(([uid, who]) => `  ${uid.padEnd(width)} ${who}`),
    `demo relying systems: cn=<code>,ou=systems,${settings.suffix}`,
    ...systemCodes.map((code) => `  ${code.padEnd(width)} password ${demoSystemSecret(code)}`),
  ];
}

/** Prepares with a pool of its own, closed before the workers open theirs. */
async function prepare(settings: Settings, urls: DatabaseUrls, masterKey: Buffer, log: Log): Promise<void> {
  const closers = createClosers(log);
  try {
    if (roleOf(urls.url) === roleOf(urls.ownerUrl)) {
      log.warn(
        'the role of BAUHINIA_DATABASE_URL owns the tables and can alter the audit trail: set BAUHINIA_MIGRATION_DATABASE_URL',
      );
    }
    await migrate(urls, log);
    const directory = await openDirectory({
      settings,
      databaseUrl: urls.url,
      masterKey,
      applicationName: 'bauhinia start',
      log,
      closers,
    });
    await prepareDirectory(directory);
  } finally {
    await closers.close(5_000);
  }
}

/**
 * Serves until a signal. Errors: configuration (a port, a key, a folder), unavailable (the database is away, workers do
 * not stay up).
 */
export async function serve(settings: Settings, log: Log): Promise<number> {
  const closers = createClosers(log);
  const signalled = nextSignal();
  try {
    const urls = await openDatabase(settings, {
      patienceMs: databasePatienceMs,
      log,
      closers,
      keepRunning: true,
    });
    const masterKey = await masterKeyOf(settings);
    if (passwordOnlyForConfidential(settings)) {
      log.warn(
        'BAUHINIA_INSECURE_PASSWORD_ONLY_FOR_CONFIDENTIAL is on: a password alone opens systems that handle CONFIDENTIAL',
      );
    }
    await prepare(settings, urls, masterKey, log);
    const openFiles = openFilesLimit();
    const channel = createNodeChannel(log);
    relayLimits(channel);
    answerNodeMetrics(channel);
    serveAttempts(channel, systemClock, attemptLimits(settings));
    answerNodeChanges(channel);
    countNodeReadings(channel, systemClock, settings.ldapRecordedEntries);
    const workers = await startWorkers({
      program: join(packageRoot, 'dist/src/main.js'),
      programArguments: ['worker'],
      workers: settings.workers,
      start: {
        kind: 'start',
        // No worker needs the owner's database URL.
        settings: { ...fitConnections(settings, openFiles, log), migrationDatabaseUrl: null },
        databaseUrl: urls.url,
        masterKey: masterKey.toString('base64'),
        attemptKey: randomBytes(32).toString('base64'),
      },
      channel,
      filesForClients: filesForClients(openFiles),
      clock: systemClock,
      log,
    });
    const drainMs = settings.drainSeconds * 1000;
    closers.push('workers', async () => {
      if (!(await workers.stop(drainMs))) throw new OperationError('unavailable', 'workers had to be killed');
    });
    process.stdout.write(`${readyLine(settings, workers.ports)}\n`);
    if (settings.demo) process.stdout.write(`${demoLines(settings).join('\n')}\n`);
    const signal = await Promise.race([signalled, workers.failed]);
    log.info({ signal }, 'stopping');
    return (await closers.close(drainMs + 5_000)) ? 0 : 1;
  } finally {
    await closers.close(settings.drainSeconds * 1000);
  }
}
