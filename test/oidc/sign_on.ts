// A whole provider on port 0: web application, real artifact store, keys and commands on a real PostgreSQL, the real
// authenticator, over the fixture's read model.
import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { Registry } from 'prom-client';
import type { AuditEvent } from '../../src/audit/event.ts';
import { createPasswordChanges } from '../../src/authentication/change_password.ts';
import { createPasswordChoices } from '../../src/authentication/choose_password.ts';
import { createPasswordHasher } from '../../src/authentication/password.ts';
import { systemClock } from '../../src/clock.ts';
import { createCommandRunner } from '../../src/database/command_runner.ts';
import { createFailureCounter } from '../../src/database/failure_counter.ts';
import { createOidcArtifactStore } from '../../src/database/oidc_artifact_store.ts';
import { createPasswordHistory } from '../../src/database/password_history.ts';
import { openPool } from '../../src/database/pool.ts';
import { createSessionEndStore } from '../../src/database/session_end_store.ts';
import { createTableReader } from '../../src/database/table_reader.ts';
import { parseAccessPolicy } from '../../src/directory/access.ts';
import { builtinIdentity } from '../../src/directory/builtin.ts';
import { defaultRules } from '../../src/directory/rules.ts';
import type { ClientMetadata } from '../../src/directory/tables.ts';
import { createWebApp } from '../../src/http/app.ts';
import { listenWeb } from '../../src/http/listeners.ts';
import { runSessionEnds } from '../../src/jobs/session_ends.ts';
import { createLocalLimits } from '../../src/limits/limits.ts';
import { silentLog } from '../../src/log.ts';
import { loadProviderKeys } from '../../src/oidc/keys.ts';
import type { ClientRecord, OidcSettings } from '../../src/oidc/ports.ts';
import { createOpenidProvider } from '../../src/oidc/provider.ts';
import { packageRoot } from '../../src/package_root.ts';
import { openKeyWrap } from '../../src/pki/key_wrap.ts';
import { localAuthentication } from '../authentication/local.ts';
import { testDatabase } from '../database/postgres.ts';
import { manyConnections } from '../http/connections.ts';
import { createDirectoryFixture } from './fixture.ts';

export const password = 'Correct-Horse-9';
export const redirectUri = 'https://im.example.gov.hk/callback';
const allScopes = 'openid profile email phone organisation groups clearance offline_access';

export function accessPolicy() {
  return parseAccessPolicy(JSON.parse(readFileSync(join(packageRoot, 'schema/access.json'), 'utf8')));
}

