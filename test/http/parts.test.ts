import { expect } from 'chai';
import { systemClock } from '../../src/clock.ts';
import { html } from '../../src/http/html.ts';
import { languageOfLocales } from '../../src/http/language.ts';
import { openLoginLimits } from '../../src/http/login_limits.ts';
import { contentSecurityPolicy, formTargetsOf } from '../../src/http/security_headers.ts';
import { createLocalLimits } from '../../src/limits/limits.ts';

describe('html templates', () => {
  it('escape every inserted text once, and no Html', () => {
    const untrusted = `<img src=x onerror="alert('1')">&`;
    const inner = html`<b>${untrusted}</b>`;
    expect(
      html`<p title="${untrusted}">${inner}${[inner]}${null}${undefined}${false}${7}</p>`.toString(),
    ).to.equal(
      '<p title="&lt;img src=x onerror=&quot;alert(&#39;1&#39;)&quot;&gt;&amp;">' +
        '<b>&lt;img src=x onerror=&quot;alert(&#39;1&#39;)&quot;&gt;&amp;</b>'.repeat(2) +
        '7</p>',
    );
  });
});

describe('failed attempts to sign in', () => {
  it('hold a login name back only for the address that they came from', () => {
    const limits = openLoginLimits(createLocalLimits(systemClock), {
      loginPerAddress: { burst: 10, perMinute: 1 },
      loginPerName: { burst: 2, perMinute: 1 },
    });
    expect([1, 2].map(() => limits.take('192.0.2.1', 'tmchan'))).to.deep.equal([0, 0]);
    expect(limits.take('::ffff:192.0.2.1', 'TMChan')).to.be.within(50, 60);
    expect(limits.take('192.0.2.1', 'another')).to.equal(0);
    expect(limits.take('192.0.2.2', 'tmchan')).to.equal(0);
  });
});

describe('languages of a page (BCP 47)', () => {
  for (const [locales, language] of [
    ['zh-Hant-HK', 'zh-Hant'],
    ['zh', 'zh-Hant'],
    ['yue', 'zh-Hant'],
    ['fr en-GB', 'en'],
    ['fr', undefined],
    ['', undefined],
  ] as const) {
    it(`${locales || '(none)'} is ${language}`, () => expect(languageOfLocales(locales)).to.equal(language));
  }
});

describe('content security policy (CSP 3, form-action)', () => {
  it('names the origins that a form may be redirected to, a private-use scheme by itself', () => {
    const targets = formTargetsOf([
      'https://im.gov.hk/cb?x=1',
      'hk.gov.im:/cb',
      'http://127.0.0.1:99/',
      'nonsense',
    ]);
    expect(targets).to.deep.equal(['https://im.gov.hk', 'hk.gov.im:', 'http://127.0.0.1:99']);
    expect(contentSecurityPolicy(targets)).to.contain(
      "form-action 'self' https://im.gov.hk hk.gov.im: http://127.0.0.1:99;",
    );
  });
});
