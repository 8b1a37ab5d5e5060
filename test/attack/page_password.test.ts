// The pages that change a password, as somebody meets them who has none: they tell nothing of an account, run nothing that
// was typed, and take nothing from another site.
import { expect } from 'chai';
import { startAt } from '../journeys/systems.ts';
import { openBrowser } from '../oidc/browser.ts';
import { type City, openCity } from './city.ts';

describe('a stranger at the pages that change a password', function () {
  this.timeout(180_000);
  let city: City;
  const uid = 'u000077';
  const contact = 'CSB help desk 2810 2000';

  before(async () => {
    city = await openCity();
    for (const code of ['CSB', 'SB', 'EDB']) {
      const { status, stderr } = await city.server.cli(
        'organisation',
        'change',
        code,
        '--help-contact-en',
        contact,
      );
      expect({ status, stderr }).to.deep.equal({ status: 0, stderr: '' });
    }
  });

  const attempt = {
    action: 'change',
    current: 'wrong',
    chosen: 'Harbour-View-7#',
    repeated: 'Harbour-View-7#',
  };
  const bare = (body: string) =>
    body.replace(/<code>[^<]*<\/code>/g, '').replaceAll(/\/sign-in\/[\w-]+/g, '');

  it('learns nothing of whether a name exists, nor of its department', async () => {
    for (const fields of [
      attempt,
      { ...attempt, repeated: 'other' },
      { ...attempt, current: '' },
      { ...attempt, chosen: 'a', repeated: 'a' },
    ]) {
      const pages: string[] = [];
      for (const name of [uid, 'nobody-here']) {
        const started = await startAt(city.server.issuer, 'mail');
        const login = await started.browser.open(started.url);
        const page = await started.browser.submit(login, { uid: name, ...fields });
        expect(page.body).not.to.contain(contact);
        pages.push(`${page.status} ${bare(page.body).replaceAll(name, 'NAME')}`);
        const browser = openBrowser({ origin: city.server.issuer });
        const portal = await browser.submit(await browser.open('/account/password'), {
          uid: name,
          ...fields,
        });
        pages.push(`${portal.status} ${bare(portal.body).replaceAll(name, 'NAME')}`);
      }
      expect(pages[0]).to.equal(pages[2]);
      expect(pages[1]).to.equal(pages[3]);
    }
  });

  it('runs nothing that was typed', async () => {
    const browser = openBrowser({ origin: city.server.issuer });
    const typed = '"><script>alert(1)</script>';
    const page = await browser.submit(await browser.open('/account/password'), { uid: typed, ...attempt });
    expect(page.body).not.to.contain('<script>alert');
    expect(page.body).to.contain('&quot;&gt;&lt;script&gt;');
    expect(page.headers.get('content-security-policy'))
      .to.contain("script-src 'self'")
      .and.contain("frame-ancestors 'none'");
  });

  it('posts nothing from another site', async () => {
    for (const headers of [{ origin: 'https://evil.example' }, { 'sec-fetch-site': 'cross-site' }]) {
      const response = await fetch(`${city.server.issuer}/account/password`, {
        method: 'POST',
        headers: { ...headers, 'content-type': 'application/x-www-form-urlencoded' },
        body: new URLSearchParams({ uid, ...attempt }).toString(),
      });
      expect(response.status).to.equal(403);
    }
  });

  it('is led to no other site by the language switch or the last problem', async () => {
    const started = await startAt(city.server.issuer, 'mail');
    const login = await started.browser.open(started.url);
    const wrong = await started.browser.submit(login, { action: 'login', uid: 'ptmchan', password: 'wrong' });
    const again = await started.browser.open(wrong.url);
    expect(again.body).to.contain('value="ptmchan"').and.to.contain('The user name or the password is wrong');
    const typed = { uid: '<script>alert(1)</script>', refused: null };
    for (const value of ['<script>', Buffer.from(JSON.stringify(typed)).toString('base64url')]) {
      const headers = { cookie: `bauhinia_last_problem=${value}`, accept: 'text/html' };
      const forged = await fetch(`${city.server.issuer}/account/password`, { headers });
      expect(forged.status).to.equal(200);
      expect(await forged.text()).not.to.contain('<script>');
    }
  });

  it('is told the same in another language', async () => {
    const browser = openBrowser({ origin: city.server.issuer });
    await browser.submit(await browser.open('/account/password'), { uid, ...attempt, repeated: 'other' });
    await browser.open('/language/zh-Hant');
    const page = await browser.open('/account/password');
    expect(page.body).to.contain('<html lang="zh-Hant">').and.to.contain('兩次輸入的新密碼不相同');
    expect(page.body).to.contain(`value="${uid}"`).and.not.to.contain(attempt.chosen);
  });

  it('counts against the same limit as signing in', async () => {
    const browser = openBrowser({ origin: city.server.issuer });
    let page = await browser.open('/account/password');
    const statuses: number[] = [];
    for (let tries = 0; tries < 12; tries++) {
      page = await browser.submit(page, { uid: 'u000078', ...attempt });
      statuses.push(page.status);
    }
    expect(statuses.slice(0, 5).every((status) => status === 422)).to.equal(true);
    expect(statuses).to.include(429);
    expect(Number(page.headers.get('retry-after'))).to.be.greaterThan(0);
    expect(page.body).to.contain(`Try again in ${page.headers.get('retry-after')} seconds`);
  });
});
