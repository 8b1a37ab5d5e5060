// Certificate requests as other people's software writes them: node-forge for RSA, pkijs for everything else.
import { webcrypto } from 'node:crypto';
import * as asn1js from 'asn1js';
import forge from 'node-forge';
import * as pkijs from 'pkijs';

export type RequestKey =
  | { name: 'ECDSA'; namedCurve: 'P-256' | 'P-384' | 'P-521' }
  | { name: 'RSASSA-PKCS1-v1_5' | 'RSA-PSS'; modulusLength: number; hash: string; exponent?: number }
  | { name: 'Ed25519' };

function generation(key: RequestKey): object {
  if (!('modulusLength' in key)) return key;
  const publicExponent = new Uint8Array(key.exponent === undefined ? [1, 0, 1] : [key.exponent]);
  return { ...key, publicExponent };
}

export interface MadeRequest {
  der: Buffer;
  keys: webcrypto.CryptoKeyPair;
}

/** A request for `key`, asking for a name and an address that nobody should believe. */
export async function makeRequest(key: RequestKey, hash = 'SHA-256'): Promise<MadeRequest> {
  const usages: webcrypto.KeyUsage[] = ['sign', 'verify'];
  const keys = (await webcrypto.subtle.generateKey(
    generation(key) as webcrypto.EcKeyGenParams,
    true,
    usages,
  )) as webcrypto.CryptoKeyPair;
  const request = new pkijs.CertificationRequest({ version: 0 });
  request.subject.typesAndValues.push(
    new pkijs.AttributeTypeAndValue({
      type: '2.5.4.3',
      value: new asn1js.Utf8String({ value: 'Chief Executive' }),
    }),
  );
  const names = new pkijs.GeneralNames({
    names: [new pkijs.GeneralName({ type: 1, value: 'ce@ceo.gov.example' })],
  });
  const extension = new pkijs.Extension({ extnID: '2.5.29.17', extnValue: names.toSchema().toBER() });
  request.attributes = [
    new pkijs.Attribute({
      type: '1.2.840.113549.1.9.14',
      values: [new pkijs.Extensions({ extensions: [extension] }).toSchema()],
    }),
  ];
  await request.subjectPublicKeyInfo.importKey(keys.publicKey);
  await request.sign(keys.privateKey, hash);
  return { der: Buffer.from(request.toSchema().toBER()), keys };
}

/** A request that node-forge makes and signs by itself, PEM. */
export async function makeForgeRequest(bits: number): Promise<string> {
  const pair = forge.pki.rsa.generateKeyPair({ bits, e: 65537 });
  const request = forge.pki.createCertificationRequest();
  request.publicKey = pair.publicKey;
  request.setSubject([{ name: 'commonName', value: 'anybody' }]);
  request.sign(pair.privateKey, forge.md.sha256.create());
  return forge.pki.certificationRequestToPem(request);
}

export function pem(der: Buffer): string {
  const lines = der.toString('base64').match(/.{1,64}/g) ?? [];
  return `-----BEGIN CERTIFICATE REQUEST-----\n${lines.join('\n')}\n-----END CERTIFICATE REQUEST-----\n`;
}
