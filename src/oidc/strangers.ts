// Requests without anybody signed in, of which nothing is kept: signing out of nothing is answered here, without the
// library, which would store a session to ask its question; and a session cookie that names nobody is not handed out.
import type Provider from 'oidc-provider';
import { errors } from 'oidc-provider';
import type { WebContext } from '../http/request_identity.ts';
import { signedOutPath } from './routes.ts';

/** The session that the request's cookie names; a new one, of nobody, where it names none. */
export function sessionOf(provider: Provider, ctx: WebContext) {
  return provider.Session.get(ctx as unknown as Parameters<typeof provider.Session.get>[0]);
}

/** The client that a request to sign out names, as the library finds it (RP-Initiated Logout 1.0 section 2). */
async function clientOf(provider: Provider, query: URLSearchParams) {
  const hint = query.get('id_token_hint');
  const clientId = query.get('client_id');
  const audience = hint === null ? clientId : audienceOf(hint);
  if (hint !== null && clientId !== null && clientId !== audience)
    throw new errors.InvalidRequest('client_id does not match the provided id_token_hint');
  if (audience === null) return undefined;
  const client = await provider.Client.find(audience);
  if (client === undefined) throw new errors.InvalidClient('client is invalid', 'client not found');
  if (hint !== null) {
    await provider.IdToken.validate(hint, client).catch((cause: unknown) => {
      throw new errors.InvalidRequest('could not validate id_token_hint', undefined, { cause });
    });
  }
  return client;
}

function audienceOf(idToken: string): string {
  try {
    const payload: unknown = JSON.parse(Buffer.from(idToken.split('.')[1] ?? '', 'base64url').toString());
    const audience: unknown = typeof payload === 'object' && payload !== null && Reflect.get(payload, 'aud');
    if (typeof audience === 'string') return audience;
  } catch {
    // not JSON: as little an ID token as one without an audience
  }
  throw new errors.InvalidRequest('could not decode id_token_hint');
}

/** Where whoever has nothing to sign out of goes: to the client's registered address, or to our own page. */
export async function signOutStranger(ctx: WebContext, provider: Provider, base: string): Promise<void> {
  const query = new URLSearchParams(ctx.search);
  const client = await clientOf(provider, query);
  const wanted = query.get('post_logout_redirect_uri');
  ctx.set('Cache-Control', 'no-store');
  ctx.status = 303;
  if (client === undefined || wanted === null) return ctx.redirect(base + signedOutPath);
  if (!client.postLogoutRedirectUriAllowed(wanted))
    throw new errors.InvalidRequest('post_logout_redirect_uri not registered');
  const target = new URL(wanted);
  const state = query.get('state');
  if (state !== null) target.searchParams.set('state', state);
  ctx.redirect(target.href);
}

/** Takes back the cookies `name` and `name.sig`, which the library renews for a session that is not there. */
export function withholdCookie(ctx: WebContext, name: string): void {
  const cookies = ctx.res.getHeader('set-cookie');
  if (!Array.isArray(cookies)) return;
  const kept = cookies.filter(
    (cookie) => !cookie.startsWith(`${name}=`) && !cookie.startsWith(`${name}.sig=`),
  );
  if (kept.length > 0) ctx.res.setHeader('set-cookie', kept);
  else ctx.res.removeHeader('set-cookie');
}
