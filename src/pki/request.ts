// Certificate requests, PKCS#10 (RFC 2986): bounded, parsed, and the key's possession proved. Only the key is taken from
// a request; whatever names, addresses and extensions it asks for are ignored, for registration alone knows those.
import { Pkcs10CertificateRequest } from '@peculiar/x509';
import { OperationError } from '../errors.ts';
import type { Profile } from './profile.ts';
import { type CheckedPublicKey, checkPublicKey } from './public_key.ts';

/** Longest request, PEM or DER. An RSA-4096 request with many attributes takes less than 4 KiB. */
export const longestRequest = 16 * 1024;
const deepestNesting = 24;

const pemForm =
  /^-----BEGIN (NEW )?CERTIFICATE REQUEST-----\r?\n([A-Za-z0-9+/=\r\n \t]+)-----END (NEW )?CERTIFICATE REQUEST-----\s*$/;

/** Hashes good enough to prove possession; MD5 and SHA-1 prove nothing. */
const acceptedHashes: readonly unknown[] = ['SHA-256', 'SHA-384', 'SHA-512'];

function refuse(detail: string, cause?: unknown): OperationError {
  return new OperationError('invalid_request', detail, { cause });
}

/** DER of a request sent as PEM, as base64 (EST, RFC 7030 4.2.1) or as DER. */
function octetsOf(sent: Buffer | string): Buffer {
  if (sent.length > longestRequest) {
    throw refuse(`the certificate request is longer than ${longestRequest} octets`);
  }
  if (typeof sent !== 'string' && sent[0] === 0x30) return sent;
  const text = sent.toString().trim();
  const pem = pemForm.exec(text);
  const base64 = pem?.[2] ?? (/^[A-Za-z0-9+/=\s]+$/.test(text) ? text : undefined);
  if (base64 === undefined) throw refuse('the certificate request is neither PEM nor DER');
  return Buffer.from(base64, 'base64');
}

/**
 * Walks the TLVs without recursion and without copying: every length inside its parent, no indefinite form, one value,
 * nesting bounded. The parser behind it recurses, and must never see anything else.
 */
function requireBoundedDer(der: Buffer): void {
  const ends: number[] = [der.length];
  let at = 0;
  while (at < der.length) {
    while (ends.length > 1 && at === ends.at(-1)) ends.pop();
    const end = ends.at(-1) ?? 0;
    const identifier = der[at] ?? 0;
    const first = der[at + 1];
    const lengthSize = first !== undefined && first > 0x80 ? first & 0x7f : 0;
    if ((identifier & 0x1f) === 0x1f || first === undefined || first === 0x80 || lengthSize > 3) {
      throw refuse('the certificate request is not DER');
    }
    const start = at + 2 + lengthSize;
    if (start > end) throw refuse('the certificate request is cut short');
    const length = lengthSize === 0 ? first : der.readUIntBE(at + 2, lengthSize);
    if (start + length > end) throw refuse('the certificate request is cut short');
    if (at === 0 && start + length !== der.length) {
      throw refuse('the certificate request is followed by other octets');
    }
    const constructed = (identifier & 0x20) !== 0;
    if (constructed && length > 0) ends.push(start + length);
    if (ends.length > deepestNesting) throw refuse('the certificate request is nested too deeply');
    at = constructed ? start : start + length;
  }
  if (der.length === 0) throw refuse('the certificate request is empty');
}

function parse(der: Buffer): Pkcs10CertificateRequest {
  try {
    return new Pkcs10CertificateRequest(der);
  } catch (cause) {
    throw refuse('the certificate request does not parse as PKCS#10', cause);
  }
}

function hashOf(request: Pkcs10CertificateRequest): unknown {
  const { hash } = request.signatureAlgorithm;
  return typeof hash === 'object' && hash !== null && 'name' in hash ? hash.name : hash;
}

/**
 * The public key of a request, once its holder has proved to hold the private one.
 * Errors: invalid_request, saying what is wrong: too long, malformed, a weak or unaccepted key, a signature that does not verify.
 */
export async function openRequest(sent: Buffer | string, keys: Profile['keys']): Promise<CheckedPublicKey> {
  const der = octetsOf(sent);
  requireBoundedDer(der);
  const request = parse(der);
  const key = checkPublicKey(Buffer.from(request.publicKey.rawData), keys);
  if (!acceptedHashes.includes(hashOf(request))) {
    throw refuse('the certificate request must be signed with SHA-256, SHA-384 or SHA-512');
  }
  let proved: boolean;
  try {
    proved = await request.verify();
  } catch (cause) {
    throw refuse("the certificate request's signature does not verify", cause);
  }
  if (!proved) throw refuse("the certificate request's signature does not verify");
  return key;
}
