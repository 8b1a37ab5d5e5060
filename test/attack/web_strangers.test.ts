// Strangers before the OpenID Provider: what they can have stored, and whom they can lock out, on the wire against the
// real artifact store.
import { expect } from 'chai';
import { openBrowser } from '../oidc/browser.ts';
import { signIn, start } from '../oidc/relying_party.ts';
import { openSignOn, password, redirectUri, type SignOn } from '../oidc/sign_on.ts';

const challenge = 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM';
const authorize = (parameters: Record<string, string> = {}): string =>
  `?${new URLSearchParams({
    ...{ client_id: 'im', response_type: 'code', scope: 'openid', redirect_uri: redirectUri },
    ...{ code_challenge: challenge, code_challenge_method: 'S256', ...parameters },
  })}`;

/** A session cookie with a value; one that is taken back has none. */
const handedOut = /bauhinia_session(\.sig)?=[^;]/;

/** A session cookie, signed by the provider, of somebody who has signed out since. */
async function endedSession(signOn: SignOn): Promise<string> {
  const started = await start(signOn, 'im');
  await signIn(started);
  // Asking to sign out renews the cookie, which is where it shows: the browser of the tests keeps its own to itself.
  const answered = await started.browser.open(new URL('/oidc/logout', signOn.issuer));
  const cookie = answered.headers
    .getSetCookie()
    .flatMap((line) => line.split(';')[0] ?? [])
    .join('; ');
  expect(cookie).to.contain('bauhinia_session=').and.contain('bauhinia_session.sig=');
  await started.browser.submit(answered, { logout: 'yes' });
  return cookie;
}

