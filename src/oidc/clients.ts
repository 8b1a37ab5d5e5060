// Relying systems as oidc-provider's clients (OpenID Connect Dynamic Client Registration 1.0 names). The library asks at
// every request and keeps what it built while the metadata stays the same.
import type { AdapterPayload, Client } from 'oidc-provider';
import type { Language } from '../directory/vocabulary.ts';
import type { ClientRecord } from './ports.ts';

/** Scope that lets a client keep refreshing (OIDC Core 11). */
export const offlineScope = 'offline_access';

/** Our own metadata, which the library hands through: whether consent is asked, and the name in Chinese. */
export const ownClientMetadata = ['first_party', 'client_name_zh'] as const;

export function isFirstParty(client: Client): boolean {
  return client.first_party === true;
}

export function clientName(client: Client, language: Language): string {
  const chinese = client.client_name_zh;
  if (language === 'zh-Hant' && typeof chinese === 'string') return chinese;
  return client.clientName ?? client.clientId;
}

function mayRefresh(client: ClientRecord): boolean {
  return client.metadata.scope.split(' ').includes(offlineScope);
}

export function libraryClient(
  client: ClientRecord,
): AdapterPayload & Record<(typeof ownClientMetadata)[number], unknown> {
  const { metadata, secret } = client;
  const { backchannel_logout_uri } = metadata;
  return {
    client_id: client.clientId,
    client_name: client.name_en,
    client_name_zh: client.name_zh,
    first_party: metadata.first_party && metadata.token_endpoint_auth_method !== 'none', // nothing proves a public one
    ...(metadata.token_endpoint_auth_method !== 'none' && secret !== null && { client_secret: secret }),
    token_endpoint_auth_method: metadata.token_endpoint_auth_method,
    redirect_uris: [...metadata.redirect_uris],
    post_logout_redirect_uris: [...metadata.post_logout_redirect_uris],
    scope: metadata.scope,
    response_types: ['code'],
    grant_types: ['authorization_code', ...(mayRefresh(client) ? ['refresh_token'] : [])],
    // Without it the library leaves `sid` out of ID and logout tokens, and relying parties cannot tell sessions apart.
    ...(backchannel_logout_uri !== undefined && {
      backchannel_logout_uri,
      backchannel_logout_session_required: true,
    }),
  };
}
