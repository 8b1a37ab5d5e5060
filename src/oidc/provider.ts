// The OpenID Provider as one middleware of the web application: what every request must pass before the library sees it,
// the library, and our interactions beside it.
import Provider, { errors } from 'oidc-provider';
import { OperationError } from '../errors.ts';
import { errorPage } from '../http/error_page.ts';
import { openRateLimit } from '../http/rate_limit.ts';
import type { WebContext, WebMiddleware } from '../http/request_identity.ts';
import { allowFormTargets, formTargetsOf } from '../http/security_headers.ts';
import { auditProvider } from './audit.ts';
import { configurationOf, interactionPath, routes } from './configuration.ts';
import { createInteractions } from './interactions/steps.ts';
import type { OidcPorts } from './ports.ts';
import { createSessionEnd, type SessionEnd } from './session_end.ts';

export interface OpenidProvider extends SessionEnd {
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
  ctx.set('Cache-Control', 'no-store');
  ctx.type = 'html';
  ctx.body = errorPage(ctx.state.language, {
    status: error.statusCode,
    code: error.error,
    detail: error.error_description,
    request: ctx.state.request,
  });
}

export function createOpenidProvider(ports: OidcPorts): OpenidProvider {
  const { settings, clock } = ports;
  const issuer = new URL(settings.issuer);
  const base = issuer.pathname.replace(/\/$/, '');
  const provider = new Provider(settings.issuer, configurationOf(ports));
  provider.proxy = true; // http/request_identity.ts lets forwarding headers of trusted proxies through, and of nobody else
  auditProvider(provider, ports);
  const interact = createInteractions({ ...ports, provider });
  const authorizations = openRateLimit(settings.authorizationPerAddress, clock);
  const sessionCookie = provider.cookieName('session');
  const [library] = provider.middleware;
  if (library === undefined) throw new Error('oidc-provider has no middleware');

  /** Each of these requests stores an interaction: a flood of them would fill the database. */
  function limitAuthorizations(ctx: WebContext): void {
    const { address } = ctx.state;
    const starts = ctx.path === routes.authorization || ctx.path === routes.pushed_authorization_request;
    if (!starts || ctx.cookies.get(sessionCookie) !== undefined) return;
    if (authorizations.take(address)) return;
    ctx.set('Retry-After', String(authorizations.retryAfter(address)));
    throw new OperationError('rate_limited', 'too many authorization requests from this address');
  }

  /** Pages that the library writes (form_post, switching accounts) lead to the client's addresses too. */
  async function admitRedirects(ctx: WebContext & LibraryContext): Promise<void> {
    if (ctx.response.type !== 'text/html') return;
    const clientId = ctx.oidc?.entities?.Interaction?.params.client_id;
    const client =
      ctx.oidc?.client ?? (typeof clientId === 'string' ? await provider.Client.find(clientId) : undefined);
    const uris = [...(client?.redirectUris ?? []), ...(client?.postLogoutRedirectUris ?? [])];
    allowFormTargets(ctx, formTargetsOf(uris));
  }

  async function answer(ctx: WebContext, next: () => Promise<unknown>): Promise<void> {
    refuseUnstorable(ctx);
    speakAsIssuer(ctx, issuer);
    const uid = ctx.path.startsWith(`${interactionPath}/`) ? ctx.path.slice(interactionPath.length + 1) : '';
    if (uid !== '') return interact(ctx, uid);
    limitAuthorizations(ctx);
    await library?.(ctx as Parameters<typeof library>[0], next);
    await admitRedirects(ctx);
  }

  return {
    ...createSessionEnd(ports, provider),
    async middleware(ctx, next) {
      if (base !== '' && !ctx.path.startsWith(`${base}/`)) return next();
      const path = ctx.path.slice(base.length);
      if (!path.startsWith('/oidc/') && !path.startsWith('/.well-known/o')) return next();
      ctx.path = path;
      try {
        await answer(ctx, next);
      } catch (error) {
        if (!(error instanceof errors.OIDCProviderError)) throw error;
        showLibraryError(ctx, error);
      }
    },
  };
}
