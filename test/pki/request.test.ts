import { expect } from 'chai';
import fc from 'fast-check';
import { OperationError } from '../../src/errors.ts';
import { childrenOf, elements, sequence } from '../../src/pki/der.ts';
import { longestRequest, openRequest } from '../../src/pki/request.ts';
import { type MadeRequest, makeForgeRequest, makeRequest, pem } from './requests.ts';

const keys = ['rsa', 'ec-p256'] as const;
const open = (sent: Buffer | string) => openRequest(sent, [...keys]);

function refused(sent: Buffer | string): string {
  try {
    open(sent);
  } catch (error) {
    if (error instanceof OperationError && error.code === 'invalid_request') return error.detail;
    throw error;
  }
  throw new Error('the request was accepted');
}

describe('certificate requests (PKCS#10, RFC 2986), as pkijs and node-forge write them', () => {
  let ec: MadeRequest;
  before(async () => {
    ec = await makeRequest({ name: 'ECDSA', namedCurve: 'P-256' });
  });

  it('are read as DER, PEM and bare base64, and give the key and nothing else', () => {
    const key = open(ec.der);
    expect(key.kind).to.equal('ec-p256');
    expect(key.hash).to.match(/^[0-9a-f]{64}$/);
    expect(open(pem(ec.der))).to.deep.equal(key);
    expect(open(Buffer.from(pem(ec.der).replaceAll('\n', '\r\n')))).to.deep.equal(key);
    expect(open(ec.der.toString('base64'))).to.deep.equal(key);
    expect(Object.keys(key)).to.deep.equal(['spki', 'kind', 'hash']);
  });

  it('prove possession of RSA keys by PKCS#1 v1.5 and by PSS', async () => {
    const pkcs1 = await makeRequest(
      { name: 'RSASSA-PKCS1-v1_5', modulusLength: 2048, hash: 'SHA-384' },
      'SHA-384',
    );
    expect(open(pkcs1.der).kind).to.equal('rsa');
    const pss = await makeRequest({ name: 'RSA-PSS', modulusLength: 2048, hash: 'SHA-256' });
    expect(open(pss.der).kind).to.equal('rsa');
    expect(open(await makeForgeRequest(2048)).kind).to.equal('rsa');
  });

  it('are refused with any bit of them changed: malformed, weak, or not verifying', () => {
    const details = new Set<string>();
    for (let bit = 0; bit < ec.der.length * 8; bit++) {
      const changed = Buffer.from(ec.der);
      changed[bit >> 3] = (changed[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      details.add(refused(changed));
    }
    expect([...details]).to.include("the certificate request's signature does not verify");
  });

  it('are refused when another key signed them', async () => {
    const other = await makeRequest({ name: 'ECDSA', namedCurve: 'P-256' });
    const [info, algorithm] = childrenOf(elements(ec.der)[0]);
    const signature = childrenOf(elements(other.der)[0])[2];
    const parts = [info, algorithm, signature].map((one) => one?.octets ?? Buffer.alloc(0));
    expect(refused(sequence(...parts))).to.equal("the certificate request's signature does not verify");
  });

  it('are refused with keys too weak or of kinds not certified here', async () => {
    const made = async (...how: Parameters<typeof makeRequest>) => refused((await makeRequest(...how)).der);
    expect(await made({ name: 'RSASSA-PKCS1-v1_5', modulusLength: 1024, hash: 'SHA-256' })).to.equal(
      'the RSA key must have 2048 to 4096 bits, a multiple of 8; it has 1024',
    );
    expect(
      await made({ name: 'RSASSA-PKCS1-v1_5', modulusLength: 2048, hash: 'SHA-256', exponent: 3 }),
    ).to.equal('the public exponent of the RSA key must be odd and at least 65537');
    expect(await made({ name: 'ECDSA', namedCurve: 'P-384' }, 'SHA-384')).to.equal(
      'the key must be one of rsa, ec-p256 for this profile; it is ec-p384',
    );
    expect(await made({ name: 'ECDSA', namedCurve: 'P-521' }, 'SHA-512')).to.equal(
      'keys of type secp521r1 are not certified here',
    );
  });

  it('are refused over SHA-1', async () => {
    const weak = await makeRequest(
      { name: 'RSASSA-PKCS1-v1_5', modulusLength: 2048, hash: 'SHA-1' },
      'SHA-1',
    );
    expect(refused(weak.der)).to.equal(
      'the certificate request must be signed by RSA, RSA-PSS or ECDSA with SHA-256, SHA-384 or SHA-512',
    );
  });

  it('are refused unread when they are too long', () => {
    const detail = `the certificate request is longer than ${longestRequest} octets`;
    expect(refused(Buffer.alloc(longestRequest + 1, 0x30))).to.equal(detail);
    expect(refused('A'.repeat(longestRequest + 1))).to.equal(detail);
  });

  it('are refused when they nest deeply, in any form', () => {
    let nested = Buffer.from([0x05, 0x00]);
    for (let depth = 0; depth < 2_000; depth++) {
      const { length } = nested;
      const head = length < 128 ? [0x30, length] : [0x30, 0x82, length >> 8, length & 0xff];
      nested = Buffer.concat([Buffer.from(head), nested]);
    }
    expect(refused(nested)).to.equal('the certificate request is nested too deeply');
    expect(refused(Buffer.alloc(8_000, Buffer.from([0x30, 0x80])))).to.equal(
      'the certificate request is not DER',
    );
  });

  it('are refused when they are something else', () => {
    expect(refused('')).to.contain('neither PEM nor DER');
    expect(refused('-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----')).to.contain(
      'neither PEM nor DER',
    );
    expect(refused(Buffer.from([0x30]))).to.equal('the certificate request is cut short');
    expect(refused(Buffer.from([0x30, 0x00]))).to.equal('the certificate request does not parse as PKCS#10');
    expect(refused(Buffer.concat([ec.der, Buffer.of(0)]))).to.equal(
      'the certificate request is followed by other octets',
    );
    expect(refused(ec.der.subarray(0, -1))).to.equal('the certificate request is cut short');
  });

  it('never make it throw anything but a refusal', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 1, maxLength: 200 }), (octets) => {
        refused(Buffer.concat([Buffer.of(0x30), octets]));
      }),
      { numRuns: 2_000 },
    );
    const mutation = fc.tuple(fc.nat({ max: 400 }), fc.nat({ max: 255 }));
    fc.assert(
      fc.property(fc.array(mutation, { minLength: 2, maxLength: 8 }), (mutations) => {
        const changed = Buffer.from(ec.der);
        for (const [at, octet] of mutations) changed[at % changed.length] = octet;
        if (!changed.equals(ec.der)) refused(changed);
      }),
      { numRuns: 3_000 },
    );
  });
});