function clientOf(code: string, metadata: Partial<ClientMetadata> = {}): ClientRecord {
  return {
    ...{ clientId: code, name_en: `System ${code}`, name_zh: `系統 ${code}`, secret: `secret-of-${code}` },
    metadata: {
      redirect_uris: [redirectUri],
      post_logout_redirect_uris: ['https://im.example.gov.hk/bye'],
      token_endpoint_auth_method: 'client_secret_basic',
      scope: allScopes,
      first_party: true,
      ...metadata,
    },
  };
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

const generous = { burst: 10_000, perMinute: 10_000 };

/** Clients: `im` (approved for clearances), `mail`, `partner` (third party), `police` (for HKPF only). */
export async function openSignOn(settings: Partial<OidcSettings> = {}) {
  const database = await testDatabase();
  const pool = openPool({ url: database.url, applicationName: 'test' });
  const directory = createDirectoryFixture();
  const hasher = createPasswordHasher({ memoryKib: 64, passes: 1, maxWaiting: 32 });
  const passwordHash = await hasher.hash(password);
  const common = { surname: 'Chan', given_name: 'Tai-man', english_name: 'Nathan', name_zh: '陳大文' };
  const chan = { ...common, organisation: 'CSB', clearance: 'CONFIDENTIAL', passwordHash } as const;
  const officers = {
    chan: directory.addOfficer({ ...chan, uid: 'tmchan' }),
    fresh: directory.addOfficer({ ...chan, uid: 'fresh', mustChange: true }),
    administrator: directory.addOfficer({ ...chan, uid: 'tmchan-adm', kind: 'privileged' }),
    leaver: directory.addOfficer({ ...chan, uid: 'leaver' }),
  };
  const system = {
    classification: 'CONFIDENTIAL',
    minimum_clearance: 'NONE',
    minimum_strength: null,
    population: null,
    clearance_approved: false,
  } as const;
  directory.addSystem({ ...system, code: 'im', clearance_approved: true });
  directory.addSystem({ ...system, code: 'mail', classification: 'RESTRICTED' });
  directory.addSystem({ ...system, code: 'partner' });
  directory.addSystem({ ...system, code: 'police', population: [directory.organisation('HKPF')] });
  const clients = new Map(
    [
      clientOf('im'),
      clientOf('mail'),
      clientOf('partner', { first_party: false, token_endpoint_auth_method: 'none' }),
      clientOf('police'),
    ].map((client) => [client.clientId, client]),
  );

  const clock = systemClock;
  const events: AuditEvent[] = [];
  const audit = { record: (event: AuditEvent) => void events.push(event) };
  const { authenticator, failures } = localAuthentication({
    ...{ readModel: directory, hasher, audit, clock, counter: createFailureCounter(pool) },
  });
  const artifacts = createOidcArtifactStore({ database: pool, clock });
  const keyPorts = {
    tables: createTableReader(pool),
    commands: createCommandRunner({
      ...{ database: pool, clock, policy: accessPolicy(), rules: defaultRules, log: silentLog },
      applied: async () => undefined,
    }),
    keyWrap: openKeyWrap(randomBytes(32)),
    origin: { identity: builtinIdentity('job'), request: 'test' },
  };
  const keys = await loadProviderKeys(keyPorts);

  const choices = createPasswordChoices({
    ...{ tables: keyPorts.tables, hasher, clock, policies: defaultRules.passwords },
    history: createPasswordHistory(pool),
  });
  const { tables, commands: runner } = keyPorts;
  const passwords = createPasswordChanges({
    ...{ authenticator, choices, runner, tables, clock },
    limits: createLocalLimits(clock),
  });

  const port = await freePort();
  const issuer = `http://localhost:${port}`;
  const provider = createOpenidProvider({
    settings: {
      issuer,
      loginPerAddress: generous,
      loginPerName: generous,
      ...{ signOnsPerAddress: 10_000, requestsPerAddress: 10_000, pendingSignOns: 10_000 },
      passwordOnlyForConfidential: true,
      helpContact: null,
      resourceServers: ['mail'],
      ...settings,
    },
    clients: { find: async (clientId) => clients.get(clientId) },
    ...{ keys, artifacts, readModel: directory, authenticator, audit, clock, log: silentLog },
    limits: createLocalLimits(clock),
    passwords,
  });
  const store = createSessionEndStore(pool);
  const job = runSessionEnds({
    ...{ feed: directory.feed, store, notifier: provider.sessionEnds, clock, log: silentLog },
  });
  const listening = await directory.feed.listen(job.wake);
  const app = createWebApp({
    ...{ issuer, trustedProxies: [], cookieKeys: keys.cookieKeys, bodyLimit: 1 << 20, clock, log: silentLog },
    registry: new Registry(),
    ...{ metrics: { contentType: 'text/plain', text: async () => '' }, metricsToken: null },
    ...{ limits: createLocalLimits(clock), refusalsPerAddress: 10_000 },
    health: {
      phase: () => 'serving',
      takesConnections: () => true,
      replica: () => ({ applied: 1, entries: 1, connected: true, staleSince: null, leftOut: 0 }),
      database: () => 'connected',
    },
    publicFaces: [],
    faces: [provider.middleware],
  });
  const listener = await listenWeb(app.callback(), {
    host: '127.0.0.1',
    port,
    connections: manyConnections(),
  });

  return {
    ...{ issuer, directory, officers, clients, events, provider, pool, keyPorts, artifacts },
    /** Resolves when the ends of sessions that tests asked for are carried out, and their notices received. */
    async sessionsEnded() {
      while ((await store.position()) < (await directory.feed.last())) await delay(5);
      while ((await pool.knex('logout_notice').select('id')).length > 0) await delay(5);
    },
    async close() {
      await listening.close();
      await job.stop();
      await listener.close(1000);
      await failures.settled();
      await pool.close();
      await database.drop();
    },
  };
}

export type SignOn = Awaited<ReturnType<typeof openSignOn>>;
