import { expect } from 'chai';
import * as oidc from 'openid-client';
import { openBrowser, type Shown } from './browser.ts';
import { discover, exchange, signIn, start, tokensOf } from './relying_party.ts';
import { openSignOn, password, type SignOn } from './sign_on.ts';

/** What every page must hold to, whichever it is. */
function expectOwnPage(page: Shown): void {
  const policy = page.headers.get('content-security-policy') ?? '';
  expect(policy).to.contain("default-src 'none'").and.to.contain("frame-ancestors 'none'");
  expect(policy).to.not.contain('unsafe-inline');
  expect(page.headers.get('x-content-type-options')).to.equal('nosniff');
  expect(page.body).to.not.match(/\s(?:src|href|action)="(?:https?:)?\/\/(?!localhost:)/);
  expect(page.body).to.not.match(
    /googleapis|@import|<script(?! src="\/assets\/page-[\w-]{16}\.js" defer><\/script>)|<style|\sstyle=|\son\w+=/,
  );
  expect(page.body).to.match(/<html lang="(?:en|zh-Hant)">/);
}

/** The page without what names this one request. */
const constant = (page: Shown) => page.body.replace(/value="[^"]*"/g, '').replace(/sign-in\/[\w-]+/g, '');

describe('sign-on pages (OIDC Core 3.1.2.3, 3.1.2.4; RP-Initiated Logout 1.0)', () => {
  let signOn: SignOn;
  before(async () => {
    signOn = await openSignOn();
  });
  after(() => signOn.close());

  const opened = async (uid: string, secret: string, clientId = 'im') => {
    const started = await start(signOn, clientId);
    const page = await started.browser.open(started.url);
    expectOwnPage(page);
    return started.browser.submit(page, { uid, password: secret, action: 'login' });
  };

  it('shows a labelled form and the classification of the system', async () => {
    const { browser, url } = await start(signOn, 'im');
    const page = await browser.open(url);
    expectOwnPage(page);
    expect(page.headers.get('cache-control')).to.equal('no-store');
    expect(page.headers.get('content-security-policy')).to.contain(
      "form-action 'self' https://im.example.gov.hk",
    );
    expect(page.body).to.contain('<label for="uid">').and.to.contain('<label for="password">');
    expect(page.body).to.contain('System im').and.to.contain('CONFIDENTIAL');
    const style = /href="(\/assets\/style-[^"]+)"/.exec(page.body)?.[1] ?? '';
    const sheet = await fetch(new URL(style, signOn.issuer));
    expect(sheet.headers.get('content-type')).to.contain('text/css');
    expect(await sheet.text()).to.not.match(/url\(|@import/);
  });

  it('refuses alike whoever is unknown, mistyped, disabled or expired', async () => {
    signOn.directory.change('leaver', { state: 'SUSPENDED' });
    const pages = await Promise.all([
      opened('tmchan', 'wrong'),
      opened('nobody-here', 'wrong'),
      opened('leaver', password),
    ]);
    signOn.directory.change('leaver', { state: 'ACTIVE' });
    for (const page of pages) {
      expect(page.status).to.equal(422);
      expect(page.body).to.contain('is wrong, or this account cannot sign in').and.to.contain('role="alert"');
      expect(page.body).to.not.contain(password);
      expectOwnPage(page);
      expect(constant(page)).to.equal(constant(pages[0]));
    }
  });

  it('escapes what was typed', async () => {
    const page = await opened('"><b>x', 'y');
    expect(page.body).to.contain('value="&quot;&gt;&lt;b&gt;x"');
  });

  it('asks for a new password first, and admits personal accounts only', async () => {
    const fresh = await opened('fresh', password);
    expect(fresh.status).to.equal(200);
    expect(fresh.body).to.contain('<h1>Change your password</h1>').and.to.contain('name="repeated"');
    const administrator = await opened('tmchan-adm', password);
    expect(administrator.status).to.equal(403);
    expect(administrator.body).to.contain('This account cannot sign in here');
  });

  it('tells a person that a system is not open to them, and the system access_denied', async () => {
    const started = await start(signOn, 'police');
    const login = await started.browser.open(started.url);
    const page = await started.browser.submit(login, { uid: 'tmchan', password, action: 'login' });
    expect(page.status).to.equal(403);
    expect(page.body).to.contain('This system is not open to you');
    expectOwnPage(page);
    const { away } = await started.browser.submit(page, { action: 'abort' });
    expect(away?.searchParams.get('error')).to.equal('access_denied');
  });

  it('asks consent for a third party’s system and for no other', async () => {
    const started = await start(signOn, 'partner');
    const login = await started.browser.open(started.url);
    const page = await started.browser.submit(login, { uid: 'tmchan', password, action: 'login' });
    expect(page.away).to.equal(null);
    expect(page.body).to.contain('Share your information?').and.to.contain('your e-mail address');
    expect(page.body).to.contain('Nathan CHAN Tai-man (tmchan)');
    expectOwnPage(page);
    const { away } = await started.browser.submit(page, { action: 'consent' });
    const tokens = await exchange(started, away ?? new URL('about:blank'));
    expect(tokens.claims()).to.include({ email: 'tmchan@csb.gov.hk' });
    const refused = await start(signOn, 'partner');
    const again = await refused.browser.open(refused.url);
    const asked = await refused.browser.submit(again, { uid: 'tmchan', password, action: 'login' });
    const denied = await refused.browser.submit(asked, { action: 'abort' });
    expect(denied.away?.searchParams.get('error')).to.equal('access_denied');
  });

  it('speaks Traditional Chinese by ui_locales, Accept-Language and choice', async () => {
    const asked = await start(signOn, 'im', { ui_locales: 'fr zh-HK en' });
    const page = await asked.browser.open(asked.url);
    expect(page.body).to.contain('<html lang="zh-Hant">').and.to.contain('系統 im').and.to.contain('機密');
    expectOwnPage(page);
    const browser = openBrowser({ origin: signOn.issuer, headers: { 'accept-language': 'zh-TW,en;q=0.5' } });
    const { url } = await start(signOn, 'im');
    expect((await browser.open(url)).body).to.contain('<html lang="zh-Hant">');
    await browser.open('/language/en');
    expect((await browser.open(url)).body).to.contain('<html lang="en">');
  });

  it('signs out after asking, and goes back to a registered address only', async () => {
    const started = await start(signOn, 'im');
    const tokens = await exchange(started, await signIn(started));
    const url = oidc.buildEndSessionUrl(started.config, {
      id_token_hint: tokens.id_token ?? '',
      post_logout_redirect_uri: 'https://im.example.gov.hk/bye',
      state: 'after',
    });
    const question = await started.browser.open(url);
    expectOwnPage(question);
    expect(question.body).to.contain('Sign out?');
    expect(question.headers.get('content-security-policy')).to.contain('https://im.example.gov.hk');
    const { away } = await started.browser.submit(question, { logout: 'yes' });
    expect(away?.href).to.equal('https://im.example.gov.hk/bye?state=after');
    const silent = await started.browser.open((await start(signOn, 'im', { prompt: 'none' })).url);
    expect(silent.away?.searchParams.get('error')).to.equal('login_required');
    url.searchParams.set('post_logout_redirect_uri', 'https://evil.example/');
    const refused = await started.browser.open(url);
    expect(refused.status).to.equal(400);
    expectOwnPage(refused);
  });

  it('shows a signed-out page where nobody waits for the person', async () => {
    const { started } = await tokensOf(signOn, 'im');
    const question = await started.browser.open('/oidc/logout');
    const page = await started.browser.submit(question, { logout: 'yes' });
    expect(page.body).to.contain('You are signed out');
    expectOwnPage(page);
  });

  it('refuses NUL in queries, bodies and the claims parameter with 400', async () => {
    const { url } = await start(signOn, 'im');
    const browser = openBrowser({ origin: signOn.issuer });
    const inQuery = await browser.open(`${url.href}%00`);
    expect(inQuery.status).to.equal(400);
    expectOwnPage(inQuery);
    const config = await discover(signOn, 'im');
    const post = (path: string, body: string) =>
      fetch(new URL(path, signOn.issuer), {
        method: 'POST',
        headers: {
          authorization: `Basic ${Buffer.from('im:secret-of-im').toString('base64')}`,
          'content-type': 'application/x-www-form-urlencoded',
        },
        body,
      });
    const pushed = await post('/oidc/par', `${url.searchParams}%00`);
    expect(pushed.status, await pushed.text()).to.equal(400);
    const code = await post(
      '/oidc/token',
      'grant_type=authorization_code&code=a%00b&code_verifier=x&redirect_uri=y',
    );
    expect(code.status).to.equal(400);
    expect(await code.json()).to.include({ error: 'invalid_grant' });
    const claims = await start(signOn, 'im', { claims: '{"userinfo":{"\\ud800":null}}' });
    const page = await claims.browser.open(claims.url);
    const outcome = await claims.browser.submit(page, { uid: 'tmchan', password, action: 'login' });
    expect(outcome.status).to.be.below(500);
    expect(config.serverMetadata().issuer).to.equal(signOn.issuer);
  });

  it('refuses a form from another origin, without its cookie, or of another interaction', async () => {
    const { browser, url } = await start(signOn, 'im');
    const page = await browser.open(url);
    const send = (headers: Record<string, string>) =>
      fetch(page.url, {
        ...{ method: 'POST', body: `uid=tmchan&password=${password}&action=login` },
        headers: { accept: 'text/html', 'content-type': 'application/x-www-form-urlencoded', ...headers },
      });
    expect((await send({})).status).to.equal(400);
    const crossSite = openBrowser({ origin: signOn.issuer, headers: { 'sec-fetch-site': 'cross-site' } });
    const foreign = await crossSite.submit(await crossSite.open(url), {
      uid: 'tmchan',
      password,
      action: 'login',
    });
    expect(foreign.status).to.equal(403);
    const other = await browser.submit(
      { ...page, body: page.body.replace(/sign-in\/[\w-]+/, 'sign-in/other') },
      {},
    );
    expect(other.status).to.equal(400);
    expectOwnPage(other);
  });
});

describe('limits on sign-on', () => {
  it('stops guesses for one name and floods from one address, and says when to come back', async () => {
    const signOn = await openSignOn({
      loginPerName: { burst: 3, perMinute: 1 },
      signOnsPerAddress: 2,
    });
    const { browser, url } = await start(signOn, 'im');
    let page = await browser.open(url);
    const statuses: number[] = [];
    for (let guess = 0; guess < 4; guess++) {
      page = await browser.submit(page, { uid: 'TMChan', password: `guess-${guess}`, action: 'login' });
      statuses.push(page.status);
    }
    expect(statuses).to.deep.equal([422, 422, 422, 429]);
    expect(Number(page.headers.get('retry-after'))).to.be.within(1, 60);
    expect((await browser.open(url)).status).to.equal(200);
    const flooded = await browser.open(url);
    expect(flooded.status).to.equal(429);
    expect(flooded.body).to.contain('Too many attempts');
    await signOn.close();
  });
});
