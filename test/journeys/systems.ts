// The relying systems of the demonstration as their software behaves: the mail server that authenticates over LDAP, and
// the OpenID Connect client of any of them.
import { Client } from 'ldapts';
import { demoSystemSecret } from '../../seeds/demo_secrets.ts';
import { type SystemCode, seedRelyingSystems } from '../../seeds/relying_systems.ts';
import { start } from '../oidc/relying_party.ts';

export const suffix = 'dc=gov,dc=hk';
export const people = `ou=people,${suffix}`;

export function personDn(uid: string): string {
  return `uid=${uid},${people}`;
}

export function systemDn(code: SystemCode): string {
  return `cn=${code},ou=systems,${suffix}`;
}

/** What a mail server makes of a login: who is it (as itself), and is this the password (as them), on one connection. */
export async function mailLogin(client: Client, uid: string, password: string): Promise<string> {
  await client.bind(systemDn('mail'), demoSystemSecret('mail'));
  const filter = `(&(objectClass=inetOrgPerson)(uid=${uid}))`;
  const { searchEntries } = await client.search(people, { scope: 'sub', filter, attributes: ['mail'] });
  const [found] = searchEntries;
  if (found === undefined) throw new Error(`${uid} is not in the directory`);
  await client.bind(found.dn, password);
  return String(found.mail);
}

/** A new client for every use; `ca` makes its TLS check the chain. */
export function ldapClient(url: string, ca?: string): Client {
  return new Client({
    url,
    timeout: 20_000,
    connectTimeout: 20_000,
    ...(ca !== undefined && { tlsOptions: { ca } }),
  });
}

function registered(issuer: string) {
  const clients = seedRelyingSystems.map(({ code, name_en, name_zh, client }) => ({
    ...{ clientId: code, name_en, name_zh, secret: demoSystemSecret(code), metadata: client },
  }));
  return { issuer, clients: new Map(clients.map((client) => [client.clientId as string, client])) };
}

/** Begins a sign-in at the system; `parameters` go into the authorization request. */
export function startAt(
  issuer: string,
  code: SystemCode,
  parameters: Record<string, string> = {},
  browser?: Parameters<typeof start>[3],
): ReturnType<typeof start> {
  const system = seedRelyingSystems.find((one) => one.code === code);
  const redirect_uri = system?.client.redirect_uris[0] ?? '';
  return start(registered(issuer), code, { redirect_uri, ...parameters }, browser);
}
