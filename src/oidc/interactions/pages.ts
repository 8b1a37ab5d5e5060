// The pages of one interaction: sign in, change of a password, consent, and the refusals that are told to a person who proved who they are.
import type { PasswordPolicy } from '../../directory/password_policy.ts';
import type { ClearanceLevel, Language } from '../../directory/vocabulary.ts';
import { type Html, html } from '../../http/html.ts';
import { page } from '../../http/page.ts';
import type { ChangeRefusal } from '../../http/password_change.ts';
import { errorSummary, passwordField, passwordForm, passwordTitle } from '../../http/password_form.ts';
import { passwordTexts } from '../../http/password_texts.ts';
import { gradeTexts, scopeTexts, texts } from './texts.ts';

/** The system that the person is on the way to. */
export interface Destination {
  name: string;
  classification: ClearanceLevel;
}

export interface InteractionPage {
  language: Language;
  action: string; // where the forms of this interaction are posted
  destination: Destination;
}

export const loginProblems = ['blank', 'wrong', 'tooMany', 'busy'] as const;
export type LoginProblem = (typeof loginProblems)[number];
export type RefusalReason = 'notPersonal' | 'notAdmitted' | 'notCleared' | 'unmet';

function systemPanel({ language, destination }: InteractionPage): Html {
  const grade = gradeTexts[language][destination.classification];
  return html`<div class="system"><span><span class="label">${texts[language].signInTo}</span>
<span class="name">${destination.name}</span></span>${
    grade !== undefined && html`<span class="grade">${texts[language].grade}${grade}</span>`
  }</div>`;
}

/** `problem` is what went wrong before; the user name stays, the password never. `seconds`: until it may be tried again. */
export function loginPage(
  shown: InteractionPage,
  uid: string,
  problem: LoginProblem | null,
  seconds: number,
): string {
  const { language, action } = shown;
  const words = texts[language];
  const invalid = problem === 'wrong' || problem === 'blank';
  const described = invalid ? html` aria-invalid="true" aria-describedby="problem"` : null;
  return page({
    language,
    title: problem === null ? words.signIn : `${words.problem}: ${words.signIn}`,
    main: html`<div class="card">
<h1>${words.signIn}</h1>
${systemPanel(shown)}
${problem !== null && errorSummary(words.problem, [words[problem].replace('{seconds}', String(seconds))])}
<form method="post" action="${action}" novalidate>
<div class="field"><label for="uid">${words.uid}</label>
<input type="text" id="uid" name="uid" value="${uid}" autocomplete="username" autocapitalize="none" autocorrect="off"
spellcheck="false" maxlength="256" required${described}${uid === '' && problem === null && html` autofocus`}></div>
${passwordField({
  language,
  id: 'password',
  label: words.password,
  autocomplete: 'current-password',
  describedBy: invalid ? 'problem' : null,
  invalid,
  autofocus: uid !== '' && problem === null,
})}
<div class="actions">
<button class="primary" type="submit" name="action" value="login">${words.continue}</button>
<button class="secondary" type="submit" name="action" value="abort" formnovalidate>${words.cancel}</button>
</div>
</form>
<p class="help">${passwordTexts[language].forgotten}</p>
</div>`,
  });
}

/** A password that must be changed before its holder goes on to the system. */
export function changePage(
  shown: InteractionPage,
  change: {
    uid: string;
    policy: PasswordPolicy;
    refused: ChangeRefusal | null;
    contact: string | null;
  },
): string {
  const { language, action } = shown;
  const words = texts[language];
  const { title, because } = passwordTexts[language];
  const { uid, policy, refused } = change;
  return page({
    language,
    title: passwordTitle(language, refused),
    main: html`<div class="card">
<h1>${title}</h1>
<p class="lead">${because}</p>
${systemPanel(shown)}
${passwordForm({
  ...{ language, action, submit: 'change', uid, fixedUid: true, policy, refused },
  others: html`<button class="secondary" type="submit" name="action" value="abort" formnovalidate>${words.cancel}</button>`,
})}
${contactLine(language, change.contact)}
</div>`,
  });
}

function contactLine(language: Language, contact: string | null): Html {
  const words = texts[language];
  return html`<p class="help">${contact === null ? passwordTexts[language].forgotten : html`${words.contact}<strong>${contact}</strong>`}</p>`;
}

export interface ConsentRequest {
  person: { name: string; uid: string };
  scopes: readonly string[];
  offline: boolean;
}

export function consentPage(shown: InteractionPage, request: ConsentRequest): string {
  const { language, action, destination } = shown;
  const words = texts[language];
  const lines = request.scopes.flatMap((scope) => scopeTexts[language][scope] ?? []);
  if (request.offline) lines.push(words.offline);
  return page({
    language,
    title: words.consentTitle,
    main: html`<div class="card">
<h1>${words.consentTitle}</h1>
<p class="lead"><strong>${destination.name}</strong> ${words.consentLead}</p>
<ul class="releases">${lines.map((line) => html`<li>${line}</li>`)}</ul>
<p class="person"><span class="muted">${words.signedInAs}</span> <span class="name">${request.person.name} (${request.person.uid})</span></p>
<form method="post" action="${action}">
<div class="actions">
<button class="primary" type="submit" name="action" value="consent">${words.allow}</button>
<button class="secondary" type="submit" name="action" value="abort">${words.refuse}</button>
</div>
</form>
</div>`,
  });
}

/** `contact`: whom the person may ask; null for a sentence that names nobody. */
export function refusalPage(shown: InteractionPage, reason: RefusalReason, contact: string | null): string {
  const { language, action, destination } = shown;
  const words = texts[language];
  const title = words[`${reason}Title`];
  return page({
    language,
    title,
    main: html`<div class="card">
<h1>${title}</h1>
<p class="lead">${words[reason]}</p>
<form method="post" action="${action}">
<div class="actions"><button class="secondary" type="submit" name="action" value="abort">${words.returnTo.replace('{name}', destination.name)}</button></div>
</form>
${contactLine(language, contact)}
</div>`,
  });
}
