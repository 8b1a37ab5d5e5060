// RP-initiated logout (OpenID Connect RP-Initiated Logout 1.0): the question, and the page after it where the relying
// party named no address to go back to.
import type { KoaContextWithOIDC } from 'oidc-provider';
import type { Language } from '../../directory/vocabulary.ts';
import { Html, html } from '../../http/html.ts';
import { page } from '../../http/page.ts';
import { clientName } from '../clients.ts';
import { texts } from './texts.ts';

function languageOf(ctx: KoaContextWithOIDC): Language {
  return ctx.state.language ?? 'en';
}

/** `form` is the library's own form `op.logoutForm` with its one-time secret; it escapes what it inserts. */
export function showLogout(ctx: KoaContextWithOIDC, form: string): void {
  const language = languageOf(ctx);
  const words = texts[language];
  ctx.type = 'html';
  ctx.body = page({
    language,
    title: words.logoutTitle,
    main: html`<div class="card">
<h1>${words.logoutTitle}</h1>
<p class="lead">${words.logoutLead}</p>
${new Html(form)}
<div class="actions">
<button class="primary" type="submit" form="op.logoutForm" name="logout" value="yes">${words.logout}</button>
<button class="secondary" type="submit" form="op.logoutForm">${words.stay}</button>
</div>
</div>`,
  });
}

/** The client is set when only that client was left and the sign-on goes on. */
export function showSignedOut(ctx: KoaContextWithOIDC): void {
  const language = languageOf(ctx);
  const words = texts[language];
  const { client } = ctx.oidc;
  const title = client === undefined ? words.signedOutTitle : words.keptTitle;
  ctx.type = 'html';
  ctx.body = page({
    language,
    title,
    main: html`<div class="card">
<h1>${title}</h1>
${client !== undefined && html`<p class="system"><span class="name">${clientName(client, language)}</span></p>`}
<p class="lead">${client === undefined ? words.signedOut : words.kept}</p>
</div>`,
  });
}
