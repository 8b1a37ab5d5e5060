// The web listeners of a worker: one application, over plain HTTP and over TLS.
import type { Registry } from 'prom-client';
import type { AuditTrail } from '../audit/event.ts';
import type { Authenticator } from '../authentication/authenticator.ts';
import type { PasswordChanges } from '../authentication/change_password.ts';
import { createOidcArtifactStore } from '../database/oidc_artifact_store.ts';
import { distribution } from '../est/distribution.ts';
import { createWebApp } from '../http/app.ts';
import { WebConnections } from '../http/connections.ts';
import type { HealthPorts } from '../http/health.ts';
import { listenWeb, type TlsMaterial, type WebListener } from '../http/listeners.ts';
import type { LoginRates } from '../http/login_limits.ts';
import type { NodeMetrics } from '../http/metrics.ts';
import { proxyCheck, type WebMiddleware } from '../http/request_identity.ts';
import type { Limits } from '../limits/limits.ts';
import type { ProviderKeys } from '../oidc/ports.ts';
import { createOpenidProvider, type OpenidProvider } from '../oidc/provider.ts';
import type { SessionEndNotifier } from '../oidc/session_end.ts';
import { createPortal } from '../portal/portal.ts';
import { issuerOf, passwordOnlyForConfidential, type Settings } from '../settings.ts';
import type { ReadModel } from '../x500/read_model.ts';
import { openProviderKeys } from './first_start.ts';
import type { Closers } from './lifecycle.ts';
import { createClients } from './oidc_clients.ts';
import type { OpenDirectory } from './open_directory.ts';

export interface WebPorts {
  directory: OpenDirectory;
  readModel: ReadModel;
  authenticator: Authenticator;
  passwords: PasswordChanges;
  audit: AuditTrail;
  /** Shared with the LDAP listeners and the other workers of the node. */
  limits: Limits;
  registry: Registry;
  /** Of the whole node. */
  metrics: NodeMetrics;
  health: HealthPorts;
  tls: TlsMaterial;
  closers: Closers;
}

const bodyLimit = 64 * 1024;
/** Systems that may introspect what others' clients send them. */
const resourceServers = ['mail'];

/** Of failures: a minute's worth may come at once. */
function loginRates({ webFailedLoginsPerAddress, webFailedLoginsPerName }: Settings): LoginRates {
  const aMinute = (failures: number) => ({ burst: failures, perMinute: failures });
  return {
    loginPerAddress: aMinute(webFailedLoginsPerAddress),
    loginPerName: aMinute(webFailedLoginsPerName),
  };
}

function distributionFace(readModel: ReadModel, suffix: string): WebMiddleware {
  const find = distribution({ readModel, suffix });
  return async function distribute(ctx, next) {
    const found = ctx.method === 'GET' || ctx.method === 'HEAD' ? find(ctx.path) : undefined;
    if (found === undefined) return next();
    ctx.status = found.status;
    ctx.type = found.type;
    ctx.set('Cache-Control', `public, max-age=${found.maxAge}`);
    ctx.body = found.body;
  };
}

function openProvider(ports: WebPorts, keys: ProviderKeys): OpenidProvider {
  const { directory, readModel, authenticator, audit } = ports;
  const { tables, keyWrap, clock, log, settings, database } = directory;
  return createOpenidProvider({
    settings: {
      issuer: issuerOf(settings),
      ...loginRates(settings),
      signOnsPerAddress: settings.webSignOnsPerAddress,
      requestsPerAddress: settings.webRequestsPerAddress,
      pendingSignOns: settings.webPendingSignOns,
      passwordOnlyForConfidential: passwordOnlyForConfidential(settings),
      helpContact: settings.helpContact,
      resourceServers,
    },
    limits: ports.limits,
    keys,
    artifacts: createOidcArtifactStore({ database, clock }),
    clients: createClients(tables, keyWrap),
    readModel,
    authenticator,
    passwords: ports.passwords,
    audit,
    clock,
    log,
  });
}

export interface OpenWeb {
  http: WebListener;
  https: WebListener;
  /** For the job that ends sessions. */
  sessionEnds: SessionEndNotifier;
}

/** Opens both listeners. Error: configuration, when a port cannot be had. */
export async function openWeb(ports: WebPorts): Promise<OpenWeb> {
  const { directory, closers, registry, health, tls } = ports;
  const { settings, clock, log } = directory;
  const keys = await openProviderKeys(directory);
  const provider = openProvider(ports, keys);
  const portal = createPortal({
    issuer: issuerOf(settings),
    passwords: ports.passwords,
    limits: ports.limits,
    rates: loginRates(settings),
    helpContact: settings.helpContact,
  });
  const app = createWebApp({
    issuer: issuerOf(settings),
    trustedProxies: settings.trustedProxies,
    cookieKeys: keys.cookieKeys,
    limits: ports.limits,
    refusalsPerAddress: settings.webRequestsPerAddress,
    bodyLimit,
    clock,
    log,
    registry,
    metrics: ports.metrics,
    metricsToken: settings.metricsToken,
    health,
    publicFaces: [distributionFace(ports.readModel, settings.suffix)],
    faces: [provider.middleware, portal],
  });
  const handler = app.callback();
  const drainMs = settings.drainSeconds * 1000;
  const connections = new WebConnections(ports.limits, {
    most: settings.webMaxConnections,
    mostOfAddress: settings.webMaxConnectionsAddress,
    isProxy: proxyCheck(settings.trustedProxies),
  });
  const http = await listenWeb(handler, {
    connections,
    host: settings.host,
    port: settings.httpPort,
    setting: 'BAUHINIA_HTTP_PORT',
  });
  closers.push('HTTP', () => http.close(drainMs));
  const https = await listenWeb(handler, {
    connections,
    host: settings.host,
    port: settings.httpsPort,
    setting: 'BAUHINIA_HTTPS_PORT',
    tls,
  });
  closers.push('HTTPS', () => https.close(drainMs));
  return { http, https, sessionEnds: provider.sessionEnds };
}
