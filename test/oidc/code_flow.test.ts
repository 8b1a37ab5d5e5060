import { expect } from 'chai';
import * as oidc from 'openid-client';
import { openBrowser } from './browser.ts';
import { discover, exchange, refusalOf, signIn, start, tokensOf } from './relying_party.ts';
import { openSignOn, redirectUri, type SignOn } from './sign_on.ts';

describe('authorization code with PKCE (OIDC Core 3.1, RFC 7636, RFC 9700)', () => {
  let signOn: SignOn;
  before(async () => {
    signOn = await openSignOn();
  });
  after(() => signOn.close());

  it('signs a person in, with claims of both scripts in ID token and userinfo', async () => {
    const { started, tokens } = await tokensOf(signOn, 'im', {
      scope: 'openid profile email organisation groups',
    });
    const claims = tokens.claims();
    const { person } = signOn.officers.chan;
    expect(claims).to.include({
      sub: person,
      name: 'Nathan CHAN Tai-man',
      'name#zh-Hant': '陳大文',
      given_name: 'Tai-man',
      family_name: 'Chan',
      nickname: 'Nathan',
      preferred_username: 'tmchan',
      locale: 'zh-Hant',
      email: 'tmchan@csb.gov.hk',
      email_verified: true,
      title: 'Executive Officer',
      'title#zh-Hant': '行政主任',
      acr: 'password',
    });
    expect(claims?.amr).to.deep.equal(['pwd']);
    expect(claims?.organisation).to.include({
      code: 'CSB',
      name: 'Civil Service Bureau',
      name_zh: '公務員事務局',
    });
    expect(claims?.posts).to.deep.equal(['CSB/EO1', 'CSB/SEO2']);
    expect(claims?.acting_posts).to.deep.equal(['CSB/SEO2']);
    expect(claims?.groups).to.deep.equal(['csb-all']);
    const info = await oidc.fetchUserInfo(started.config, tokens.access_token, person ?? '');
    expect(info).to.include({ sub: person, email: 'tmchan@csb.gov.hk', 'name#zh-Hant': '陳大文' });
  });

  it('signs ID tokens with RS256 and publishes no private key', async () => {
    const { tokens } = await tokensOf(signOn, 'mail');
    const [header = ''] = (tokens.id_token ?? '').split('.');
    expect(JSON.parse(Buffer.from(header, 'base64url').toString())).to.include({ alg: 'RS256' });
    const response = await fetch(`${signOn.issuer}/oidc/jwks`);
    const { keys } = (await response.json()) as { keys: Record<string, string>[] };
    expect(keys.map(({ kty }) => kty)).to.deep.equal(['RSA', 'EC']);
    for (const key of keys) expect(key).to.not.have.any.keys('d', 'p', 'q', 'dp', 'dq', 'qi');
  });

  it('refuses a request without PKCE, at the redirect URI', async () => {
    const { browser, url } = await start(signOn, 'im');
    url.searchParams.delete('code_challenge');
    url.searchParams.delete('code_challenge_method');
    const { away } = await browser.open(url);
    expect(away?.searchParams.get('error')).to.equal('invalid_request');
    expect(away?.searchParams.get('error_description')).to.match(/code_challenge|PKCE/);
  });

  it('refuses the plain challenge method', async () => {
    const { browser, url } = await start(signOn, 'im', { code_challenge_method: 'plain' });
    const { away } = await browser.open(url);
    expect(away?.searchParams.get('error')).to.equal('invalid_request');
  });

  it('redirects nowhere but to a registered address', async () => {
    const { browser, url } = await start(signOn, 'im', { redirect_uri: 'https://evil.example/' });
    const page = await browser.open(url);
    expect(page.away).to.equal(null);
    expect(page.status).to.equal(400);
    expect(page.body).to.contain('invalid_redirect_uri');
  });

  it('gives tokens to exactly one of eight that exchange one code at once', async () => {
    const started = await start(signOn, 'im');
    const callback = await signIn(started);
    const outcomes = await Promise.all(
      Array.from({ length: 8 }, () => refusalOf(exchange(started, callback))),
    );
    expect(outcomes.filter((outcome) => outcome === 'none')).to.have.length(1);
    expect(outcomes.filter((outcome) => outcome === 'invalid_grant')).to.have.length(7);
  });

  it('refuses a code replayed later and revokes what it gave', async () => {
    const started = await start(signOn, 'im');
    const callback = await signIn(started);
    const tokens = await exchange(started, callback);
    expect(await refusalOf(exchange(started, callback))).to.equal('invalid_grant');
    const person = signOn.officers.chan.person ?? '';
    expect(await refusalOf(oidc.fetchUserInfo(started.config, tokens.access_token, person))).to.equal(
      'invalid_token',
    );
  });

  it('signs in to a second system without asking again', async () => {
    const browser = openBrowser({ origin: signOn.issuer });
    await signIn(await start(signOn, 'im', {}, browser));
    const second = await start(signOn, 'mail', { prompt: 'none' }, browser);
    const { away } = await browser.open(second.url);
    expect(away?.searchParams.get('code')).to.be.a('string');
  });

  it('sends login_required back where nobody is signed in and nothing may be asked', async () => {
    const { browser, url } = await start(signOn, 'im', { prompt: 'none' });
    const { away } = await browser.open(url);
    expect(away?.searchParams.get('error')).to.equal('login_required');
  });

  it('takes pushed authorization requests (RFC 9126)', async () => {
    const started = await start(signOn, 'im');
    const parameters = Object.fromEntries(started.url.searchParams);
    const url = await oidc.buildAuthorizationUrlWithPAR(started.config, parameters);
    expect(url.searchParams.get('request_uri')).to.be.a('string');
    const callback = await signIn({ ...started, url });
    expect((await exchange(started, callback)).access_token).to.be.a('string');
  });

  it('sends form_post answers (OAuth 2.0 Form Post) under a policy that lets the browser submit them', async () => {
    const browser = openBrowser({ origin: signOn.issuer });
    const started = await start(signOn, 'im', { response_mode: 'form_post' }, browser);
    const page = await browser.submit(await browser.open(started.url), {
      ...{ uid: 'tmchan', password: 'Correct-Horse-9', action: 'login' },
    });
    expect(page.away).to.equal(null);
    const policy = page.headers.get('content-security-policy') ?? '';
    expect(policy).to.match(/script-src 'self' 'sha256-/);
    expect(policy).to.match(/form-action 'self' https:\/\/im\.example\.gov\.hk/);
    expect(page.body).to.contain(`action="${redirectUri}"`);
  });

  it('answers what an essential acr asks and a password cannot give with its own error', async () => {
    const acr = { essential: true, value: 'certificate' };
    const claims = JSON.stringify({ id_token: { acr } });
    const { browser, url } = await start(signOn, 'im', { claims });
    const page = await browser.open(url);
    expect(page.status).to.equal(403);
    const { away } = await browser.submit(page, { action: 'abort' });
    expect(away?.searchParams.get('error')).to.equal('unmet_authentication_requirements');
  });

  it('has no implicit flow and no outside addresses in discovery', async () => {
    const metadata = (await discover(signOn, 'im')).serverMetadata();
    expect(metadata.response_types_supported).to.deep.equal(['code']);
    expect(metadata.code_challenge_methods_supported).to.deep.equal(['S256']);
    expect(metadata.scopes_supported).to.include.members(['openid', 'organisation', 'groups', 'clearance']);
    for (const [name, value] of Object.entries(metadata)) {
      if (name.endsWith('_endpoint')) expect(value, name).to.match(new RegExp(`^${signOn.issuer}/oidc/`));
    }
  });

  it('speaks with the issuer’s name whatever host the client used', async () => {
    const response = await fetch(`${signOn.issuer}/.well-known/openid-configuration`, {
      headers: { 'x-forwarded-host': 'evil.example', 'x-forwarded-proto': 'https' },
    });
    expect(await response.text()).to.not.contain('evil.example');
  });
});
