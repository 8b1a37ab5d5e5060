// Private keys at work: a Signer signs and shows its public key, and never its private one, so that a PKCS#11 token can
// stand in its place. Software keys are node:crypto keys, which live wrapped at rest (key_wrap.ts).
import {
  createPrivateKey,
  createPublicKey,
  generateKeyPair,
  type KeyObject,
  sign as signWith,
} from 'node:crypto';
import { promisify } from 'node:util';
import { OperationError } from '../errors.ts';

/** Keys that this service makes for itself and, for encryption, for people. */
const keyAlgorithms = ['ec-p256', 'ec-p384', 'rsa-3072'] as const;
export type KeyAlgorithm = (typeof keyAlgorithms)[number];

export interface Signer {
  readonly algorithm: KeyAlgorithm;
  /** OID of the signature algorithm, and whether its identifier carries NULL parameters (RFC 4055; absent for ECDSA). */
  readonly signatureOid: string;
  readonly signatureHasNull: boolean;
  readonly publicKey: KeyObject;
  /** SubjectPublicKeyInfo, DER. */
  readonly spki: Buffer;
  /** The signature over `data`: DER ECDSA-Sig-Value, or RSASSA-PKCS1-v1_5. */
  sign(data: Buffer): Promise<Buffer>;
}

const algorithmTable = {
  'ec-p256': { oid: '1.2.840.10045.4.3.2', hash: 'sha256', withNull: false, curve: 'prime256v1' },
  'ec-p384': { oid: '1.2.840.10045.4.3.3', hash: 'sha384', withNull: false, curve: 'secp384r1' },
  'rsa-3072': { oid: '1.2.840.113549.1.1.11', hash: 'sha256', withNull: true, curve: null },
} as const satisfies Record<KeyAlgorithm, unknown>;

const generate = promisify(generateKeyPair);

/** A new key pair, made off the main thread: PKCS#8 and SubjectPublicKeyInfo, DER. */
export async function generateKey(algorithm: KeyAlgorithm): Promise<{ pkcs8: Buffer; spki: Buffer }> {
  const { curve } = algorithmTable[algorithm];
  const pair: { privateKey: KeyObject; publicKey: KeyObject } =
    curve === null
      ? await generate('rsa', { modulusLength: 3072, publicExponent: 65537 })
      : await generate('ec', { namedCurve: curve });
  return {
    pkcs8: pair.privateKey.export({ format: 'der', type: 'pkcs8' }),
    spki: pair.publicKey.export({ format: 'der', type: 'spki' }),
  };
}

/** A key algorithm by its stored name. Error: configuration. */
export function keyAlgorithm(name: string): KeyAlgorithm {
  const found = keyAlgorithms.find((algorithm) => algorithm === name);
  if (found === undefined) throw new OperationError('configuration', `no signer knows the algorithm ${name}`);
  return found;
}

/** A signer over a private key held in this process. */
export function softwareSigner(algorithm: KeyAlgorithm, pkcs8: Buffer): Signer {
  const key = createPrivateKey({ key: pkcs8, format: 'der', type: 'pkcs8' });
  const publicKey = createPublicKey(key);
  const { oid, hash, withNull } = algorithmTable[algorithm];
  return {
    algorithm,
    signatureOid: oid,
    signatureHasNull: withNull,
    publicKey,
    spki: publicKey.export({ format: 'der', type: 'spki' }),
    sign(data) {
      // A P-256 signature takes 30 microseconds: less than the way to a thread and back.
      if (algorithm === 'ec-p256') return Promise.resolve(signWith(hash, data, key));
      return new Promise((resolve, reject) => {
        signWith(hash, data, key, (error, signature) => (error ? reject(error) : resolve(signature)));
      });
    },
  };
}
