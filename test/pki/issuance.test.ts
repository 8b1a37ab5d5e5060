import { createPrivateKey, X509Certificate } from 'node:crypto';
import { expect } from 'chai';
import { leave } from '../../src/directory/commands/leave.ts';
import { anonymous } from '../../src/directory/identity.ts';
import type { Pki } from '../../src/pki/authority.ts';
import { abandonIntentions } from '../../src/pki/commands/certificate_abandon.ts';
import { intendCertificate } from '../../src/pki/commands/certificate_intend.ts';
import { publishCertificate } from '../../src/pki/commands/certificate_publish.ts';
import { issueEncryptionCertificate } from '../../src/pki/issue_encryption_certificate.ts';
import { publishRevocationList } from '../../src/pki/publish_revocation_list.ts';
import { recoverKey } from '../../src/pki/recover_key.ts';
import { openRequest } from '../../src/pki/request.ts';
import { requestSigningCertificate } from '../../src/pki/request_signing_certificate.ts';
import { newSerial } from '../../src/pki/validity.ts';
import { refusal } from './refusal.ts';
import { openRegistry, type Registry, start } from './registry.ts';
import {
  decrypt,
  encryptTo,
  extension,
  openPkcs12,
  readCertificate,
  subjectAttribute,
  validate,
} from './relying_party.ts';
import { makeForgeRequest, makeRequest, pem } from './requests.ts';

