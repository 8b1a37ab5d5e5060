// Requests that overlap: a session that ends while another request still holds it, one sign-on resumed many times.
import { expect } from 'chai';
import type { OidcArtifactStore } from '../../src/directory/ports.ts';
import { signedInAt } from '../../src/oidc/subject.ts';
import { type Browser, openBrowser } from '../oidc/browser.ts';
import { start, tokensOf } from '../oidc/relying_party.ts';
import { openSignOn, password, type SignOn } from '../oidc/sign_on.ts';

/** Cookies as a script keeps them: one string, whatever their paths. */
function openScript(origin: string) {
  const jar = new Map<string, string>();
  return async (url: URL | string, form?: Record<string, string>) => {
    const response = await fetch(new URL(url, origin), {
      ...(form && { method: 'POST', body: new URLSearchParams(form).toString() }),
      redirect: 'manual',
      headers: {
        ...{ origin, accept: 'text/html', 'content-type': 'application/x-www-form-urlencoded' },
        cookie: [...jar].map(([name, value]) => `${name}=${value}`).join('; '),
      },
    });
    for (const line of response.headers.getSetCookie()) {
      const [name = '', value = ''] = (line.split(';')[0] ?? '').split(/=(.*)/s);
      if (value !== '') jar.set(name, value);
    }
    const location = response.headers.get('location');
    return { status: response.status, location: location === null ? null : new URL(location, origin) };
  };
}

describe('requests of sign-on that overlap', () => {
  let signOn: SignOn;
  before(async () => {
    signOn = await openSignOn({ signOnsPerAddress: 10 });
  });
  after(() => signOn.close());

  const rows = (model: string, uid: 'chan' | 'leaver') =>
    signOn.pool.knex('oidc_artifact').where({ model, account_id: signOn.officers[uid].person });

  /** Removes the person's sessions right after the next request has loaded one. */
  async function endedWhileLoaded(uid: 'chan' | 'leaver', work: () => Promise<unknown>): Promise<void> {
    const store: OidcArtifactStore = signOn.artifacts;
    const { find } = store;
    store.find = async (model, id) => {
      const payload = await find(model, id);
      if (model === 'Session') await rows('Session', uid).delete();
      return payload;
    };
    try {
      await work();
    } finally {
      store.find = find;
    }
  }

  const asks = async (browser: Browser) =>
    (await browser.open((await start(signOn, 'im')).url)).body.includes('name="password"');

  it('does not write back a session that ended while a request held it', async () => {
    const { started } = await tokensOf(signOn, 'im', {}, 'leaver');
    const { url } = await start(signOn, 'mail');
    await endedWhileLoaded('leaver', () => started.browser.open(url));
    expect(await rows('Session', 'leaver')).to.have.length(0);
    expect(await asks(started.browser)).to.equal(true);
  });

  it('refuses a session that was signed in within the second of a reset, before it', async () => {
    const { started } = await tokensOf(signOn, 'im', {}, 'leaver');
    const [session] = (await rows('Session', 'leaver')) as { payload: { loginTs: number } }[];
    const endOfSecond = new Date((session?.payload.loginTs ?? 0) * 1000 + 999);
    // Straight into the record: the row of the session stays, as one does that a request wrote back.
    Object.assign(signOn.directory.accountByUid('leaver') ?? {}, { sessions_valid_from: endOfSecond });
    expect(await asks(started.browser)).to.equal(true);
    const at = new Date('2026-01-01T00:00:00.300Z');
    const moved = (milliseconds: number) => new Date(at.getTime() + milliseconds);
    const second = at.getTime() - 300;
    const noted = (ended: Date) => signedInAt(at, { sessions_valid_from: ended }) * 1000;
    expect(noted(moved(100))).to.equal(second); // ended later: refused
    expect(noted(moved(-100))).to.be.at.least(moved(-100).getTime()); // ended before: holds
    expect(noted(at)).to.be.at.least(at.getTime());
  });

  it('keeps a sign-in that follows an end of sessions in the same second', async () => {
    for (let turn = 0; turn < 3; turn++) {
      const page = await start(signOn, 'im');
      const shown = await page.browser.open(page.url);
      Object.assign(signOn.directory.accountByUid('leaver') ?? {}, { sessions_valid_from: new Date() });
      const { away } = await page.browser.submit(shown, { uid: 'leaver', password, action: 'login' });
      expect(away?.searchParams.has('code')).to.equal(true);
      expect(await asks(page.browser)).to.equal(false);
    }
  });

  it('refuses a session once somebody else set the password', async () => {
    const { started } = await tokensOf(signOn, 'im', {}, 'leaver');
    const { leaver } = signOn.officers;
    if (leaver.password === null) throw new Error('no password');
    signOn.directory.change('leaver', { password: { ...leaver.password, must_change: true } });
    expect(await asks(started.browser)).to.equal(true);
    signOn.directory.change('leaver', { password: leaver.password });
  });

  it('lets one of twenty resumes of a sign-on have its code, its session and its refund', async () => {
    const send = openScript(signOn.issuer);
    const { url } = await start(signOn, 'im');
    const page = await send(url);
    const form = { uid: 'tmchan', password, action: 'login' };
    const resume = (await send(page.location ?? '', form)).location ?? '';
    const answers = await Promise.all(Array.from({ length: 20 }, () => send(resume)));
    const codes = answers.filter(({ location }) => location?.searchParams.has('code'));
    expect(codes).to.have.length(1);
    expect(await rows('Session', 'chan')).to.have.length(1);
    expect(await rows('AuthorizationCode', 'chan')).to.have.length(1);
    // Twenty refunds would let the address begin far more sign-ons than its share.
    const begun = await Promise.all(
      Array.from({ length: 20 }, async () => {
        const { url: another } = await start(signOn, 'im');
        return (await openBrowser({ origin: signOn.issuer }).open(another)).status;
      }),
    );
    expect(begun.filter((status) => status === 200).length).to.be.at.most(10);
  });
});
