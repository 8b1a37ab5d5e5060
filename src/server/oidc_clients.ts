// Relying systems as OAuth 2.0 clients: the row, and the secret of its service account, unwrapped for the library.
import type { KeyWrap, TableReader } from '../directory/ports.ts';
import { clientSecretContext } from '../directory/relying_system.ts';
import type { ClientRecord, Clients } from '../oidc/ports.ts';

async function secretOf(
  tables: TableReader,
  keyWrap: KeyWrap,
  system: { uuid: string; code: string },
): Promise<string | null> {
  const accounts = await tables.find('account', { relying_system: system.uuid, kind: 'service' });
  for (const { uuid } of accounts) {
    const [credential] = await tables.find('credential', { account: uuid, kind: 'client_secret' });
    if (credential !== undefined)
      return keyWrap
        .unwrap(Buffer.from(credential.secret, 'base64'), clientSecretContext(system.code))
        .toString();
  }
  return null;
}

export function createClients(tables: TableReader, keyWrap: KeyWrap): Clients {
  return {
    async find(clientId): Promise<ClientRecord | undefined> {
      const [system] = await tables.find('relying_system', { code: clientId });
      if (system === undefined || system.client === null) return undefined;
      return {
        clientId: system.code,
        name_en: system.name_en,
        name_zh: system.name_zh,
        secret: await secretOf(tables, keyWrap, system),
        metadata: system.client,
      };
    },
  };
}
