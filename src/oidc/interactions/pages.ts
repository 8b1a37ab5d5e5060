// The pages of one interaction: sign in, consent, and the three refusals that are told to a person who proved who they are.
import type { ClearanceLevel, Language } from '../../directory/vocabulary.ts';
import { type Html, html } from '../../http/html.ts';
import { page } from '../../http/page.ts';
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

export type LoginProblem = 'blank' | 'wrong' | 'tooMany' | 'busy';
export type RefusalReason = 'mustChange' | 'notPersonal' | 'notAdmitted' | 'notCleared' | 'unmet';

function systemPanel({ language, destination }: InteractionPage): Html {
  const grade = gradeTexts[language][destination.classification];
  return html`<div class="system"><span><span class="label">${texts[language].signInTo}</span>
<span class="name">${destination.name}</span></span>${
    grade !== undefined && html`<span class="grade">${grade}</span>`
  }</div>`;
}

/** `problem` is what went wrong before; the user name stays, the password never. */
export function loginPage(shown: InteractionPage, uid: string, problem: LoginProblem | null): string {
  const { language, action } = shown;
  const words = texts[language];
  const invalid = problem === 'wrong' || problem === 'blank';
  const described = invalid ? html` aria-invalid="true" aria-describedby="problem"` : null;
  const errors =
    problem !== null &&
    html`<div class="errors" role="alert" aria-labelledby="problem-title"><h2 id="problem-title">${words.problem}</h2>
<p id="problem">${words[problem]}</p></div>`;
  return page({
    language,
    title: problem === null ? words.signIn : `${words.problem}: ${words.signIn}`,
    main: html`<div class="card">
<h1>${words.signIn}</h1>
${systemPanel(shown)}
${errors}
<form method="post" action="${action}" novalidate>
<div class="field"><label for="uid">${words.uid}</label>
<input type="text" id="uid" name="uid" value="${uid}" autocomplete="username" autocapitalize="none" autocorrect="off"
spellcheck="false" maxlength="256" required${described}${uid === '' && html` autofocus`}></div>
<div class="field"><label for="password">${words.password}</label>
<input type="password" id="password" name="password" autocomplete="current-password" maxlength="1024"
required${described}${uid !== '' && html` autofocus`}></div>
<div class="actions">
<button class="primary" type="submit" name="action" value="login">${words.continue}</button>
<button class="secondary" type="submit" name="action" value="abort" formnovalidate>${words.cancel}</button>
</div>
</form>
<p class="help">${words.help}</p>
</div>`,
  });
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

export function refusalPage(shown: InteractionPage, reason: RefusalReason): string {
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
<div class="actions"><button class="secondary" type="submit" name="action" value="abort">${words.returnTo} ${destination.name}</button></div>
</form>
</div>`,
  });
}
