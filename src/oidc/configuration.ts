// oidc-provider's configuration, every part that the library leaves to its user (its documentation, "MUST" and "SHOULD"
// functions): none of its defaults prints a warning, loads an outside font or speaks for us.
import { type Configuration, errors, type KoaContextWithOIDC } from 'oidc-provider';
import {
  currentAccount,
  findAccount,
  isAdmitted,
  type ProofSource,
  proofInstant,
  strengthOfSource,
} from './account.ts';
import { createAdapter } from './adapter.ts';
import { claimsOfScope } from './claims.ts';
import { isFirstParty, offlineScope, ownClientMetadata } from './clients.ts';
import { showError } from './interactions/error_page.ts';
import { showLogout, showSignedOut } from './interactions/logout_pages.ts';
import { createPolicy } from './policy.ts';
import { lifetimes, type OidcPorts } from './ports.ts';
import { interactionPath, routes } from './routes.ts';
import { accountOfSubject } from './subject.ts';

/** The government consented for its own systems: their grant is made as they ask, anew or added to. */
async function loadExistingGrant(ctx: KoaContextWithOIDC) {
  const { oidc } = ctx;
  const { client, session } = oidc;
  if (client === undefined || session === undefined) return undefined;
  const grantId = oidc.result?.consent?.grantId ?? session.grantIdFor(client.clientId);
  const existing = grantId === undefined ? undefined : await oidc.provider.Grant.find(grantId);
  if (!isFirstParty(client) || session.accountId === undefined) return existing;
  const grant =
    existing ?? new oidc.provider.Grant({ clientId: client.clientId, accountId: session.accountId });
  const known = new Set(grant.getOIDCScopeEncountered().split(' '));
  const knownClaims = new Set(grant.getOIDCClaimsEncountered());
  const scopes = [...oidc.requestParamOIDCScopes].filter((scope) => !known.has(scope));
  const claims = [...oidc.requestParamClaims].filter((claim) => !knownClaims.has(claim));
  if (scopes.length === 0 && claims.length === 0 && existing !== undefined) return existing;
  if (scopes.length > 0) grant.addOIDCScope(scopes.join(' '));
  if (claims.length > 0) grant.addOIDCClaims(claims);
  await grant.save();
  return grant;
}

/** What introspection tells beside the standard members: mail servers match `username` or `email`; acr per RFC 9470. */
function extraTokenClaims(ports: OidcPorts, ctx: KoaContextWithOIDC, subject: string | undefined) {
  if (subject === undefined) return undefined;
  const account = accountOfSubject(ports.readModel, subject);
  if (account === undefined) return undefined;
  const { AuthorizationCode, RefreshToken, Account } = ctx.oidc.entities;
  const claims = Account?.claims('userinfo', 'openid email', {}, []);
  const email = claims !== undefined && 'email' in claims ? claims.email : undefined;
  const acr = AuthorizationCode?.acr ?? RefreshToken?.acr;
  return {
    username: account.uid,
    ...(email !== undefined && { email }),
    ...(acr !== undefined && { acr }),
  };
}

/** Own tokens, or any for a resource server; never of somebody who may not authenticate, or enter the system, any more. */
function mayIntrospect(
  ports: OidcPorts,
  asking: string,
  token: ProofSource & { clientId?: string | undefined; accountId?: unknown },
): boolean {
  if (token.clientId !== asking && !ports.settings.resourceServers.includes(asking)) return false;
  if (typeof token.accountId !== 'string') return true;
  const account = currentAccount(ports, token.accountId, proofInstant(token), null);
  return account !== undefined && isAdmitted(ports, token.clientId, account, strengthOfSource(token));
}

/** RFC 7009 2.1: a token of somebody else is refused, and the client is told. */
function mayRevoke(asking: string, token: { clientId?: string | undefined }): boolean {
  if (token.clientId === asking) return true;
  throw new errors.InvalidRequest('the token was not issued to this client');
}

