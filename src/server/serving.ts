// What a worker serves with: one replica, what the faces share, every listener, and the jobs, wired together.
import { hostname } from 'node:os';
import { Registry } from 'prom-client';
import { auditEvent } from '../audit/event.ts';
import { sumRepeats } from '../audit/repeats.ts';
import { createAuditWriter } from '../audit/trail.ts';
import { createPasswordChanges } from '../authentication/change_password.ts';
import { createAuditStore } from '../database/audit_store.ts';
import { createChangeFeed } from '../database/change_feed.ts';
import { createDueFacts, createJobCursor } from '../database/due_facts.ts';
import { createOidcArtifactStore } from '../database/oidc_artifact_store.ts';
import { createPublishedSource } from '../database/published_source.ts';
import { createSessionEndStore } from '../database/session_end_store.ts';
import type { Change } from '../directory/change.ts';
import { createVisibilities } from '../directory/visibility.ts';
import type { Phase } from '../http/health.ts';
import { createEffectiveDates } from '../jobs/effective_dates.ts';
import { runRevocationListJob } from '../jobs/revocation_list.ts';
import { runSessionEnds } from '../jobs/session_ends.ts';
import { openLdapListeners } from '../ldap/listener.ts';
import type { Log } from '../log.ts';
import type { SessionEndNotifier } from '../oidc/session_end.ts';
import { packageVersion } from '../package_root.ts';
import { serverCertificate } from '../pki/tls.ts';
import { openReplicaMetrics } from '../replica/metrics.ts';
import { openReplica } from '../replica/replica.ts';
import type { Settings } from '../settings.ts';
import { openAuthentication } from './authentication.ts';
import { openAuthorities, serviceOrigin } from './first_start.ts';
import { runJobs } from './jobs.ts';
import type { Closers } from './lifecycle.ts';
import type { FromPrimary, ListenAddresses } from './messages.ts';
import { openNodeChanges } from './node_changes.ts';
import type { WorkerLink } from './node_channel.ts';
import { openNodeLimits } from './node_limits.ts';
import { openWorkerMetrics } from './node_metrics.ts';
import { openNodeReadings } from './node_readings.ts';
import { type OpenDirectory, openDirectory } from './open_directory.ts';
import { canOpenFile } from './open_files.ts';
import { openWeb } from './web.ts';

/** The primary's word to begin: settings, database and master key. */
export type Start = Extract<FromPrimary, { kind: 'start' }>;

/** What a worker's life lends to what it serves. */
export interface WorkerLife {
  closers: Closers;
  phase: { now: Phase };
  link: WorkerLink;
  log: Log;
}

type OpenPki = Awaited<ReturnType<typeof openAuthorities>>;

/** The certificate is looked at once a day; it is replaced long before it expires. */
const tlsRenewalMs = 24 * 3600 * 1000;

