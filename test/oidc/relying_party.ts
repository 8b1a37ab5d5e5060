// A relying party by openid-client (certified, not ours), and a person who walks it through the login pages.
import { expect } from 'chai';
import * as oidc from 'openid-client';
import { type Browser, openBrowser } from './browser.ts';
import { password, redirectUri, type SignOn } from './sign_on.ts';

/** Where a relying party is registered. */
type Registration = Pick<SignOn, 'issuer' | 'clients'>;

export async function discover(signOn: Registration, clientId: string): Promise<oidc.Configuration> {
  const client = signOn.clients.get(clientId);
  const authentication =
    client?.metadata.token_endpoint_auth_method === 'none'
      ? oidc.None()
      : oidc.ClientSecretBasic(client?.secret ?? '');
  return oidc.discovery(new URL(signOn.issuer), clientId, undefined, authentication, {
    execute: [oidc.allowInsecureRequests],
  });
}

export interface Started {
  config: oidc.Configuration;
  browser: Browser;
  url: URL;
  checks: { pkceCodeVerifier: string; expectedState: string; expectedNonce: string };
}

/** An authorization request with PKCE, state and nonce, not yet opened. */
export async function start(
  signOn: Registration,
  clientId: string,
  parameters: Record<string, string> = {},
  browser = openBrowser({ origin: signOn.issuer }),
): Promise<Started> {
  const config = await discover(signOn, clientId);
  const pkceCodeVerifier = oidc.randomPKCECodeVerifier();
  const checks = { pkceCodeVerifier, expectedState: oidc.randomState(), expectedNonce: oidc.randomNonce() };
  const url = oidc.buildAuthorizationUrl(config, {
    redirect_uri: redirectUri,
    scope: 'openid profile email organisation groups',
    code_challenge: await oidc.calculatePKCECodeChallenge(pkceCodeVerifier),
    code_challenge_method: 'S256',
    state: checks.expectedState,
    nonce: checks.expectedNonce,
    ...parameters,
  });
  return { config, browser, url, checks };
}

/**
 * Through the login page, and the consent page where the request asked for it, to the address at the relying party that
 * holds the code.
 */
export async function signIn({ browser, url }: Started, uid = 'tmchan', secret = password): Promise<URL> {
  const page = await browser.open(url);
  expect(page.status, page.body).to.equal(200);
  let next = await browser.submit(page, { uid, password: secret, action: 'login' });
  if (next.away === null && url.searchParams.get('prompt') === 'consent') {
    next = await browser.submit(next, { action: 'consent' });
  }
  const { away, status, body } = next;
  if (away === null) throw new Error(`not sent back to the relying party: ${status} ${body}`);
  return away;
}

export async function exchange(started: Started, callback: URL) {
  return oidc.authorizationCodeGrant(started.config, callback, started.checks);
}

/** The whole sign-in. */
export async function tokensOf(
  signOn: Registration,
  clientId: string,
  parameters: Record<string, string> = {},
  uid?: string,
) {
  const started = await start(signOn, clientId, parameters);
  const callback = await signIn(started, uid);
  return { started, tokens: await exchange(started, callback) };
}

/** The OAuth error that a call ends with. */
export async function refusalOf(call: Promise<unknown>): Promise<string> {
  try {
    await call;
  } catch (error) {
    if (error instanceof oidc.ResponseBodyError || error instanceof oidc.AuthorizationResponseError) {
      return error.error;
    }
    if (error instanceof oidc.WWWAuthenticateChallengeError) {
      return error.cause[0]?.parameters.error ?? String(error.status);
    }
    throw error;
  }
  return 'none';
}