export function configurationOf(ports: OidcPorts): Configuration {
  const { keys } = ports;
  const cookie = { signed: true, httpOnly: true, sameSite: 'lax', overwrite: true } as const;
  return {
    adapter: createAdapter({ ...ports, mostPending: ports.settings.pendingSignOns }),
    jwks: { keys: [...keys.jwks.keys] },
    routes,
    cookies: {
      keys: [...keys.cookieKeys],
      names: { session: 'bauhinia_session', interaction: 'bauhinia_sign_in', resume: 'bauhinia_resume' },
      long: cookie,
      short: cookie,
    },
    scopes: ['openid', offlineScope],
    claims: {
      ...Object.fromEntries(Object.entries(claimsOfScope).map(([scope, names]) => [scope, [...names]])),
      iss: null,
      sid: null,
    },
    acrValues: ['password', 'second_factor', 'certificate'],
    // Synapse, Nextcloud and mod_auth_openidc read the ID token, and find there only `sub` otherwise.
    conformIdTokenClaims: false,
    responseTypes: ['code'],
    clientAuthMethods: ['client_secret_basic', 'client_secret_post', 'none'],
    extraClientMetadata: { properties: [...ownClientMetadata] },
    pkce: { required: () => true },
    // OpenID Connect Core 3.1.2.1 requires it; where it may be left out, the library fails on requests that it refuses early.
    allowOmittingSingleRegisteredRedirectUri: false,
    interactions: {
      policy: createPolicy(ports),
      url: (_ctx, interaction) =>
        `${new URL(ports.settings.issuer).pathname.replace(/\/$/, '')}${interactionPath}/${interaction.uid}`,
    },
    findAccount: (ctx, subject, source) => findAccount(ports, ctx, subject, source),
    loadExistingGrant,
    extraTokenClaims: (ctx, token) =>
      extraTokenClaims(ports, ctx, 'accountId' in token ? token.accountId : undefined),
    // A client registered for offline_access may always refresh; without that scope in the request its tokens end with
    // the session, with it they outlive the browser.
    issueRefreshToken: (_ctx, client) => client.grantTypeAllowed('refresh_token'),
    rotateRefreshToken: true,
    // Browsers may read userinfo and tokens from the pages of the client itself only. (Not ctx.origin: that is what the
    // browser claims.)
    clientBasedCORS: (_ctx, origin, client) =>
      (client.redirectUris ?? []).some((uri) => URL.canParse(uri) && new URL(uri).origin === origin),
    // The library's fetch refuses private addresses, where a government's relying systems are. The addresses asked are
    // those that administrators registered, none that a client sends.
    fetch: (url, options) => {
      const { dispatcher: _refusesPrivateAddresses, ...rest } = { dispatcher: undefined, ...options };
      return globalThis.fetch(url, rest);
    },
    renderError: showError,
    ttl: {
      Interaction: lifetimes.interaction,
      Session: lifetimes.sessionIdle,
      Grant: lifetimes.grant,
      AuthorizationCode: lifetimes.code,
      AccessToken: lifetimes.accessToken,
      IdToken: lifetimes.idToken,
      RefreshToken: (ctx) => ctx.oidc.entities.RotatedRefreshToken?.remainingTTL ?? lifetimes.refreshToken,
      PushedAuthorizationRequest: lifetimes.pushedRequest,
      ReplayDetection: lifetimes.replay,
    },
    features: {
      devInteractions: { enabled: false },
      resourceIndicators: { enabled: false },
      claimsParameter: { enabled: true },
      backchannelLogout: { enabled: true },
      revocation: {
        enabled: true,
        allowedPolicy: (_ctx, client, token) => mayRevoke(client.clientId, token),
      },
      introspection: {
        enabled: true,
        allowedPolicy: (_ctx, client, token) => mayIntrospect(ports, client.clientId, token),
      },
      rpInitiatedLogout: {
        enabled: true,
        logoutSource: showLogout,
        postLogoutSuccessSource: showSignedOut,
      },
    },
  };
}
