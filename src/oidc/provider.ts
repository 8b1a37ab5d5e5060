// The OpenID Provider as one middleware of the web application: what every request must pass before the library sees it,
// the library, and our interactions beside it.
import Provider, { errors } from 'oidc-provider';
import { OperationError } from '../errors.ts';
import { errorPage } from '../http/error_page.ts';
import { createFaultLog } from '../http/fault_log.ts';
import { retryAfterSeconds } from '../http/problem.ts';
import type { WebContext, WebMiddleware } from '../http/request_identity.ts';
import { allowFormTargets, formTargetsOf } from '../http/security_headers.ts';
import { auditProvider } from './audit.ts';
import { type Answered, createBudgets } from './budgets.ts';
import { enforceClientAuthentication } from './client_authentication.ts';
import { configurationOf } from './configuration.ts';
import { allowCaching } from './documents.ts';
import { createInteractions } from './interactions/steps.ts';
import { loadedObjects } from './loaded_objects.ts';
import type { OidcPorts } from './ports.ts';
import { type Route, routeOf } from './routes.ts';
import { createSessionEndNotifier, type SessionEndNotifier } from './session_end.ts';
import { sessionOf, signOutStranger, withholdCookie } from './strangers.ts';

export interface OpenidProvider {
  readonly sessionEnds: SessionEndNotifier;
  readonly middleware: WebMiddleware;
}

/** The library's own name for what a request matched, and the client it is about (ctx.oidc). */
interface LibraryContext {
  oidc?: {
    route?: string;
    client?: { redirectUris?: readonly string[]; postLogoutRedirectUris?: readonly string[] };
    entities?: { Interaction?: { params: Record<string, unknown> } };
  };
}

/** A method that the route does not know: the answer stays 404. */
async function notAnswered(): Promise<void> {}

function refuseUnstorable(ctx: WebContext): void {
  // An absolute-form target would name the host that the library writes into its addresses.
  if (!ctx.originalUrl.startsWith('/'))
    throw new OperationError('invalid_request', 'the target must be a path');
  if (/%00/.test(ctx.originalUrl)) {
    throw new OperationError('invalid_request', 'the query holds a NUL character');
  }
}

/** The library builds its addresses from the request's host: it gets the issuer's, whatever name the client used. */
function speakAsIssuer(ctx: WebContext, issuer: URL): void {
  ctx.req.headers['x-forwarded-host'] = issuer.host;
  ctx.req.headers['x-forwarded-proto'] = issuer.protocol.slice(0, -1);
}

function showLibraryError(ctx: WebContext, error: errors.OIDCProviderError): void {
  ctx.status = error.statusCode;
  if (ctx.status === 503) ctx.set('Retry-After', String(retryAfterSeconds));
  ctx.set('Cache-Control', 'no-store');
  ctx.type = 'html';
  ctx.body = errorPage(ctx.state.language, {
    status: error.statusCode,
    code: error.error,
    detail: error.error_description,
    request: ctx.state.request,
    retryAfter: ctx.response.get('Retry-After'),
    expired: error instanceof errors.SessionNotFound,
  });
}

export function createOpenidProvider(ports: OidcPorts): OpenidProvider {
  const { settings } = ports;
  const issuer = new URL(settings.issuer);
  const base = issuer.pathname.replace(/\/$/, '');
  const provider = new Provider(settings.issuer, configurationOf(ports));
  provider.proxy = true; // http/request_identity.ts lets forwarding headers of trusted proxies through, and of nobody else
  auditProvider(provider, { ...ports, logFault: createFaultLog(ports.log, ports.limits) });
  const interact = createInteractions({ ...ports, provider });
  const budgets = createBudgets(ports, provider);
  const asRegistered = enforceClientAuthentication(provider);
  const sessionCookie = provider.cookieName('session');
  const [library] = provider.middleware;
  if (library === undefined) throw new Error('oidc-provider has no middleware');

  /** Pages that the library writes (form_post, switching accounts) lead to the client's addresses too. */
  async function admitRedirects(ctx: WebContext & LibraryContext): Promise<void> {
    if (ctx.response.type !== 'text/html') return;
    const clientId = ctx.oidc?.entities?.Interaction?.params.client_id;
    const client =
      ctx.oidc?.client ?? (typeof clientId === 'string' ? await provider.Client.find(clientId) : undefined);
    const uris = [...(client?.redirectUris ?? []), ...(client?.postLogoutRedirectUris ?? [])];
    allowFormTargets(ctx, formTargetsOf(uris));
  }

  async function isStranger(ctx: WebContext): Promise<boolean> {
    return (await sessionOf(provider, ctx)).accountId === undefined;
  }

  async function answer(ctx: WebContext & LibraryContext & Answered, route: Route): Promise<void> {
    if (route.name === 'sign_in') return interact(ctx, route.uid);
    if (route.name === 'end_session' && ctx.method === 'GET' && (await isStranger(ctx)))
      return signOutStranger(ctx, provider, base);
    // It takes no parameters, and the library takes those of a refused one for an authorization request's.
    if (route.name === 'resume') ctx.querystring = '';
    await asRegistered(ctx, async () => {
      await library?.(ctx as unknown as Parameters<typeof library>[0], notAnswered);
    });
    if (ctx.oidc?.session !== undefined && ctx.oidc.session.accountId === undefined)
      withholdCookie(ctx, sessionCookie);
    if (route.budget === 'document') allowCaching(ctx);
    if (ctx.status === 503) ctx.set('Retry-After', String(retryAfterSeconds));
    await admitRedirects(ctx);
  }

  return {
    sessionEnds: createSessionEndNotifier(ports, provider),
    async middleware(ctx, next) {
      if (base !== '' && !ctx.path.startsWith(`${base}/`)) return next();
      const route = routeOf(ctx.path.slice(base.length));
      if (route === undefined) return next();
      ctx.path = route.path;
      try {
        refuseUnstorable(ctx);
        speakAsIssuer(ctx, issuer);
        await loadedObjects.run(() => budgets.spend(ctx, route, () => answer(ctx, route)));
      } catch (error) {
        if (!(error instanceof errors.OIDCProviderError)) throw error;
        showLibraryError(ctx, error);
      }
    },
  };
}
