// A worker process: one replica and every listener. It starts when the primary sends the settings, says when it serves,
// drains at SIGTERM or at the primary's word, and ends when the primary is gone.
import { hostname } from 'node:os';
import { Registry } from 'prom-client';
import { auditEvent } from '../audit/event.ts';
import { createAuditWriter } from '../audit/trail.ts';
import { createAuthenticator } from '../authentication/authenticator.ts';
import { createFailureGuard } from '../authentication/failure_guard.ts';
import { createProofCache } from '../authentication/proof_cache.ts';
import { createAuditStore } from '../database/audit_store.ts';
import { createChangeFeed } from '../database/change_feed.ts';
import { createDueFacts, createJobCursor } from '../database/due_facts.ts';
import { createFailureCounter } from '../database/failure_counter.ts';
import { createOidcArtifactStore } from '../database/oidc_artifact_store.ts';
import { createPublishedSource } from '../database/published_source.ts';
import type { Change } from '../directory/change.ts';
import { lockAccount } from '../directory/commands/account_lock.ts';
import { createVisibilities } from '../directory/visibility.ts';
import { isOperationError } from '../errors.ts';
import type { Phase } from '../http/health.ts';
import { createEffectiveDates } from '../jobs/effective_dates.ts';
import { runRevocationListJob } from '../jobs/revocation_list.ts';
import { openLdapListeners } from '../ldap/listener.ts';
import { type Log, openLog } from '../log.ts';
import { packageVersion } from '../package_root.ts';
import { serverCertificate } from '../pki/tls.ts';
import { openReplica } from '../replica/replica.ts';
import type { Settings } from '../settings.ts';
import { loadSchema } from '../x500/load_schema.ts';
import { openAuthorities, serviceOrigin } from './first_start.ts';
import { runJobs } from './jobs.ts';
import { type Closers, createClosers } from './lifecycle.ts';
import type { FromPrimary, FromWorker, ListenAddresses } from './messages.ts';
import { type OpenDirectory, openDirectory } from './open_directory.ts';
import { openWeb } from './web.ts';

type Start = Extract<FromPrimary, { kind: 'start' }>;

/** How long a writer waits for its own worker to show what it wrote. */
const appliedTimeoutMs = 5_000;
/** The certificate is looked at once a day; it is replaced long before it expires. */
const tlsRenewalMs = 24 * 3600 * 1000;
const proofs = { entries: 50_000, seconds: 300 };

/** Opens everything in order; what is opened pushes its close. */
async function startServing(
  start: Start,
  closers: Closers,
  phase: { now: Phase },
  log: Log,
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
  const { database, clock, runner, tables, keyWrap, hasher, policy } = directory;

  // 2. The replica, before any listener: nobody is answered from an empty directory.
  const feed = createChangeFeed({ database, applicationName: 'bauhinia worker feed', log });
  const replica = await openReplica({
    source: createPublishedSource({ database, feed, clock }),
    schema: loadSchema(),
    suffix: settings.suffix,
    clock,
    log,
    pollMs: 1_000,
  });
  closers.push('replica', () => replica.close());
  applied = (change) => replica.reached(change.number, appliedTimeoutMs);

  // 3. What the faces share.
  const audit = createAuditWriter({ store: createAuditStore(database), log });
  closers.push('audit trail', () => audit.close());
  const failures = createFailureGuard(
    {
      counter: createFailureCounter(database),
      lock: async (account, until) => {
        await runner.run(lockAccount, { account, until }, serviceOrigin());
      },
      clock,
      log,
    },
    {
      failures: settings.passwordFailures,
      windowSeconds: settings.passwordFailureWindowSeconds,
      lockSeconds: settings.passwordLockSeconds,
    },
  );
  closers.push('failure counts', () => failures.settled());
  const authenticator = createAuthenticator({
    readModel: replica,
    hasher,
    proofs: createProofCache(clock, proofs),
    failures,
    audit,
    clock,
  });
  const visibilityOf = createVisibilities(policy, { anonymousReads: settings.anonymousSearch });
  const pki = await openAuthorities(directory);
  const readTls = () =>
    serverCertificate(
      { runner, reader: tables, keyWrap, clock, profiles: pki.profiles, authorities: pki.authorities },
      tlsNames(settings),
      serviceOrigin(),
    );
  let tls = await readTls();
  const registry = new Registry();

  // 4. The listeners.
  const web = await openWeb({
    directory,
    readModel: replica,
    authenticator,
    audit,
    registry,
    health: {
      phase: () => phase.now,
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
      visibilityOf: (identity) =>
        visibilityOf(
          identity,
          identity.relyingSystem === null ? undefined : replica.system(identity.relyingSystem),
        ),
      audit,
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
  const jobs = startJobs(directory, feed, pki, log);
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

/** OpenLDAP's clients check the machine's own name where they were told `localhost`, so the demo answers to that too. */
function tlsNames(settings: Settings): string[] {
  const machine = hostname();
  return settings.demo && /^[a-z0-9-]+(\.[a-z0-9-]+)*$/i.test(machine)
    ? [...settings.tlsNames, machine]
    : settings.tlsNames;
}

function startJobs(
  directory: OpenDirectory,
  feed: ReturnType<typeof createChangeFeed>,
  pki: Awaited<ReturnType<typeof openAuthorities>>,
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
    artifacts: createOidcArtifactStore({ database, clock }),
    clock,
    log,
  });
}

function send(message: FromWorker): void {
  if (process.connected) process.send?.(message);
}

/** The whole life of a worker process; resolves when it may exit. */
export async function runWorker(): Promise<void> {
  const start = await new Promise<Start>((resolve) => {
    process.on('message', (message: FromPrimary) => {
      if (message.kind === 'start') resolve(message);
    });
    send({ kind: 'hello' });
  });
  const log = openLog({ level: start.settings.logLevel });
  const closers = createClosers(log);
  const phase: { now: Phase } = { now: 'starting' };
  const stopped = new Promise<void>((resolve) => {
    process.on('message', (message: FromPrimary) => {
      if (message.kind === 'stop') resolve();
    });
    process.once('disconnect', resolve); // the primary is gone: serving on would leave two of us behind one port
    process.once('SIGTERM', () => resolve());
    process.on('SIGINT', () => undefined); // a terminal sends it to the whole group; the primary says when to stop
    process.on('SIGHUP', () => undefined);
  });
  const began = performance.now();
  try {
    const ports = await startServing(start, closers, phase, log);
    phase.now = 'serving';
    send({ kind: 'ready', ports, startMs: Math.round(performance.now() - began) });
    await stopped;
  } catch (error) {
    log.error({ err: error }, 'the worker cannot serve');
    if (isOperationError(error)) send({ kind: 'failed', code: error.code, detail: error.detail });
    else send({ kind: 'failed', code: 'unavailable', detail: 'a worker failed to start; the log says why' });
  }
  phase.now = 'draining';
  const clean = await closers.close(start.settings.drainSeconds * 1000);
  process.exit(clean ? 0 : 1);
}