/** Opens everything in order; what is opened pushes its close. */
export async function startServing(
  start: Start,
  { closers, phase, link, log }: WorkerLife,
): Promise<ListenAddresses> {
  const { settings, databaseUrl } = start;
  // 1. The directory. Its runner waits for the replica, which does not exist before the pool does.
  let applied: (change: Change) => Promise<void> = async () => undefined;
  const directory = await openDirectory({
    settings,
    databaseUrl,
    masterKey: Buffer.from(start.masterKey, 'base64'),
    applicationName: 'bauhinia worker',
    log,
    closers,
    applied: (change) => applied(change),
  });
  const { database, clock, policy, schema, choices, runner, tables } = directory;

  // 2. The replica, before any listener: nobody is answered from an empty directory.
  const feed = createChangeFeed({ database, applicationName: 'bauhinia worker feed', log });
  const replica = await openReplica({
    source: createPublishedSource({ database, feed, clock }),
    schema,
    suffix: settings.suffix,
    clock,
    log,
    pollMs: 1_000,
  });
  closers.push('replica', () => replica.close());
  applied = openNodeChanges(link, replica);

  // 3. What the faces share.
  const registry = new Registry();
  const metrics = openWorkerMetrics(link, registry);
  openReplicaMetrics(registry, replica);
  const { limits, close: closeLimits } = openNodeLimits(clock, link);
  closers.push('limits', async () => closeLimits());
  const audit = sumRepeats(createAuditWriter({ store: createAuditStore(database), log }), clock);
  closers.push('audit trail', () => audit.close());
  const hourly = openNodeReadings(link, log);
  closers.push('sums of what was read', () => hourly.close());
  const authenticator = await openAuthentication({
    ...{ directory, readModel: replica, audit, limits, link, closers },
    digestKey: Buffer.from(start.attemptKey, 'base64'),
  });
  const passwords = createPasswordChanges({ authenticator, choices, runner, tables, clock, limits });
  const visibilityOf = createVisibilities(policy, {
    anonymousReads: settings.anonymousSearch,
    organisationsUnder: (tops) => replica.organisationsUnder(tops),
  });
  const pki = await openAuthorities(directory);
  const readTls = () => readServerCertificate(directory, pki);
  let tls = await readTls();
  link.tell('node.listens', null); // before anybody is served: all that others tell or ask is answered from here on

  // 4. The listeners.
  const web = await openWeb({
    directory,
    readModel: replica,
    authenticator,
    passwords,
    audit,
    limits,
    registry,
    metrics,
    health: {
      phase: () => phase.now,
      takesConnections: canOpenFile,
      replica: () => replica.status(),
      database: () => (replica.status().connected ? 'connected' : 'away'),
    },
    tls,
    closers,
  });
  const ldap = await openLdapListeners({
    ports: {
      readModel: replica,
      authenticator,
      passwords,
      visibilityOf: (identity) =>
        visibilityOf(
          identity,
          identity.relyingSystem === null ? undefined : replica.system(identity.relyingSystem),
        ),
      audit,
      limits,
      hourlyReadings: hourly.readings,
      clock,
      log,
    },
    settings,
    registry,
    tls: () => tls,
    requireTls: settings.ldapRequireTls,
    vendorVersion: packageVersion,
    host: settings.host,
    ldapPort: settings.ldapPort,
    ldapsPort: settings.ldapsPort,
  });
  closers.push('LDAP', () => ldap.drain(settings.drainSeconds * 1000));
  const renewal = setInterval(() => {
    readTls().then(
      (renewed) => {
        tls = renewed;
        web.https.renew(renewed);
      },
      (error: unknown) => log.warn({ err: error }, 'the TLS certificate could not be looked after'),
    );
  }, tlsRenewalMs);
  closers.push('TLS renewal', async () => clearInterval(renewal));

  // 5. The jobs, last: they need nothing but the directory.
  const jobs = startJobs(directory, feed, pki, web.sessionEnds, log);
  closers.push('jobs', () => jobs.stop());
  audit.record(
    auditEvent(serviceOrigin().identity, clock.now(), 'worker', {
      act: 'service.start',
      detail: `process ${process.pid}`,
    }),
  );
  const { ldap: ldapPort, ldaps } = ldap.ports;
  return { ldap: ldapPort, ldaps: ldaps ?? 0, http: web.http.port, https: web.https.port };
}

/** The certificate of the TLS listeners, a new one where the last nears its end. */
function readServerCertificate(directory: OpenDirectory, { profiles, authorities }: OpenPki) {
  const { runner, tables, keyWrap, clock, settings } = directory;
  return serverCertificate(
    { runner, reader: tables, keyWrap, clock, profiles, authorities },
    tlsNames(settings),
    serviceOrigin(),
  );
}

/**
 * The configured names, and in the demo those of this machine as well: OpenLDAP's clients check its host name where they
 * were told `localhost`.
 */
function tlsNames(settings: Settings): string[] {
  if (!settings.demo) return settings.tlsNames;
  const machine = hostname();
  const hasName = /^[a-z0-9-]+(\.[a-z0-9-]+)*$/i.test(machine);
  return [...settings.tlsNames, 'localhost', '127.0.0.1', '::1', ...(hasName ? [machine] : [])];
}

function startJobs(
  directory: OpenDirectory,
  feed: ReturnType<typeof createChangeFeed>,
  pki: OpenPki,
  notifier: SessionEndNotifier,
  log: Log,
): { stop(): Promise<void> } {
  const { database, clock, runner, tables } = directory;
  return runJobs({
    lock: directory.lock,
    feed,
    effectiveDates: createEffectiveDates({
      dueFacts: createDueFacts(database),
      cursor: createJobCursor(database),
      runner,
      clock,
      log,
    }),
    startRevocationLists: () =>
      runRevocationListJob({
        runner,
        reader: tables,
        revocations: directory.revocations,
        clock,
        feed,
        authorities: pki.authorities,
        log,
        validityDays: directory.settings.crlDays,
      }),
    startSessionEnds: () =>
      runSessionEnds({ feed, store: createSessionEndStore(database), notifier, clock, log }),
    artifacts: createOidcArtifactStore({ database, clock }),
    clock,
    log,
  });
}
