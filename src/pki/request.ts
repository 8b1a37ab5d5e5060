// Certificate requests, PKCS#10 (RFC 2986): bounded, parsed, and the key's possession proved by node:crypto. Only the key
// is taken from a request; the names, addresses and extensions it asks for are ignored, for registration knows those.
import { constants, verify } from 'node:crypto';
import { OperationError } from '../errors.ts';
import { childrenOf, type Element, elements, objectIdentifier } from './der.ts';
import type { Profile } from './profile.ts';
import { type CheckedPublicKey, checkPublicKey, publicKeyObject } from './public_key.ts';

/** Longest request, PEM or DER. An RSA-4096 request with many attributes takes less than 4 KiB. */
export const longestRequest = 16 * 1024;
const deepestNesting = 24;

function refuse(detail: string, cause?: unknown): OperationError {
  return new OperationError('invalid_request', detail, { cause });
}

const pemForm =
  /^-----BEGIN (?:NEW )?CERTIFICATE REQUEST-----\r?\n([A-Za-z0-9+/=\r\n \t]+)-----END (?:NEW )?CERTIFICATE REQUEST-----$/;
const base64Form = /^[A-Za-z0-9+/=\s]+$/;

/** DER of a request sent as PEM, as base64 (EST, RFC 7030 4.2.1) or as DER. */
function octetsOf(sent: Buffer | string): Buffer {
  if (sent.length > longestRequest) {
    throw refuse(`the certificate request is longer than ${longestRequest} octets`);
  }
  if (typeof sent !== 'string' && sent[0] === 0x30) return sent;
  const text = sent.toString().trim();
  const base64 = pemForm.exec(text)?.[1] ?? (base64Form.test(text) ? text : undefined);
  if (base64 === undefined) throw refuse('the certificate request is neither PEM nor DER');
  return Buffer.from(base64, 'base64');
}

/**
 * Walks the TLVs without recursion and without copying: one value, every length definite and inside its parent, tags of
 * one octet, nesting bounded. Nothing else reads octets that did not pass here.
 */
function requireBoundedDer(der: Buffer): void {
  const ends: number[] = [der.length];
  let at = 0;
  do {
    while (ends.length > 1 && at === ends.at(-1)) ends.pop();
    const identifier = der[at];
    const first = der[at + 1];
    if (identifier === undefined || first === undefined) throw refuse('the certificate request is cut short');
    const lengthSize = first > 0x80 ? first & 0x7f : 0;
    if ((identifier & 0x1f) === 0x1f || first === 0x80 || lengthSize > 3) {
      throw refuse('the certificate request is not DER');
    }
    const start = at + 2 + lengthSize;
    const end = ends.at(-1) ?? 0;
    if (start > end) throw refuse('the certificate request is cut short');
    const length = lengthSize === 0 ? first : der.readUIntBE(at + 2, lengthSize);
    if (start + length > end) throw refuse('the certificate request is cut short');
    if (at === 0 && start + length < end) throw refuse('the certificate request is followed by other octets');
    const constructed = (identifier & 0x20) !== 0;
    if (constructed && length > 0) ends.push(start + length);
    if (ends.length > deepestNesting) throw refuse('the certificate request is nested too deeply');
    at = constructed ? start : start + length;
  } while (at < der.length);
}

type Hash = 'sha256' | 'sha384' | 'sha512';

/** Signatures that prove possession; those over MD5 or SHA-1 prove nothing. By the OID's DER in hex. */
const signatureAlgorithms = new Map<string, { key: 'rsa' | 'ec'; hash: Hash }>(
  (
    [
      ['1.2.840.113549.1.1.11', 'rsa', 'sha256'],
      ['1.2.840.113549.1.1.12', 'rsa', 'sha384'],
      ['1.2.840.113549.1.1.13', 'rsa', 'sha512'],
      ['1.2.840.10045.4.3.2', 'ec', 'sha256'],
      ['1.2.840.10045.4.3.3', 'ec', 'sha384'],
      ['1.2.840.10045.4.3.4', 'ec', 'sha512'],
    ] as const
  ).map(([oid, key, hash]) => [objectIdentifier(oid).toString('hex'), { key, hash }]),
);

