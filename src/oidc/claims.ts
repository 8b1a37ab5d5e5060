// What relying systems learn of a person, read from the person's entry (OIDC Core 5.1, 5.2 language tags, 5.4 scopes).
// A scope that the client is not registered for releases nothing, whether asked by scope or by the claims parameter.
import type { Strength } from '../directory/identity.ts';
import { type Entry, textValues } from '../x500/entry.ts';
import type { AccountRecord, ReadModel, SystemRecord } from '../x500/read_model.ts';
import { releasedClearance } from './subject.ts';

/** Claims by scope. */
export const claimsOfScope = {
  openid: ['sub', 'acr', 'amr', 'auth_time'], // how and when they signed in is for every system to know
  profile: ['name', 'name#zh-Hant', 'given_name', 'family_name', 'nickname', 'preferred_username', 'locale'],
  email: ['email', 'email_verified'],
  phone: ['phone_number'],
  organisation: ['organisation', 'title', 'title#zh-Hant', 'posts', 'acting_posts'],
  groups: ['groups'],
  clearance: ['clearance'],
} as const satisfies Record<string, readonly string[]>;

export type ClaimsModel = Pick<ReadModel, 'schema' | 'entryByUuid' | 'entryByDn'>;

export interface ClaimsSubject {
  account: AccountRecord;
  system: SystemRecord | undefined;
  strength: Strength;
}

const chinese = 'lang-zh-hant';

function first(readModel: ClaimsModel, entry: Entry, description: string): string | undefined {
  return textValues(readModel.schema, entry, description)[0];
}

function organisationClaim(readModel: ClaimsModel, uuid: string | null): Record<string, unknown> | undefined {
  const entry = uuid === null ? undefined : readModel.entryByUuid('organisation', uuid);
  if (entry === undefined) return undefined;
  return {
    id: entry.uuid,
    code: first(readModel, entry, 'bauhiniaOrganisationCode'),
    name: first(readModel, entry, 'displayName'),
    name_zh: first(readModel, entry, `displayName;${chinese}`),
  };
}

function groupNames(readModel: ClaimsModel, person: Entry): string[] {
  return textValues(readModel.schema, person, 'memberOf').flatMap((dn) => {
    const group = readModel.entryByDn(dn);
    return group === undefined ? [] : (first(readModel, group, 'cn') ?? []);
  });
}

function personClaims(readModel: ClaimsModel, entry: Entry): Record<string, unknown> {
  const { schema } = readModel;
  const email = first(readModel, entry, 'mail');
  return {
    name: first(readModel, entry, 'displayName'),
    'name#zh-Hant': first(readModel, entry, `displayName;${chinese}`),
    given_name: first(readModel, entry, 'givenName'),
    family_name: first(readModel, entry, 'sn'),
    nickname: textValues(schema, entry, 'givenName')[1], // the English name that some use besides
    locale: first(readModel, entry, 'preferredLanguage'),
    email,
    // Addresses are given out by this directory itself; oauth2-proxy and others refuse people without the claim.
    email_verified: email === undefined ? undefined : true,
    phone_number: first(readModel, entry, 'telephoneNumber')?.replaceAll(' ', ''),
    title: first(readModel, entry, 'title'),
    'title#zh-Hant': first(readModel, entry, `title;${chinese}`),
    posts: textValues(schema, entry, 'bauhiniaPost'),
    acting_posts: textValues(schema, entry, 'bauhiniaActingPost'),
    groups: groupNames(readModel, entry),
  };
}

/** Every claim that a client with these scopes may see; the library picks those that were asked for and granted. */
export function claimsOf(
  readModel: ClaimsModel,
  subject: ClaimsSubject,
  scopes: { registered: readonly string[]; granted: readonly string[] },
): Record<string, unknown> {
  const { account, system, strength } = subject;
  const entry = account.person === null ? undefined : readModel.entryByUuid('person', account.person);
  const all: Record<string, unknown> = {
    ...(entry !== undefined && personClaims(readModel, entry)),
    preferred_username: account.uid,
    organisation: organisationClaim(readModel, account.organisation),
    // Only by its scope, which is consented to or approved; the claims parameter alone does not reach it.
    clearance: scopes.granted.includes('clearance')
      ? releasedClearance(account, system, strength)
      : undefined,
  };
  const releasable = new Set<string>(
    Object.entries(claimsOfScope).flatMap(([scope, names]) =>
      scopes.registered.includes(scope) ? names : [],
    ),
  );
  return Object.fromEntries(
    Object.entries(all).filter(([name, value]) => value !== undefined && releasable.has(name)),
  );
}
