// Rules of relying systems: the services (mail, instant messaging, file share …) that authenticate against the directory
// and what each may learn. Client metadata follows OpenID Connect Dynamic Client Registration 1.0 and RFC 8252.
import { OperationError } from '../errors.ts';
import { isAtLeast, serviceCeiling, strengthFor } from './clearance.ts';
import { type FieldParsers, parseReference, parseText, parseWord } from './field.ts';
import { isAtLeastAsStrong, systemStrengths } from './identity.ts';
import { officialName } from './name.ts';
import type { ClientMetadata, RelyingSystemRow } from './tables.ts';
import { type ClearanceLevel, clearanceLevels } from './vocabulary.ts';

const code = { expression: /^[a-z][a-z0-9]*(-[a-z0-9]+)*$/, form: "lower-case letters and digits ('mail')" };
const attribute = { expression: /^[A-Za-z][A-Za-z0-9-]*$/, form: 'an attribute name' };
const scopeToken = {
  expression: /^[a-z][a-z0-9_.:-]*( [a-z][a-z0-9_.:-]*)*$/,
  form: 'scope names parted by space',
};
const methods = ['client_secret_basic', 'client_secret_post', 'none'] as const;
const maxUris = 20;
const maxPopulation = 1000;

export type RelyingSystemColumns = Omit<RelyingSystemRow, 'uuid'>;

export const relyingSystemFields: FieldParsers<RelyingSystemColumns> = {
  code: (value) => parseText('code', value, { max: 32, pattern: code }),
  name_en: (value) => parseText('name_en', value, officialName(120)),
  name_zh: (value) => parseText('name_zh', value, officialName(60)),
  organisation: (value) => parseReference('organisation', value),
  information_owner: (value) => parseText('information_owner', value, { max: 160 }),
  classification: (value) => parseLevel('classification', value),
  minimum_clearance: (value) => parseLevel('minimum_clearance', value ?? 'NONE'),
  minimum_strength: (value) =>
    value === undefined || value === null ? null : parseWord('minimum_strength', value, systemStrengths),
  released_attributes: (value) =>
    parseList('released_attributes', value ?? [], 100, (one) =>
      parseText('released_attributes', one, { max: 64, pattern: attribute }),
    ),
  population: (value) =>
    value === undefined || value === null
      ? null
      : parseList('population', value, maxPopulation, (one) => parseReference('population', one)),
  clearance_approved: (value) => parseTruth('clearance_approved', value ?? false),
  client: (value) => (value === undefined || value === null ? null : parseClient(value)),
};

/** What a system's client secret is bound to when it is wrapped (KeyWrap in ports.ts): it serves no other system. */
export function clientSecretContext(systemCode: string): string {
  return `client_secret:${systemCode}`;
}

/**
 * What a system asks of those who enter agrees with what it handles: nobody must be cleared for more, and no proof is
 * weaker than the classification requires (G3 11.1(c)). Error: invalid_value.
 */
export function requireConsistentEntry(
  system: Pick<RelyingSystemRow, 'classification' | 'minimum_clearance' | 'minimum_strength'>,
): void {
  const { classification, minimum_clearance, minimum_strength } = system;
  if (!isAtLeast(classification, minimum_clearance)) {
    throw new OperationError('invalid_value', `minimum_clearance must be at most ${classification}`);
  }
  const required = strengthFor(classification);
  if (minimum_strength !== null && !isAtLeastAsStrong(minimum_strength, required)) {
    throw new OperationError(
      'invalid_value',
      `minimum_strength must be at least ${required} for a system that handles ${classification}`,
    );
  }
}

function parseLevel(field: string, value: unknown): ClearanceLevel {
  const level = parseWord(field, value, clearanceLevels);
  if (isAtLeast(serviceCeiling, level)) return level;
  throw new OperationError('invalid_value', `${field} must be at most ${serviceCeiling}`);
}

function parseTruth(field: string, value: unknown): boolean {
  if (typeof value === 'boolean') return value;
  throw new OperationError('invalid_value', `${field} must be true or false`);
}

function parseList<One>(field: string, value: unknown, max: number, parse: (one: unknown) => One): One[] {
  if (Array.isArray(value) && value.length <= max) return value.map((one: unknown) => parse(one));
  throw new OperationError('invalid_value', `${field} must be a list of at most ${max}`);
}

function parseClient(value: unknown): ClientMetadata {
  if (typeof value !== 'object' || value === null) {
    throw new OperationError('invalid_value', 'client must hold client metadata');
  }
  const sent: Record<string, unknown> = { ...value };
  const backchannel = sent.backchannel_logout_uri;
  const client: ClientMetadata = {
    redirect_uris: parseUris('redirect_uris', sent.redirect_uris),
    post_logout_redirect_uris: parseUris('post_logout_redirect_uris', sent.post_logout_redirect_uris ?? []),
    token_endpoint_auth_method: parseWord(
      'token_endpoint_auth_method',
      sent.token_endpoint_auth_method,
      methods,
    ),
    ...(backchannel !== undefined && {
      backchannel_logout_uri: parseUri('backchannel_logout_uri', backchannel),
    }),
    scope: parseText('scope', sent.scope, { max: 512, pattern: scopeToken }),
    first_party: parseTruth('first_party', sent.first_party ?? false),
  };
  if (client.first_party && client.token_endpoint_auth_method === 'none') {
    throw new OperationError(
      'invalid_value',
      'first_party must be false for a public client: nothing proves that it is the system',
    );
  }
  if (client.redirect_uris.length === 0) {
    throw new OperationError('invalid_value', 'redirect_uris must hold a URI');
  }
  return client;
}

function parseUris(field: string, value: unknown): string[] {
  return parseList(field, value, maxUris, (one) => parseUri(field, one));
}

/** https; or http on the loopback interface (RFC 8252 7.3, 8.3). No fragment, no user, no wildcard. */
function parseUri(field: string, value: unknown): string {
  const text = parseText(field, value, { max: 1024 });
  const uri = URL.canParse(text) ? new URL(text) : null;
  const loopback = ['localhost', '127.0.0.1', '[::1]'].includes(uri?.hostname ?? '');
  const secure = uri?.protocol === 'https:' || (uri?.protocol === 'http:' && loopback);
  const plain = uri?.username === '' && uri.password === '' && !text.includes('#') && !text.includes('*');
  if (secure && plain) return text;
  throw new OperationError('invalid_value', `${field} must be an https URI without fragment`);
}