const pssOid = objectIdentifier('1.2.840.113549.1.1.10').toString('hex');
const hashes = new Map<string, Hash>(
  (
    [
      ['2.16.840.1.101.3.4.2.1', 'sha256'],
      ['2.16.840.1.101.3.4.2.2', 'sha384'],
      ['2.16.840.1.101.3.4.2.3', 'sha512'],
    ] as const
  ).map(([oid, hash]) => [objectIdentifier(oid).toString('hex'), hash]),
);

interface Method {
  key: 'rsa' | 'ec';
  hash: Hash;
  saltLength: number | null; // of PSS
}

/** RSASSA-PSS-params (RFC 4055 3.1): the mask's hash must be the message's; what is left out would mean SHA-1. */
function pssMethod(parameters: Element | undefined): Method | undefined {
  const fields = childrenOf(parameters);
  const field = (tag: number) => childrenOf(fields.find((one) => one.identifier === (0xa0 | tag)))[0];
  const [hashOid] = childrenOf(field(0));
  const [maskOid] = childrenOf(childrenOf(field(1))[1]);
  const hash = hashes.get(hashOid?.octets.toString('hex') ?? '');
  const salt = field(2)?.content;
  const saltLength = salt === undefined ? 20 : salt.length === 1 ? (salt[0] ?? 0) : -1;
  if (hash === undefined || maskOid === undefined || hashes.get(maskOid.octets.toString('hex')) !== hash) {
    return undefined;
  }
  return saltLength >= 0 && saltLength < 128 ? { key: 'rsa', hash, saltLength } : undefined;
}

function methodOf(algorithm: Element): Method {
  const [oid, parameters] = childrenOf(algorithm);
  const name = oid?.octets.toString('hex') ?? '';
  const known = signatureAlgorithms.get(name);
  const method = known !== undefined ? { ...known, saltLength: null } : undefined;
  const found = name === pssOid ? pssMethod(parameters) : method;
  if (found !== undefined) return found;
  throw refuse(
    'the certificate request must be signed by RSA, RSA-PSS or ECDSA with SHA-256, SHA-384 or SHA-512',
  );
}

interface Parsed {
  signed: Buffer; // CertificationRequestInfo
  spki: Buffer;
  algorithm: Element;
  signature: Buffer;
}

function parse(der: Buffer): Parsed {
  const [request] = elements(der);
  const [info, algorithm, signature] = childrenOf(request);
  const [version, subject, spki] = childrenOf(info);
  if (
    info?.identifier !== 0x30 ||
    algorithm?.identifier !== 0x30 ||
    signature?.identifier !== 0x03 ||
    signature.content[0] !== 0 ||
    version?.octets.equals(Buffer.of(2, 1, 0)) !== true ||
    subject?.identifier !== 0x30 ||
    spki?.identifier !== 0x30
  ) {
    throw refuse('the certificate request does not parse as PKCS#10');
  }
  return { signed: info.octets, spki: spki.octets, algorithm, signature: signature.content.subarray(1) };
}

function provesPossession(parsed: Parsed, key: CheckedPublicKey, method: Method): boolean {
  const publicKey = publicKeyObject(key);
  if ((key.kind === 'rsa') !== (method.key === 'rsa')) return false;
  const { saltLength, hash } = method;
  const how =
    saltLength === null
      ? publicKey
      : { key: publicKey, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength };
  return verify(hash, parsed.signed, how, parsed.signature);
}

/**
 * The public key of a request, once its maker has proved to hold the private one. Error: invalid_request, saying what is
 * wrong: too long, malformed, a weak or unaccepted key, a weak signature, a signature that does not verify.
 */
export function openRequest(sent: Buffer | string, keys: Profile['keys']): CheckedPublicKey {
  const der = octetsOf(sent);
  requireBoundedDer(der);
  const parsed = parse(der);
  const key = checkPublicKey(parsed.spki, keys);
  const method = methodOf(parsed.algorithm);
  let proved: boolean;
  try {
    proved = provesPossession(parsed, key, method);
  } catch (cause) {
    throw refuse("the certificate request's signature does not verify", cause);
  }
  if (!proved) throw refuse("the certificate request's signature does not verify");
  return key;
}