describe('strangers before the OpenID Provider', () => {
  let signOn: SignOn;
  before(async () => {
    signOn = await openSignOn({ signOnsPerAddress: 20, pendingSignOns: 10_000, requestsPerAddress: 2_000 });
  });
  after(() => signOn.close());

  const rows = async (): Promise<number> => {
    const [counted] = await signOn.pool.knex('oidc_artifact').count('* as rows');
    return Number(counted?.rows);
  };
  const ask = async (path: string, headers: Record<string, string> = {}, method = 'GET') => {
    const response = await fetch(signOn.issuer + path, { headers, method, redirect: 'manual' });
    await response.arrayBuffer();
    return response;
  };

  it('who sign out of nothing have nothing stored and get no session cookie', async () => {
    const stale = await endedSession(signOn);
    const before = await rows();
    const queries = ['', '?client_id=im', '?state=x', '?ui_locales=zh', '?logout_hint=a&client_id=mail'];
    for (const cookie of ['', stale, 'bauhinia_session=guess; bauhinia_session.sig=guess']) {
      for (const path of ['/oidc/logout', '/oidc/logout/', '/oidc/LOGOUT', '/oidc/logout/success']) {
        for (const query of queries) {
          const answer = await ask(path + query, { cookie });
          expect(answer.status, path + query).to.be.oneOf([200, 303]);
          expect(answer.headers.get('set-cookie') ?? '', path + query).to.not.match(handedOut);
        }
      }
      const confirmed = await ask('/oidc/logout/confirm', { cookie }, 'POST');
      expect(confirmed.status).to.equal(400);
      expect(confirmed.headers.get('set-cookie') ?? '').to.not.match(handedOut);
    }
    expect(await rows()).to.equal(before);
  });

  it('who sign out of nothing are led to the registered address, and to no other', async () => {
    const bye = 'https://im.example.gov.hk/bye';
    const to = async (uri: string, more = '') => {
      const path = `/oidc/logout?client_id=im&post_logout_redirect_uri=${encodeURIComponent(uri)}${more}`;
      return ask(path);
    };
    expect((await to(bye, '&state=a%26b')).headers.get('location')).to.equal(`${bye}?state=a%26b`);
    expect((await to('https://evil.example/')).status).to.equal(400);
    expect((await ask('/oidc/logout?id_token_hint=nonsense')).status).to.equal(400);
    expect((await ask('/oidc/logout?client_id=nobody')).status).to.equal(400);
    const elsewhere = await ask(
      `/oidc/logout?post_logout_redirect_uri=${encodeURIComponent('https://evil.example/')}`,
    );
    expect(elsewhere.headers.get('location')).to.equal('/oidc/logout/success');
  });

  it('who ask for an unknown client or a foreign address have nothing stored', async () => {
    const before = await rows();
    for (const parameters of [
      { client_id: 'nobody' },
      { redirect_uri: 'https://evil.example/' },
      { client_id: '' },
    ])
      expect((await ask(`/oidc/authorize${authorize(parameters)}`)).status).to.equal(400);
    expect(await rows()).to.equal(before);
  });

  it('begin no more sign-ons than the budget, whatever the spelling, the cookie and the method', async () => {
    const stale = await endedSession(signOn);
    const before = await rows();
    const spellings = [
      '/oidc/authorize',
      '/oidc/authorize/',
      '/oidc/AUTHORIZE',
      '/oidc/AuthoriZe/',
      '/oidc/%61uthorize',
    ];
    let refused = 0;
    for (let round = 0; round < 30; round++) {
      for (const path of spellings) {
        const cookie = round % 2 === 0 ? stale : '';
        const answer = await ask(
          path + authorize({ state: `s${round}` }),
          { cookie },
          round % 3 === 0 ? 'HEAD' : 'GET',
        );
        if (answer.status === 429) {
          refused++;
          expect(Number(answer.headers.get('retry-after'))).to.be.within(1, 60);
        }
      }
    }
    expect(refused).to.be.greaterThan(90);
    expect((await rows()) - before).to.be.at.most(22);
  });

  it('cannot have a long request stored', async () => {
    const roomy = await openSignOn();
    const answer = await fetch(`${roomy.issuer}/oidc/authorize${authorize({ state: 'x'.repeat(11_000) })}`, {
      redirect: 'manual',
    });
    expect(answer.headers.get('location')).to.contain('error=invalid_request').and.contain('too+long');
    expect(await roomy.pool.knex('oidc_artifact').where({ model: 'Interaction' })).to.deep.equal([]);
    await roomy.close();
  });

  it('begin no more sign-ons in all than the bound: the oldest are dropped, the newest go on', async () => {
    const bounded = await openSignOn({ pendingSignOns: 50 });
    for (let flood = 0; flood < 200; flood++)
      await fetch(`${bounded.issuer}/oidc/authorize${authorize()}`, { redirect: 'manual' });
    const [counted] = await bounded.pool
      .knex('oidc_artifact')
      .where({ model: 'Interaction' })
      .count('* as rows');
    expect(Number(counted?.rows)).to.be.within(50, 52);
    const callback = await signIn(await start(bounded, 'im'));
    expect(callback.searchParams.get('code')).to.be.a('string');
    await bounded.close();
  });
});

