// The front page and the pages of one's own account.
import type { PasswordPolicy } from '../directory/password_policy.ts';
import type { Language } from '../directory/vocabulary.ts';
import { html } from '../http/html.ts';
import { page } from '../http/page.ts';
import type { ChangeRefusal } from '../http/password_change.ts';
import { passwordForm, passwordTitle } from '../http/password_form.ts';
import { passwordTexts } from '../http/password_texts.ts';
import { authorities, portalTexts } from './texts.ts';

/** `contact`: whom everybody may ask; null names nobody. */
export function frontPage(language: Language, contact: string | null): string {
  const words = portalTexts[language];
  return page({
    language,
    title: words.title,
    main: html`<div class="card">
<h1>${words.title}</h1>
<p class="lead">${words.lead}</p>
<h2>${words.signIn}</h2>
<p>${words.signInLead}</p>
<h2>${words.account}</h2>
<p><a class="button" href="/account/password">${words.changePassword}</a></p>
<h2>${words.help}</h2>
<p>${passwordTexts[language].forgotten}</p>
${contact !== null && html`<p><strong>${contact}</strong></p>`}
<h2>${words.certificates}</h2>
<p>${words.certificatesLead}</p>
<ul class="links">${authorities.map(
      (
        name,
      ) => html`<li><a href="/pki/${name}.cer">${words.certificate.replace('{name}', words.authorities[name])}</a></li>
<li><a href="/pki/${name}.crl">${words.list.replace('{name}', words.authorities[name])}</a></li>`,
    )}</ul>
</div>`,
  });
}

export interface PasswordPage {
  uid: string;
  policy: PasswordPolicy;
  refused: ChangeRefusal | null;
}

export function passwordPage(language: Language, { uid, policy, refused }: PasswordPage): string {
  const words = portalTexts[language];
  return page({
    language,
    title: passwordTitle(language, refused),
    main: html`<div class="card">
<h1>${passwordTexts[language].title}</h1>
<p class="lead">${words.changeLead}</p>
${passwordForm({ language, action: '/account/password', submit: 'change', uid, fixedUid: false, policy, refused })}
<p class="help">${passwordTexts[language].forgotten}</p>
</div>`,
  });
}

export function passwordChangedPage(language: Language): string {
  const words = portalTexts[language];
  return page({
    language,
    title: words.changed,
    main: html`<div class="card">
<h1>${words.changed}</h1>
<p class="lead">${words.changedLead}</p>
<ul class="links"><li><a href="/">${words.back}</a></li></ul>
</div>`,
  });
}