describe('issuing certificates (RFC 5280, S/MIME BR)', () => {
  let registry: Registry;
  let pki: Pki;

  before(async function () {
    this.timeout(60_000);
    registry = await openRegistry();
    pki = await registry.pki();
  });
  after(() => registry.close());
  afterEach(() => registry.clock.move(start));

  const ecRequest = async () => pem((await makeRequest({ name: 'ECDSA', namedCurve: 'P-256' })).der);
  const rowOf = async (uuid: string) => (await registry.reader.find('certificate', { uuid }))[0];

  async function crls(): Promise<Buffer[]> {
    for (const name of ['root', 'issuing'] as const) {
      await publishRevocationList(
        { ...registry.ports, validityDays: 7 },
        pki.authorities[name],
        registry.console,
      );
    }
    return (await registry.reader.find('certificate_authority', {})).flatMap(({ crl }) =>
      crl === null ? [] : [crl],
    );
  }

  describe('a signing certificate', () => {
    it('certifies the key of the request under the names of the directory', async () => {
      const officer = await registry.officer({ uid: 'tmchan', name_zh: '陳大文' });
      const made = await makeRequest({ name: 'ECDSA', namedCurve: 'P-256' });
      const row = await requestSigningCertificate(
        pki,
        { person: officer.person, request: made.der },
        officer.origin,
      );
      const read = new X509Certificate(row.der);
      expect(
        read.checkPrivateKey(
          createPrivateKey({ key: await pkcs8(made.keys.privateKey), format: 'der', type: 'pkcs8' }),
        ),
      ).to.equal(true);
      expect(read.subject).to.equal(
        'C=HK\nO=Digital Policy Office\norganizationIdentifier=GOVHK\nSN=CHAN\nGN=Tai-man\nserialNumber=tmchan\nCN=CHAN Tai-man 陳大文',
      );
      expect(read.subjectAltName).to.equal('email:tmchan@dpo.gov.example');
      expect(read.checkEmail('tmchan@dpo.gov.example')).to.equal('tmchan@dpo.gov.example');
      expect(read.checkIssued(new X509Certificate(pki.authorities.issuing.certificate))).to.equal(true);
      expect(read.serialNumber.toLowerCase()).to.equal(row.serial);
      expect(row.state).to.equal('valid');
      expect(row.mail).to.equal('tmchan@dpo.gov.example');
      expect(read.toString()).not.to.contain('Chief Executive');
    });

    it('holds what the profile says, as pkijs reads it', async () => {
      const officer = await registry.officer({ surname: 'AU-YEUNG', name_zh: '歐陽𠝹' });
      const row = await requestSigningCertificate(
        pki,
        { person: officer.person, request: await ecRequest() },
        officer.origin,
      );
      const certificate = readCertificate(row.der);
      expect(subjectAttribute(certificate, '2.5.4.3')).to.deep.equal({
        tag: 12,
        text: 'AU-YEUNG Tai-man 歐陽𠝹',
      });
      expect(subjectAttribute(certificate, '2.5.4.6').tag).to.equal(19);
      const keyUsage = extension(certificate, '2.5.29.15');
      expect(keyUsage?.critical).to.equal(true);
      expect(Buffer.from(keyUsage?.extnValue.valueBlock.valueHexView ?? []).toString('hex')).to.equal(
        '030206c0',
      );
      expect(extension(certificate, '2.5.29.37')?.parsedValue.keyPurposes).to.deep.equal([
        '1.3.6.1.5.5.7.3.4',
        '1.3.6.1.5.5.7.3.2',
      ]);
      expect(extension(certificate, '2.5.29.19')).to.equal(undefined);
      const lists = extension(certificate, '2.5.29.31')?.parsedValue.distributionPoints[0].distributionPoint;
      expect(lists[0].value).to.equal('http://pki.gov.example/pki/issuing.crl');
    });

    it('is one of RSA as well', async () => {
      const officer = await registry.officer();
      const request = await makeForgeRequest(2048);
      const row = await requestSigningCertificate(pki, { person: officer.person, request }, officer.origin);
      expect(new X509Certificate(row.der).publicKey.asymmetricKeyType).to.equal('rsa');
    });

    it('validates from the root down, with every list at hand', async () => {
      const officer = await registry.officer();
      const row = await requestSigningCertificate(
        pki,
        { person: officer.person, request: await ecRequest() },
        officer.origin,
      );
      const { root, issuing } = pki.authorities;
      const path = { leaf: row.der, intermediates: [issuing.certificate], root: root.certificate, at: start };
      expect(await validate({ ...path, crls: await crls() })).to.deep.include({ result: true });
      const late = await validate({ ...path, crls: [], at: new Date(row.not_after.getTime() + 1000) });
      expect(late.result).to.equal(false);
    });
  });

  describe('an encryption certificate', () => {
    it('receives mail that only its owner’s key opens', async () => {
      const officer = await registry.officer();
      const stranger = await registry.officer();
      const own = await issueEncryptionCertificate(pki, officer, officer.origin);
      const others = await issueEncryptionCertificate(pki, stranger, stranger.origin);
      const file = openPkcs12(own.pkcs12?.octets ?? Buffer.alloc(0), own.pkcs12?.password ?? '');
      const foreign = openPkcs12(others.pkcs12?.octets ?? Buffer.alloc(0), others.pkcs12?.password ?? '');
      const message = encryptTo(own.certificate.der, '機密：預算案');
      expect(decrypt(message, own.certificate.der, file.key)).to.equal('機密：預算案');
      expect(() => decrypt(message, own.certificate.der, foreign.key)).to.throw();
    });

    it('comes as PKCS#12 with its chain, under a password of 120 random bits', async () => {
      const officer = await registry.officer();
      const { certificate, pkcs12 } = await issueEncryptionCertificate(pki, officer, officer.origin);
      expect(pkcs12?.password).to.match(/^([A-HJ-NP-Z2-9]{4}-){5}[A-HJ-NP-Z2-9]{4}$/);
      const octets = pkcs12?.octets ?? Buffer.alloc(0);
      const file = openPkcs12(octets, pkcs12?.password ?? '');
      expect(file.certificates).to.equal(3);
      expect(file.localKeyIds[0]).to.equal(file.localKeyIds[1]);
      expect(file.friendlyName).to.equal(`${officer.mail.toLowerCase()} 2026-11-22`);
      for (const der of [
        certificate.der,
        pki.authorities.issuing.certificate,
        pki.authorities.root.certificate,
      ]) {
        expect(octets.includes(der)).to.equal(true);
      }
      expect(() => openPkcs12(octets, 'WRONG')).to.throw(/MAC could not be verified/);
    });

    it('is for encryption alone', async () => {
      const officer = await registry.officer();
      const { certificate } = await issueEncryptionCertificate(pki, officer, officer.origin);
      const read = readCertificate(certificate.der);
      const keyUsage = extension(read, '2.5.29.15');
      expect(Buffer.from(keyUsage?.extnValue.valueBlock.valueHexView ?? []).toString('hex')).to.equal(
        '03020520',
      );
      expect(extension(read, '2.5.29.37')?.parsedValue.keyPurposes).to.deep.equal(['1.3.6.1.5.5.7.3.4']);
      expect(new X509Certificate(certificate.der).publicKey.asymmetricKeyDetails?.modulusLength).to.equal(
        3072,
      );
    });

    it('stays readable after a renewal: its owner gets every old key again, on the audit trail', async () => {
      const officer = await registry.officer();
      const first = await issueEncryptionCertificate(pki, officer, officer.origin);
      const message = encryptTo(first.certificate.der, 'old mail');
      registry.clock.move(new Date(start.getTime() + 86_400_000));
      const second = await issueEncryptionCertificate(pki, officer, officer.origin);
      expect(second.certificate.renewal_of).to.equal(first.certificate.uuid);
      expect((await rowOf(first.certificate.uuid))?.state).to.equal('valid');
      const recovered = await recoverKey(pki, { certificate: first.certificate.uuid }, officer.origin);
      const file = openPkcs12(recovered.pkcs12.octets, recovered.pkcs12.password);
      expect(decrypt(message, first.certificate.der, file.key)).to.equal('old mail');
      expect(recovered.pkcs12.password).not.to.equal(first.pkcs12?.password);
      expect(registry.audited.at(-1)?.act).to.deep.equal({
        act: 'key.recover',
        certificate: first.certificate.serial,
      });
    });

    it('gives its key to nobody else', async () => {
      const officer = await registry.officer();
      const stranger = await registry.officer();
      const { certificate } = await issueEncryptionCertificate(pki, officer, officer.origin);
      const error = await refusal(recoverKey(pki, { certificate: certificate.uuid }, stranger.origin));
      expect(error.code).to.equal('access_denied');
      const feed = JSON.stringify(await registry.feed.read(0, 1_000));
      expect(feed).to.contain(certificate.serial);
      expect(feed).not.to.contain(certificate.der.toString('base64').slice(0, 40));
    });

    it('may be issued by a certificate officer, and by no colleague', async () => {
      const officer = await registry.officer();
      const registrar = await registry.officer();
      const grants = [{ role: 'certificate_officer' as const, organisation: null, post: null }];
      const origin = { ...registrar.origin, identity: { ...registrar.origin.identity, grants } };
      const issued = await issueEncryptionCertificate(pki, officer, origin);
      expect(issued.certificate.person).to.equal(officer.person);
      const byStranger = await refusal(issueEncryptionCertificate(pki, officer, registrar.origin));
      expect(byStranger.code).to.equal('access_denied');
    });
  });

  describe('is refused', () => {
    it('to strangers and to nobody in particular', async () => {
      const officer = await registry.officer();
      const stranger = await registry.officer();
      const request = await ecRequest();
      const input = { person: officer.person, request };
      for (const identity of [
        stranger.origin.identity,
        anonymous('est', null),
        { ...officer.origin.identity, kind: 'shared' as const },
      ]) {
        const error = await refusal(requestSigningCertificate(pki, input, { identity, request: 'test' }));
        expect(error.code).to.equal('access_denied');
      }
      expect(await registry.reader.find('certificate', { person: officer.person })).to.deep.equal([]);
    });

    it('while the account is not ACTIVE, and without a mail address', async () => {
      const invited = await registry.officer({ active: false });
      const asked = await refusal(
        requestSigningCertificate(
          pki,
          { person: invited.person, request: await ecRequest() },
          registry.console,
        ),
      );
      expect(asked.message).to.equal(
        'invalid_state: the account must be ACTIVE to be certified; it is INVITED',
      );
      const mailless = await registry.officer({ mail: null });
      const error = await refusal(issueEncryptionCertificate(pki, mailless, mailless.origin));
      expect(error.detail).to.equal('the person has no mail address');
    });

    it('for a key that another person or another purpose has', async () => {
      const officer = await registry.officer();
      const thief = await registry.officer();
      const request = await ecRequest();
      await requestSigningCertificate(pki, { person: officer.person, request }, officer.origin);
      const error = await refusal(
        requestSigningCertificate(pki, { person: thief.person, request }, thief.origin),
      );
      expect(error.message).to.equal(
        'invalid_request: the key is certified for another holder or purpose already',
      );
      const again = await requestSigningCertificate(pki, { person: officer.person, request }, officer.origin);
      expect(again.state).to.equal('valid');
    });

    it('beyond eight valid certificates of a profile', async () => {
      const officer = await registry.officer();
      for (let held = 0; held < 8; held++) {
        await requestSigningCertificate(
          pki,
          { person: officer.person, request: await ecRequest() },
          officer.origin,
        );
      }
      const error = await refusal(
        requestSigningCertificate(
          pki,
          { person: officer.person, request: await ecRequest() },
          officer.origin,
        ),
      );
      expect(error.code).to.equal('admin_limit_exceeded');
    });
  });

  describe('an intention', () => {
    async function intend(person: string) {
      const profile = pki.profiles.signing;
      const key = openRequest(await ecRequest(), profile.keys);
      const uuid = crypto.randomUUID();
      const serial = newSerial().toString('hex');
      const input = { uuid, person, profile, key, serial, authority: pki.authorities.issuing };
      await registry.runner.run(intendCertificate, input, registry.console);
      return { uuid, profile, der: Buffer.from('der'), wrappedKey: null };
    }

    it('is not published to somebody who left meanwhile', async () => {
      const officer = await registry.officer();
      const intention = await intend(officer.person);
      await registry.runner.run(leave, { person: officer.person, at_once: true }, registry.console);
      const error = await refusal(registry.runner.run(publishCertificate, intention, registry.console));
      expect(error.message).to.equal(
        'invalid_state: the account must be ACTIVE to be certified; it is DISABLED',
      );
      expect((await rowOf(intention.uuid))?.state).to.equal('intended');
    });

    it('that nobody finished counts as revoked after ten minutes, and not before', async () => {
      const officer = await registry.officer();
      const { uuid } = await intend(officer.person);
      const abandon = () =>
        registry.runner.run(abandonIntentions, { authority: 'issuing' }, registry.console);
      registry.clock.move(new Date(start.getTime() + 9 * 60_000));
      await abandon();
      expect((await rowOf(uuid))?.state).to.equal('intended');
      registry.clock.move(new Date(start.getTime() + 11 * 60_000));
      const { output } = await abandon();
      expect(output.serials).to.include((await rowOf(uuid))?.serial);
      expect((await rowOf(uuid))?.state).to.equal('revoked');
      const late = await refusal(
        registry.runner.run(
          publishCertificate,
          { uuid, profile: pki.profiles.signing, der: Buffer.alloc(1), wrappedKey: null },
          registry.console,
        ),
      );
      expect(late.code).to.equal('invalid_state');
    });
  });
});

async function pkcs8(key: CryptoKeyLike): Promise<Buffer> {
  return Buffer.from(await crypto.subtle.exportKey('pkcs8', key));
}
type CryptoKeyLike = Parameters<typeof crypto.subtle.exportKey>[1];
