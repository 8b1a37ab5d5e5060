// One interaction of the provider with a person: found by its cookie, bound to its address, shown by GET, acted by POST.
// CSRF: the cookie is SameSite=Lax and bound to this path, and the form must come from our own origin (http/form.ts).
import type Provider from 'oidc-provider';
import { type Client, errors, type Interaction, type InteractionResults } from 'oidc-provider';
import { chooseLanguage } from '../../http/language.ts';
import type { WebContext } from '../../http/request_identity.ts';
import { allowFormTargets, formTargetsOf } from '../../http/security_headers.ts';
import { clientName } from '../clients.ts';
import type { OidcPorts } from '../ports.ts';
import type { InteractionPage } from './pages.ts';

export interface InteractionPorts extends OidcPorts {
  provider: Provider;
}

/** What every step of an interaction works on. */
export interface OpenInteraction {
  ctx: WebContext;
  interaction: Interaction;
  client: Client;
  page: InteractionPage;
}

/** Errors: the library's SessionNotFound, when the cookie, the address and the stored interaction do not agree. */
export async function openInteraction(
  ports: InteractionPorts,
  ctx: WebContext,
  uid: string,
): Promise<OpenInteraction> {
  const interaction = await ports.provider.interactionDetails(ctx.req, ctx.res);
  if (interaction.uid !== uid) throw new errors.SessionNotFound('interaction session not found');
  const { client_id, ui_locales } = interaction.params;
  if (typeof ui_locales === 'string') ctx.state.language = chooseLanguage(ctx, ui_locales);
  const client = await ports.provider.Client.find(typeof client_id === 'string' ? client_id : '');
  if (client === undefined) throw new errors.SessionNotFound('client of the interaction not found');
  allowFormTargets(ctx, formTargetsOf(client.redirectUris ?? []));
  ctx.set('Cache-Control', 'no-store');
  const system = ports.readModel.systemByCode(client.clientId);
  const { language } = ctx.state;
  const destination = {
    name: clientName(client, language),
    classification: system?.classification ?? 'NONE',
  };
  return {
    ctx,
    interaction,
    client,
    page: { language, action: ctx.originalUrl.split('?')[0] ?? ctx.path, destination },
  };
}

/** Stores the outcome and sends the browser back to the authorization endpoint. */
export async function finish(
  ports: InteractionPorts,
  { ctx }: OpenInteraction,
  result: InteractionResults,
): Promise<void> {
  const returnTo = await ports.provider.interactionResult(ctx.req, ctx.res, result);
  ctx.status = 303;
  ctx.redirect(returnTo);
}
