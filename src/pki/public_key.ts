// Public keys as certificates carry them: which kinds are accepted, how they are named (RFC 5280 4.2.1.2, RFC 7093)
// and how the inventory recognises one it has seen.
import { createHash, createPublicKey, type KeyObject } from 'node:crypto';
import { OperationError } from '../errors.ts';
import * as asn1 from './asn1.ts';
import type { Profile } from './profile.ts';

/** A key that passed `checkPublicKey`: nothing else may be certified. */
export interface CheckedPublicKey {
  /** SubjectPublicKeyInfo as OpenSSL writes it back, DER. */
  readonly spki: Buffer;
  readonly kind: Profile['keys'][number];
  /** SHA-256 of `spki`, lower-case hex. */
  readonly hash: string;
}

export function publicKeyObject({ spki }: Pick<CheckedPublicKey, 'spki'>): KeyObject {
  return createPublicKey({ key: spki, format: 'der', type: 'spki' });
}

/** Largest RSA key that RFC 8550 4.3 obliges receivers to verify and that does not cost us much. */
const rsaBits = { least: 2048, most: 4096 };
/** SBR 6.1.6: 2^16+1 and larger; larger than 2^32 is nobody's habit and costs the verifier. */
const rsaExponent = { least: 65537n, most: 2n ** 32n };

const curves: Record<string, 'ec-p256' | 'ec-p384'> = { prime256v1: 'ec-p256', secp384r1: 'ec-p384' };

function kindOf(key: KeyObject): CheckedPublicKey['kind'] {
  const details = key.asymmetricKeyDetails ?? {};
  if (key.asymmetricKeyType === 'rsa') {
    const bits = details.modulusLength ?? 0;
    const exponent = details.publicExponent ?? 0n;
    if (bits < rsaBits.least || bits > rsaBits.most || bits % 8 !== 0) {
      throw new OperationError(
        'invalid_request',
        `the RSA key must have ${rsaBits.least} to ${rsaBits.most} bits, a multiple of 8; it has ${bits}`,
      );
    }
    if (exponent < rsaExponent.least || exponent > rsaExponent.most || exponent % 2n === 0n) {
      throw new OperationError(
        'invalid_request',
        'the public exponent of the RSA key must be odd and at least 65537',
      );
    }
    return 'rsa';
  }
  const curve = key.asymmetricKeyType === 'ec' ? curves[details.namedCurve ?? ''] : undefined;
  if (curve === undefined) {
    throw new OperationError(
      'invalid_request',
      `keys of type ${details.namedCurve ?? key.asymmetricKeyType} are not certified here`,
    );
  }
  return curve;
}

/** Reads and judges a SubjectPublicKeyInfo. Error: invalid_request, naming what is wrong with the key. */
export function checkPublicKey(spki: Buffer, accepted: Profile['keys']): CheckedPublicKey {
  let key: KeyObject;
  try {
    key = publicKeyObject({ spki });
  } catch (cause) {
    throw new OperationError('invalid_request', 'the public key cannot be read', { cause });
  }
  const kind = kindOf(key);
  if (!accepted.includes(kind)) {
    throw new OperationError(
      'invalid_request',
      `the key must be one of ${accepted.join(', ')} for this profile; it is ${kind}`,
    );
  }
  const canonical = key.export({ format: 'der', type: 'spki' });
  return { spki: canonical, kind, hash: createHash('sha256').update(canonical).digest('hex') };
}

/** Key identifier: the leftmost 160 bits of SHA-256 over the key's bits (RFC 7093 section 2, method 1). */
export function keyIdentifier(spki: Buffer): Buffer {
  const bits = asn1.content(asn1.children(asn1.fromDer(spki))[1]);
  if (bits === undefined) throw new Error('a SubjectPublicKeyInfo without a key');
  return createHash('sha256').update(bits.subarray(1)).digest().subarray(0, 20);
}
