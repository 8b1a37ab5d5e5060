import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { packageRoot } from '../../src/package_root.ts';
import { checkFilter } from '../../src/x500/check_filter.ts';
import { parseFilter } from '../../src/x500/filter_text.ts';
import { matchFilter } from '../../src/x500/match_filter.ts';
import { everything, makeEntry, schema } from './entries.ts';

const vectors = JSON.parse(
  readFileSync(join(packageRoot, 'test/vectors/certificates.json'), 'utf8'),
) as Record<string, string>;
const octets = (name: string) => Buffer.from(vectors[name] ?? '', 'base64');
const certificate = octets('certificate');
const other = octets('other');
const crl = octets('crl');
const escaped = (der: Buffer) => der.toString('hex').replace(/../g, '\\$&');

describe('certificates in filters (RFC 4523 2.1 and 2.3)', () => {
  const decide = (filter: string) =>
    matchFilter(
      schema,
      makeEntry({ 'userCertificate;binary': [certificate], 'certificateRevocationList;binary': [crl] }),
      checkFilter(schema, parseFilter(filter)),
      everything,
    );

  it('finds the entry by the whole certificate, with and without ;binary (SSSD)', () => {
    expect(decide(`(userCertificate;binary=${escaped(certificate)})`)).to.equal(true);
    expect(decide(`(userCertificate=${escaped(certificate)})`)).to.equal(true);
    expect(decide(`(userCertificate;binary=${escaped(other)})`)).to.equal(false);
  });

  it('finds it by serial number and issuer', () => {
    const issuer = 'cn=issuing ca+ou=chan\\5c2c trust,o=政府,c=hk';
    const serial = 0xc0ffee;
    expect(decide(`(userCertificate={ serialNumber ${serial}, issuer rdnSequence:"${issuer}" })`)).to.equal(
      true,
    );
    expect(decide(`(userCertificate={ issuer "${issuer}", serialNumber ${serial} })`)).to.equal(true);
    expect(decide(`(userCertificate=${serial}$${issuer})`)).to.equal(true);
    expect(decide(`(userCertificate={ serialNumber 2, issuer rdnSequence:"${issuer}" })`)).to.equal(false);
  });

  it('finds a revocation list by issuer and time', () => {
    const assertion = (time: string) =>
      `(certificateRevocationList={ issuer rdnSequence:"OU=Chan\\5c2c Trust+CN=Issuing CA,O=政府,C=HK", thisUpdate utcTime:"${time}" })`;
    expect(decide(assertion('261122000000Z'))).to.equal(true);
    expect(decide(assertion('261122000001Z'))).to.equal(false);
    expect(decide(`(certificateRevocationList;binary=${escaped(crl)})`)).to.equal(true);
  });

  it('cannot decide what is neither', () => {
    for (const value of [
      'x',
      '{ serialNumber 1 }',
      '\\30\\84\\ff\\ff\\ff\\ff',
      '\\30\\03\\02\\01\\01',
      '\\30\\80\\00\\00',
      '{ serialNumber 1, issuer rdnSequence:"x" }',
    ]) {
      expect(decide(`(userCertificate=${value})`), value).to.equal(undefined);
      expect(decide(`(certificateRevocationList=${value})`), value).to.equal(undefined);
    }
  });

  it('survives every truncation and flipped octet', () => {
    const rule = schema.matchingRule('certificateExactMatch');
    for (let at = 0; at < certificate.length; at++) {
      expect(rule?.normalise(certificate.subarray(0, at))).to.equal(null);
      const mutated = Buffer.from(certificate);
      mutated[at] = (mutated[at] ?? 0) ^ 0x80;
      rule?.normalise(mutated);
    }
  });
});
