// Consent to a relying system that is not the government's own (OIDC Core 3.1.2.4).
import { answerPage } from '../../http/answer_page.ts';
import { textValues } from '../../x500/entry.ts';
import { offlineScope } from '../clients.ts';
import { accountOfSubject } from '../subject.ts';
import { finish, type InteractionPorts, type OpenInteraction } from './interaction.ts';
import { consentPage } from './pages.ts';

function strings(value: unknown): string[] {
  return Array.isArray(value) ? value.filter((one) => typeof one === 'string') : [];
}

function requestedScopes({ interaction }: OpenInteraction): string[] {
  const { scope } = interaction.params;
  return typeof scope === 'string' ? scope.split(' ') : [];
}

export function showConsent({ readModel }: InteractionPorts, open: OpenInteraction): void {
  const subject = open.interaction.session?.accountId ?? '';
  const account = accountOfSubject(readModel, subject);
  const entry = readModel.entryByUuid('person', subject);
  const scopes = requestedScopes(open);
  const named = (description: string) => entry && textValues(readModel.schema, entry, description)[0];
  const chinese = open.page.language === 'zh-Hant' ? named('displayName;lang-zh-hant') : undefined;
  const name = chinese ?? named('displayName');
  answerPage(
    open.ctx,
    consentPage(open.page, {
      person: { name: name ?? account?.uid ?? '', uid: account?.uid ?? '' },
      scopes,
      offline: scopes.includes(offlineScope),
    }),
  );
}

/** Grants what this request asked for and the person was shown, on top of what was granted before. */
export async function consent(ports: InteractionPorts, open: OpenInteraction): Promise<void> {
  const { provider } = ports;
  const { interaction, client } = open;
  const accountId = interaction.session?.accountId;
  const standing =
    interaction.grantId === undefined ? undefined : await provider.Grant.find(interaction.grantId);
  const grant =
    standing ??
    new provider.Grant({ clientId: client.clientId, ...(accountId !== undefined && { accountId }) });
  const scopes = strings(interaction.prompt.details.missingOIDCScope);
  const claims = strings(interaction.prompt.details.missingOIDCClaims);
  if (scopes.length > 0) grant.addOIDCScope(scopes.join(' '));
  if (claims.length > 0) grant.addOIDCClaims(claims);
  const grantId = await grant.save();
  await finish(ports, open, { consent: { grantId } });
}
