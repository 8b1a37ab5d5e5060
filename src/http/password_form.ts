// The form by which a person changes a password: the current one, the new one twice, the rules. Shown at sign-on when a
// password must be changed, and at /account/password.
import type { PasswordPolicy } from '../directory/password_policy.ts';
import type { Language } from '../directory/vocabulary.ts';
import { type Html, html, type Inserted } from './html.ts';
import type { ChangeRefusal } from './password_change.ts';
import { passwordTexts } from './password_texts.ts';

export interface PasswordForm {
  language: Language;
  action: string;
  /** What the submit button is called as a form value. */
  submit: string;
  uid: string;
  /** The holder is known and is not asked for the name again. */
  fixedUid: boolean;
  policy: PasswordPolicy;
  /** What came of the last try; null before the first. */
  refused: ChangeRefusal | null;
  /** Beside the submit button. */
  others?: Inserted;
}

/** A password field with its label and, with the script, a button that shows what is typed. */
export function passwordField(field: {
  language: Language;
  id: string;
  label: string;
  autocomplete: 'current-password' | 'new-password';
  /** Ids of what describes it. */
  describedBy: string | null;
  invalid: boolean;
  autofocus?: boolean;
}): Html {
  const { show, hide } = passwordTexts[field.language];
  const { id, label, autocomplete, describedBy, invalid } = field;
  return html`<div class="field"><label for="${id}">${label}</label>
<div class="reveal"><input type="password" id="${id}" name="${id}" autocomplete="${autocomplete}" autocapitalize="none"
autocorrect="off" spellcheck="false" maxlength="1024" required${describedBy !== null && html` aria-describedby="${describedBy}"`}${
    invalid && html` aria-invalid="true"`
  }${field.autofocus === true && html` autofocus`}>
<button type="button" class="plain" data-reveals="${id}" data-show="${show}" data-hide="${hide}" data-label="${label}"
aria-label="${show}: ${label}" hidden>${show}</button></div></div>`;
}

/** What went wrong, focused when the page opens; fields that it concerns are described by `problem`. */
export function errorSummary(title: string, problems: readonly string[]): Html {
  return html`<div class="errors" role="alert" tabindex="-1" autofocus aria-labelledby="problem-title"><h2 id="problem-title">${title}</h2>
<div id="problem">${problems.map((one) => html`<p>${one}</p>`)}</div></div>`;
}

function problemsOf({ problem, broken, seconds }: ChangeRefusal, form: PasswordForm): string[] {
  const words = passwordTexts[form.language];
  if (problem !== 'broken') return [words.problems[problem](seconds)];
  return broken.map((rule) => words.broken[rule](form.policy));
}

/** The title of the page around the form. */
export function passwordTitle(language: Language, refused: ChangeRefusal | null): string {
  const { title, problem } = passwordTexts[language];
  return refused === null ? title : `${problem}: ${title}`;
}

export function passwordForm(form: PasswordForm): Html {
  const { language, policy, refused } = form;
  const words = passwordTexts[language];
  const problem = refused?.problem ?? null;
  const wrongCurrent = problem === 'wrong' || problem === 'blank';
  const wrongChosen = problem === 'broken' || problem === 'unequal' || problem === 'blank';
  const describe = (wrong: boolean, ...ids: string[]) =>
    [...(wrong ? ['problem'] : []), ...ids].join(' ') || null;
  return html`${refused !== null && errorSummary(words.problem, problemsOf(refused, form))}
<form method="post" action="${form.action}" data-new-password novalidate>
<div class="field"><label for="uid">${words.uid}</label>
<input type="text" id="uid" name="uid" value="${form.uid}" autocomplete="username" autocapitalize="none" autocorrect="off"
spellcheck="false" maxlength="256" required${form.fixedUid && html` readonly`}></div>
${passwordField({ language, id: 'current', label: words.current, autocomplete: 'current-password', describedBy: describe(wrongCurrent), invalid: wrongCurrent, autofocus: form.fixedUid && problem === null })}
${passwordField({ language, id: 'chosen', label: words.chosen, autocomplete: 'new-password', describedBy: describe(wrongChosen, 'rules'), invalid: wrongChosen })}
${passwordField({ language, id: 'repeated', label: words.repeated, autocomplete: 'new-password', describedBy: describe(problem === 'unequal'), invalid: problem === 'unequal' })}
<div class="rules" id="rules"><p>${words.rules}</p><ul>
<li data-rule="length" data-min="${policy.minLength}" data-min-three="${policy.minLengthThreeClasses}">${words.length(policy)}</li>
<li data-rule="classes">${words.classes}</li>
<li data-rule="equal">${words.equal}</li>
<li>${words.new(policy)}</li>
<li>${words.words}</li>
</ul><p id="rules-status" class="muted" role="status" data-all="${words.all}" data-left="${words.left}"></p></div>
<div class="actions">
<button class="primary" type="submit" name="action" value="${form.submit}">${words.submit}</button>
${form.others}
</div>
</form>`;
}
