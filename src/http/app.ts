// The web application of one worker: the public distribution, health and measurements for everybody; the OpenID Provider
// and the other faces only over an encrypted hop, or on loopback when the issuer itself is a loopback http address (demo).
import Router from '@koa/router';
import Koa from 'koa';
import type { Registry } from 'prom-client';
import type { Clock } from '../clock.ts';
import { languages } from '../directory/vocabulary.ts';
import { OperationError } from '../errors.ts';
import type { Limits } from '../limits/limits.ts';
import type { Log } from '../log.ts';
import { isLoopbackAddress } from '../settings.ts';
import { accessLog } from './access_log.ts';
import { answerAsset } from './assets.ts';
import { createCrowd } from './crowd.ts';
import { createFaultLog } from './fault_log.ts';
import { answerLive, answerReady, type HealthPorts } from './health.ts';
import { languageCookie } from './language.ts';
import { answerMetrics, mayReadMetrics, type NodeMetrics, openHttpMetrics } from './metrics.ts';
import { errorBoundary } from './problem.ts';
import { identifyRequest, type WebContext, type WebMiddleware, type WebState } from './request_identity.ts';
import { securityHeaders } from './security_headers.ts';

export interface WebAppPorts {
  issuer: string;
  trustedProxies: readonly string[];
  cookieKeys: readonly string[];
  /** Shared with the other faces and the workers of the node. */
  limits: Limits;
  refusalsPerAddress: number; // a minute, of paths that do not exist
  bodyLimit: number; // octets of any request body
  clock: Clock;
  log: Log;
  registry: Registry;
  /** What /metrics shows, and the bearer token that others than this machine show for it; null: nobody else. */
  metrics: NodeMetrics;
  metricsToken: string | null;
  health: HealthPorts;
  /** Answers over any hop: CRLs, OCSP, issuer certificates. Calls `next` for paths that are not its own. */
  publicFaces: readonly WebMiddleware[];
  /** Answer only where `mayServe` says so: OpenID Provider, SCIM, portal, EST. */
  faces: readonly WebMiddleware[];
}

const loopbackHosts = new Set(['localhost', '127.0.0.1', '[::1]']);

/** The connection ends at an address of this machine's loopback: nobody else can have opened or read it. */
function cameOverLoopback(ctx: WebContext): boolean {
  return isLoopbackAddress(ctx.req.socket.localAddress ?? '');
}

/** True for an http issuer on loopback; error `configuration` for http anywhere else. */
function isLoopbackIssuer(issuer: string): boolean {
  const { protocol, hostname } = new URL(issuer);
  if (protocol === 'https:') return false;
  if (protocol === 'http:' && loopbackHosts.has(hostname)) return true;
  throw new OperationError('configuration', `issuer ${issuer} must be https, or http on a loopback address`);
}

function limitBody(octets: number): WebMiddleware {
  return async function limitBodyTo(ctx, next) {
    if ((ctx.request.length ?? 0) > octets) {
      throw new OperationError('admin_limit_exceeded', `the body is longer than ${octets} octets`);
    }
    await next();
  };
}

/** A draining worker asks clients to open their next connection elsewhere. */
function closeWhileDraining(health: HealthPorts): WebMiddleware {
  return async function closeConnection(ctx, next) {
    await next();
    if (health.phase() === 'draining') ctx.set('Connection', 'close');
  };
}

/** Back to the page the person came from, of this origin only. */
function switchLanguage(ctx: WebContext, issuer: string): boolean {
  const wanted = languages.find((language) => ctx.path === `/language/${language}`);
  if (wanted === undefined) return false;
  ctx.cookies.set(languageCookie, wanted, {
    signed: false,
    httpOnly: true,
    sameSite: 'lax',
    secure: ctx.state.secure,
    maxAge: 365 * 24 * 3600 * 1000,
  });
  const referer = ctx.get('referer');
  const { origin } = new URL(issuer);
  const back = URL.canParse(referer) && new URL(referer).origin === origin ? new URL(referer) : null;
  ctx.status = 303;
  // One slash: a path of two names another host.
  ctx.redirect(back === null ? '/' : `${back.pathname.replace(/^\/+/, '/')}${back.search}`);
  return true;
}

/** What every hop may ask: health, measurements, and a page's own parts. */
function ownRoutes(ports: WebAppPorts): WebMiddleware {
  const router = new Router<WebState>();
  router.get('/livez', answerLive);
  router.get('/readyz', (ctx) => answerReady(ctx, ports.health));
  router.get('/metrics', (ctx, next) =>
    mayReadMetrics(ctx, ports.metricsToken) ? answerMetrics(ctx, ports.metrics) : next(),
  );
  router.get('/assets/:name', (ctx, next) => (answerAsset(ctx) ? undefined : next()));
  router.get('/language/:language', (ctx, next) => (switchLanguage(ctx, ports.issuer) ? undefined : next()));
  return router.routes() as unknown as WebMiddleware; // it adds what its own type asks of the context
}

function onlyWhere(mayServe: (ctx: WebContext) => boolean, face: WebMiddleware): WebMiddleware {
  return (ctx, next) => (mayServe(ctx) ? face(ctx, next) : next());
}

export function createWebApp(ports: WebAppPorts): Koa<WebState> {
  const demo = isLoopbackIssuer(ports.issuer);
  const mayServe = (ctx: WebContext) => ctx.state.secure || (demo && cameOverLoopback(ctx));
  const app = new Koa<WebState>({ proxy: true, keys: [...ports.cookieKeys] });
  const logFault = createFaultLog(ports.log, ports.limits);
  app.on('error', (error: unknown, ctx?: WebContext) => {
    // The client broke its connection: the access log has the request.
    if (error !== ctx?.req.socket.errored) logFault(error, ctx?.state, 'an answer could not be sent');
  });
  app.use(identifyRequest(ports.trustedProxies)); // first: all that follows names the request and its client
  const crowd = createCrowd(ports.limits, ports.refusalsPerAddress);
  app.use(accessLog(ports.log, ports.clock, openHttpMetrics(ports.registry), crowd.mayLog));
  app.use(securityHeaders); // before the boundary: refusals carry them too
  app.use(closeWhileDraining(ports.health));
  app.use(errorBoundary(logFault));
  app.use(limitBody(ports.bodyLimit));
  app.use(ownRoutes(ports));
  for (const face of ports.publicFaces) app.use(face);
  for (const face of ports.faces) app.use(onlyWhere(mayServe, face));
  app.use(crowd.turnAway);
  return app;
}
