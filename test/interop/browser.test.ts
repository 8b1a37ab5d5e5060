// A new officer's first day in Debian's Chromium, by keyboard alone; and what every page owes to whoever reads it.

import { writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import { join } from 'node:path';
import { expect } from 'chai';
import * as oidc from 'openid-client';
import { demoUids } from '../../seeds/demo_facts.ts';
import { demoPassword, demoSystemSecret } from '../../seeds/demo_secrets.ts';
import { freePorts, type RunningServer, startServer } from '../journeys/running_server.ts';
import { soon } from '../journeys/soon.ts';
import { personDn } from '../journeys/systems.ts';
import { openChromium, type Tab } from './chromium.ts';
import { run } from './programs.ts';

const uid = 'kctang';
const first = 'First-Pass-2026';
const chosen = 'Peak-Tram-7-Lugard';
const views = (['en', 'zh-Hant'] as const).flatMap((language) =>
  (['light', 'dark'] as const).flatMap((scheme) =>
    [320, 390, 1280].map((width) => ({ language, scheme, width })),
  ),
);

/** What is wrong with a page, whoever made it: nothing is the only good answer. */
const faults = `(() => {
  const found = [];
  const all = (selector) => [...document.querySelectorAll(selector)];
  const ids = all('[id]').map(({ id }) => id);
  for (const id of ids) if (ids.indexOf(id) !== ids.lastIndexOf(id)) found.push('two elements with the id ' + id);
  for (const field of all('input:not([type=hidden])'))
    if (field.labels.length !== 1) found.push('no label for ' + field.name);
  for (const one of all('[aria-describedby]'))
    for (const id of one.getAttribute('aria-describedby').split(' '))
      if (!ids.includes(id)) found.push(one.id + ' is described by nothing called ' + id);
  for (const button of all('button')) if (!button.textContent.trim()) found.push('a button without a name');
  if (all('h1').length !== 1) found.push(all('h1').length + ' headings of the first level');
  if (all('main').length !== 1) found.push('no main part');
  if (document.documentElement.scrollWidth > innerWidth) found.push('wider than the window');
  const light = (colour) => {
    const [r, g, b] = colour.map((c) => (c /= 255) <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4);
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const numbers = (colour) => colour.match(/[\\d.]+/g).map(Number);
  const ground = (element) => {
    for (let one = element; one; one = one.parentElement) {
      const { backgroundColor, backgroundImage } = getComputedStyle(one);
      if (backgroundImage !== 'none') return null; // a gradient: judged by eye
      const [r, g, b, a = 1] = numbers(backgroundColor);
      if (a === 1) return [r, g, b];
    }
    return null;
  };
  for (const one of all('main *, footer *')) {
    const own = [...one.childNodes].some((node) => node.nodeType === 3 && node.textContent.trim());
    const behind = own && one.getClientRects().length ? ground(one) : null;
    if (!behind) continue;
    const [bright, dark] = [light(numbers(getComputedStyle(one).color).slice(0, 3)), light(behind)].sort((a, b) => b - a);
    const contrast = (bright + 0.05) / (dark + 0.05);
    if (contrast < 4.5) found.push('contrast ' + contrast.toFixed(2) + ' of ' + one.textContent.trim().slice(0, 30));
  }
  return found;
})()`;

describe('the pages in Chromium', function () {
  this.timeout(120_000);
  let server: RunningServer;
  let mail: Server;
  let tab: Tab;
  let callback: string;
  let config: oidc.Configuration;

  before(async () => {
    server = await startServer();
    const [port = 0] = await freePorts(1);
    callback = `http://localhost:${port}/callback`;
    mail = createServer((_request, response) => response.end('<title>Mail</title><h1>Mail</h1>'));
    mail.listen(port, '127.0.0.1');
    await server.json('system', 'change', 'mail', '--redirect-uri', callback);
    await writeFile(join(server.dataDir, 'password'), first);
    await server.json(
      ...['person', 'create', uid, '--surname', 'Tang', '--given-name', 'Kwun-chung', '--name-zh', '鄧冠中'],
      ...['--organisation', 'CSB', '--staff-number', '123456'],
      ...['--password-file', join(server.dataDir, 'password')],
    );
    config = await oidc.discovery(
      new URL(server.issuer),
      'mail',
      undefined,
      oidc.ClientSecretBasic(demoSystemSecret('mail')),
      { execute: [oidc.allowInsecureRequests] },
    );
  });
  beforeEach(async () => {
    tab = await openChromium();
  });
  afterEach(() => tab?.close());
  after(async () => {
    mail?.close();
    await server?.remove();
  });

  /** Until the page shows it; a page that is being replaced shows nothing. */
  async function until(expression: string): Promise<void> {
    const shown = await soon(
      () =>
        tab.read<boolean>(`document.readyState === 'complete' && Boolean(${expression})`).catch(() => false),
      Boolean,
      10_000,
    );
    expect(shown, `${expression}: ${await tab.read('location.href + document.body.innerText')}`).to.equal(
      true,
    );
  }
  const heading = (text: string) =>
    until(`document.querySelector('h1')?.textContent === ${JSON.stringify(text)}`);
  /** Tab, as often as it takes, to the element that the selector names; never past forty. */
  async function tabTo(selector: string): Promise<void> {
    for (let presses = 0; presses < 40; presses += 1) {
      if (await tab.read<boolean>(`document.activeElement.matches(${JSON.stringify(selector)})`)) return;
      await tab.press('Tab');
    }
    throw new Error(`Tab does not lead to ${selector}`);
  }
  async function fill(fields: Record<string, string>): Promise<void> {
    for (const [id, text] of Object.entries(fields)) {
      await tabTo(`#${id}`);
      await tab.type(text);
    }
  }
  async function signOnRequest(parameters: Record<string, string> = {}) {
    const pkceCodeVerifier = oidc.randomPKCECodeVerifier();
    const expectedState = oidc.randomState();
    const url = oidc.buildAuthorizationUrl(config, {
      ...{ redirect_uri: callback, scope: 'openid profile email', state: expectedState },
      code_challenge: await oidc.calculatePKCECodeChallenge(pkceCodeVerifier),
      code_challenge_method: 'S256',
      ...parameters,
    });
    return { url: url.href, checks: { pkceCodeVerifier, expectedState } };
  }
  async function bindStatus(password: string): Promise<number> {
    const url = `ldap://localhost:${server.ports.ldap}`;
    return (await run('ldapwhoami', ['-x', '-H', url, '-D', personDn(uid), '-w', password])).status;
  }
  const focused = () => tab.read<string>('document.activeElement.id || document.activeElement.className');

  it('show no fault in either language, in light and dark, from 320 to 1280 pixels', async () => {
    const { url } = await signOnRequest();
    const found: Record<string, string[]> = {};
    for (const view of views) {
      await tab.show(view);
      for (const address of ['/', '/account/password', '/account/password/changed', '/nothing', url]) {
        await tab.open(new URL(address, server.http).href);
        await until(`document.documentElement.lang === '${view.language}' && document.querySelector('main')`);
        const wrong = await tab.read<string[]>(faults);
        if (wrong.length > 0) found[`${address} ${JSON.stringify(view)}`] = wrong;
      }
    }
    expect(found).to.deep.equal({});
  });

  it('lead from the front page to nothing that is missing', async () => {
    await tab.open(`${server.http}/`);
    await heading('Government staff directory and sign-on');
    const links = await tab.read<string[]>(
      `[...document.querySelectorAll('main a')].map(({ href }) => href)`,
    );
    expect(links).to.have.length.above(6);
    for (const link of links) expect((await fetch(link)).status, link).to.equal(200);
  });

  it('keep the change of a first password when the language is switched', async () => {
    await tab.open((await signOnRequest()).url);
    await heading('Sign in');
    await fill({ uid, password: first });
    await tab.press('Enter');
    await heading('Change your password');
    await tabTo('a[hreflang=zh-Hant]');
    await tab.press('Enter');
    await heading('更改密碼');
    expect(await tab.read(`document.getElementById('uid').value`)).to.equal(uid);
  });

  it('take a new officer from the first password to the mail system by keyboard alone', async () => {
    const { url, checks } = await signOnRequest();
    await tab.open(url);
    await heading('Sign in');
    expect(await focused(), 'ready to type').to.equal('uid');
    await fill({ uid, password: first });
    await tab.press('Enter');

    await heading('Change your password');
    await fill({ current: first, chosen: 'abcabc', repeated: 'abcabc' });
    expect(await tab.read(`document.getElementById('rules-status').textContent`)).to.equal(
      '2 rules are not met yet.',
    );
    await tab.press('Enter');
    await until(`document.querySelector('.errors')`);
    expect(await focused(), 'where the error is told').to.equal('errors');
    expect(await tab.read(faults)).to.deep.equal([]);
    expect(await tab.read(`document.getElementById('chosen').getAttribute('aria-describedby')`)).to.contain(
      'problem',
    );

    await fill({ current: first, chosen, repeated: chosen });
    expect(await tab.read(`document.querySelectorAll('li[data-rule]:not(.holds)').length`)).to.equal(0);
    await tab.press('Enter');
    await heading('Mail');
    const arrived = new URL(await tab.read<string>('location.href'));
    const tokens = await oidc.authorizationCodeGrant(config, arrived, checks);
    expect(tokens.claims()).to.include({ iss: server.issuer, aud: 'mail' });
    expect(await bindStatus(chosen), 'the chosen password binds').to.equal(0);
    expect(await bindStatus(first), 'the first one does not').to.equal(49);
  });

  it('show a typed password on request, and say so to a screen reader', async () => {
    await tab.open((await signOnRequest()).url);
    await heading('Sign in');
    await fill({ password: 'seen' });
    const button = `document.querySelector('[data-reveals=password]')`;
    const state = () => tab.read(`[document.getElementById('password').type, ${button}.ariaLabel]`);
    expect(await state()).to.deep.equal(['password', 'Show: Password']);
    await tabTo('[data-reveals=password]');
    await tab.press('Enter');
    expect(await state()).to.deep.equal(['text', 'Hide: Password']);
  });

  it('keep the name and the page when the language is switched on the way', async () => {
    const other = 'somebody';
    await tab.open((await signOnRequest()).url);
    await heading('Sign in');
    await fill({ uid: other, password: 'mistyped' });
    await tab.press('Enter');
    await until(`document.querySelector('.errors')`);
    await tabTo('a[hreflang=zh-Hant]');
    await tab.press('Enter');
    await heading('登入');
    expect(
      await tab.read(`[document.getElementById('uid').value, Boolean(document.querySelector('.errors'))]`),
    ).to.deep.equal([other, true]);
  });

  it('ask for consent where the system asks with prompt=consent', async () => {
    await tab.open((await signOnRequest({ prompt: 'consent' })).url);
    await heading('Sign in');
    await fill({ uid: demoUids.clerk, password: demoPassword });
    await tab.press('Enter');
    await heading('Share your information?');
    expect(await tab.read(faults)).to.deep.equal([]);
    await tabTo('button.primary');
    await tab.press('Enter');
    await heading('Mail');
  });

  it('say a plain sentence to who goes back after signing in', async () => {
    await tab.open((await signOnRequest()).url);
    await heading('Sign in');
    await fill({ uid: demoUids.clerk, password: demoPassword });
    await tab.press('Enter');
    await heading('Mail');
    await tab.read('history.back()');
    await heading('This sign-in page is no longer valid');
    expect(await tab.read(`document.querySelector('main a').pathname`)).to.equal('/');
  });
});
