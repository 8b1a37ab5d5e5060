// The provider's keys: made once per cluster, kept in signing_key wrapped under the master key, the same on every worker
// in the same order. RS256 comes first because it is what clients expect where they name no algorithm (OIDC Core 15.1).
import {
  createPrivateKey,
  createPublicKey,
  generateKeyPair,
  type KeyObject,
  randomBytes,
  randomUUID,
} from 'node:crypto';
import { promisify } from 'node:util';
import { calculateJwkThumbprint } from 'jose';
import type { CommandRunner, KeyWrap, RequestOrigin, TableReader } from '../directory/ports.ts';
import type { SigningKeyRow } from '../directory/tables.ts';
import { isOperationError, OperationError } from '../errors.ts';
import { installProviderKeys, type NewProviderKey } from './commands.ts';
import type { ProviderKeys } from './ports.ts';

const generate = promisify(generateKeyPair);

const signingPurpose = 'oidc';
const cookiePurpose = 'cookie';
const cookieAlgorithm = 'secret-256';

/** In order of preference. RSA-2048 signs four times as fast as RSA-3072, and these signatures live for minutes. */
const signingAlgorithms = {
  RS256: async () => (await generate('rsa', { modulusLength: 2048 })).privateKey,
  ES256: async () => (await generate('ec', { namedCurve: 'P-256' })).privateKey,
} as const satisfies Record<string, () => Promise<KeyObject>>;

export interface ProviderKeyPorts {
  tables: TableReader;
  commands: CommandRunner;
  keyWrap: KeyWrap;
  origin: RequestOrigin; // an identity of the service itself
}

const contextOf = (uuid: string): string => `signing_key:${uuid}`;

async function newSigningKey(
  algorithm: keyof typeof signingAlgorithms,
  keyWrap: KeyWrap,
): Promise<NewProviderKey> {
  const key = await signingAlgorithms[algorithm]();
  const uuid = randomUUID();
  return {
    uuid,
    purpose: signingPurpose,
    algorithm,
    wrapped_key: keyWrap.wrap(key.export({ type: 'pkcs8', format: 'der' }), contextOf(uuid)),
    public_key: createPublicKey(key).export({ type: 'spki', format: 'der' }),
  };
}

function newCookieKey(keyWrap: KeyWrap): NewProviderKey {
  const uuid = randomUUID();
  return {
    uuid,
    purpose: cookiePurpose,
    algorithm: cookieAlgorithm,
    wrapped_key: keyWrap.wrap(randomBytes(32), contextOf(uuid)),
    public_key: null,
  };
}

async function readKeys(tables: TableReader): Promise<{ signing: SigningKeyRow[]; cookie: SigningKeyRow[] }> {
  const [signing, cookie] = await Promise.all([
    tables.find('signing_key', { purpose: signingPurpose }),
    tables.find('signing_key', { purpose: cookiePurpose }),
  ]);
  return { signing, cookie };
}

/** RS256 before ES256; of one algorithm the current key signs, next and retired ones only verify. Newest first. */
function inOrder(rows: readonly SigningKeyRow[]): SigningKeyRow[] {
  const algorithms = Object.keys(signingAlgorithms);
  const states = ['current', 'next', 'retired'];
  return [...rows].sort(
    (left, right) =>
      algorithms.indexOf(left.algorithm) - algorithms.indexOf(right.algorithm) ||
      states.indexOf(left.state) - states.indexOf(right.state) ||
      right.created_at.getTime() - left.created_at.getTime(),
  );
}

async function privateJwk(row: SigningKeyRow, keyWrap: KeyWrap): Promise<Record<string, unknown>> {
  const pkcs8 = keyWrap.unwrap(row.wrapped_key, contextOf(row.uuid));
  const jwk = createPrivateKey({ key: pkcs8, format: 'der', type: 'pkcs8' }).export({ format: 'jwk' });
  return { ...jwk, use: 'sig', alg: row.algorithm, kid: await calculateJwkThumbprint(jwk) };
}

/**
 * The keys that stand in the table; missing ones are made and stored first. Safe under several starters at once: the
 * slower ones throw their own away and read the winner's.
 * Errors: configuration (another master key wrapped them), unavailable.
 */
export async function loadProviderKeys(ports: ProviderKeyPorts): Promise<ProviderKeys> {
  const { tables, keyWrap } = ports;
  let rows = await readKeys(tables);
  const missing = Object.keys(signingAlgorithms).filter(
    (algorithm) => !rows.signing.some((row) => row.algorithm === algorithm && row.state === 'current'),
  ) as (keyof typeof signingAlgorithms)[];
  if (missing.length > 0 || rows.cookie.length === 0) {
    const made = await Promise.all(missing.map((algorithm) => newSigningKey(algorithm, keyWrap)));
    if (rows.cookie.length === 0) made.push(newCookieKey(keyWrap));
    try {
      await ports.commands.run(installProviderKeys, made, ports.origin);
    } catch (error) {
      if (!isOperationError(error, 'already_exists')) throw error;
    }
    rows = await readKeys(tables);
  }
  if (rows.signing.length === 0 || rows.cookie.length === 0) {
    throw new OperationError(
      'configuration',
      'the signing keys of the OpenID Provider are not in the database',
    );
  }
  return {
    jwks: { keys: await Promise.all(inOrder(rows.signing).map((row) => privateJwk(row, keyWrap))) },
    cookieKeys: inOrder(rows.cookie).map((row) =>
      keyWrap.unwrap(row.wrapped_key, contextOf(row.uuid)).toString('base64url'),
    ),
  };
}
