import { expect } from 'chai';
import { html } from '../../src/http/html.ts';
import { languageOfLocales } from '../../src/http/language.ts';
import { contentSecurityPolicy, formTargetsOf } from '../../src/http/security_headers.ts';

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