describe('strangers behind an address that others share', () => {
  let signOn: SignOn;
  before(async () => {
    signOn = await openSignOn({ signOnsPerAddress: 50, requestsPerAddress: 60 });
  });
  after(() => signOn.close());

  /** Asks until the address has had nothing left a hundred times. */
  async function exhaust(path: string, init: RequestInit): Promise<void> {
    let refused = 0;
    for (let asked = 0; refused < 100; asked++) {
      if (asked > 1_000) throw new Error(`${path} is never refused`);
      if ((await status(path, { redirect: 'manual', ...init })) === 429) refused++;
    }
  }
  const introspect = (secret: string): RequestInit => ({
    method: 'POST',
    headers: {
      authorization: `Basic ${Buffer.from(`im:${secret}`).toString('base64')}`,
      'content-type': 'application/x-www-form-urlencoded',
    },
    body: 'token=nothing',
  });
  const status = async (path: string, init: RequestInit) => {
    const answer = await fetch(signOn.issuer + path, init);
    await answer.arrayBuffer();
    return answer.status;
  };

  it('stop nobody who is signed in, whatever cookies they send', async () => {
    const stale = await endedSession(signOn);
    const colleague = await start(signOn, 'im');
    await signIn(colleague);
    for (const cookie of ['', 'bauhinia_session=guess; bauhinia_session.sig=guess', stale])
      await exhaust('/oidc/sign-in/guessed', { headers: { cookie } });
    for (const cookie of ['', 'bauhinia_session=guess; bauhinia_session.sig=guess', stale])
      await exhaust(`/oidc/authorize${authorize()}`, { headers: { cookie } });
    for (let time = 0; time < 5; time++) {
      await exhaust('/oidc/sign-in/guessed', { headers: { cookie: stale } });
      const again = await start(signOn, 'mail', {}, colleague.browser);
      const { away } = await colleague.browser.open(again.url);
      expect(away?.searchParams.get('code')).to.be.a('string');
    }
  });

  it('stop no relying system that proved itself before', async () => {
    const secret = signOn.clients.get('im')?.secret ?? '';
    expect(await status('/oidc/introspect', introspect(secret))).to.equal(200);
    for (const path of ['/oidc/introspect', '/oidc/token']) {
      await exhaust(path, introspect('guess'));
      await exhaust(path, { method: 'POST' });
    }
    for (let time = 0; time < 5; time++)
      expect(await status('/oidc/introspect', introspect(secret))).to.equal(200);
    expect(await status('/oidc/introspect', introspect('guess'))).to.equal(429);
  });

  it('have their fill of resumed sign-ons that do not exist: 400 to each, whatever the query', async () => {
    const roomy = await openSignOn();
    const queries = [
      '',
      '?client_id=im',
      `?client_id=im&redirect_uri=${encodeURIComponent(redirectUri)}`,
      '?client_id=a&client_id=b',
    ];
    for (const query of queries) {
      for (const method of ['GET', 'HEAD']) {
        const answer = await fetch(`${roomy.issuer}/oidc/authorize/abc${query}`, {
          method,
          redirect: 'manual',
        });
        expect(answer.status, `${method} ${query}`).to.equal(400);
      }
    }
    const started = await start(roomy, 'im');
    const page = await started.browser.open(started.url);
    const uid = page.url.pathname.split('/').at(-1);
    const elsewhere = await fetch(`${roomy.issuer}/oidc/authorize/${uid}?client_id=im`, {
      redirect: 'manual',
    });
    expect(elsewhere.status).to.equal(400);
    await roomy.close();
  });
});

describe('limits of sign-on (failures alone)', () => {
  it('let one person sign in rightly any number of times, and everybody of one address', async () => {
    const signOn = await openSignOn({
      loginPerName: { burst: 3, perMinute: 1 },
      loginPerAddress: { burst: 4, perMinute: 1 },
      signOnsPerAddress: 4,
    });
    for (let time = 0; time < 8; time++) {
      const callback = await signIn(await start(signOn, 'im', {}, openBrowser({ origin: signOn.issuer })));
      expect(callback.searchParams.get('code')).to.be.a('string');
    }
    const { browser, url } = await start(signOn, 'im');
    let page = await browser.open(url);
    const answers: [number, string | null][] = [];
    for (const secret of ['wrong-1', 'wrong-2', 'wrong-3', password]) {
      page = await browser.submit(page, { uid: 'tmchan', password: secret, action: 'login' });
      answers.push([page.status, page.headers.get('retry-after')]);
    }
    expect(answers.slice(0, 3)).to.deep.equal([
      [422, null],
      [422, null],
      [422, null],
    ]);
    expect(answers[3]?.[0]).to.equal(429);
    expect(Number(answers[3]?.[1])).to.be.within(50, 60);
    await signOn.close();
  });
});
