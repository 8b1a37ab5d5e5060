import { expect } from 'chai';
import { OperationError } from '../../src/errors.ts';
import { fitsName, nameText } from '../../src/pki/distinguished_name.ts';
import { loadProfiles, parseProfile } from '../../src/pki/profile.ts';
import { subjectOf } from '../../src/pki/registration.ts';
import { newSerial, validityOf } from '../../src/pki/validity.ts';

describe('certificate profiles (S/MIME BR 7.1)', () => {
  const profiles = loadProfiles();

  it('are all well formed', () => {
    expect(Object.keys(profiles)).to.deep.equal([
      'root',
      'issuing',
      'services',
      'signing',
      'encryption',
      'server',
    ]);
  });

  it('keep what one key may do apart from what the other may', () => {
    expect(profiles.signing.keyUsage).to.deep.equal(['digitalSignature', 'nonRepudiation']);
    expect(profiles.encryption.keyUsage).to.deep.equal(['keyEncipherment']);
    expect(profiles.encryption.extendedKeyUsage).to.deep.equal(['emailProtection']);
    expect(profiles.encryption.keys).to.deep.equal(['rsa']);
  });

  const broken: [string, object][] = [
    ['keyEncipherment is for RSA keys only', { ...profiles.encryption, keys: ['rsa', 'ec-p256'] }],
    [
      'emailProtection and serverAuth must not meet',
      { ...profiles.signing, extendedKeyUsage: ['emailProtection', 'serverAuth'] },
    ],
    ['exactly one policy is required', { ...profiles.signing, policies: [] }],
    ['days must be at most 824', { ...profiles.signing, days: 825 }],
    ['keyCertSign and cRLSign belong to authorities', { ...profiles.signing, keyUsage: ['keyCertSign'] }],
    [
      'keyCertSign and cRLSign belong to authorities',
      { ...profiles.issuing, keyUsage: ['digitalSignature'] },
    ],
    ['pathLength belongs to authorities', { ...profiles.server, pathLength: 0 }],
    ['an authority must name its key', { ...profiles.services, subjectKeyIdentifier: false }],
    ['days must be at most 199', { ...profiles.server, days: 200 }],
    ['policies must be 2.23.140.1.2.1 alone', { ...profiles.server, policies: ['2.23.140.1.2.2'] }],
    ['subject must hold the country alone', { ...profiles.server, subject: { C: 'HK', CN: 'x' } }],
    ['subject.C', { ...profiles.signing, subject: { C: 'hk' } }],
    ['Unrecognized key', { ...profiles.signing, extra: 1 }],
  ];
  for (const [fault, profile] of broken) {
    it(`are refused: ${fault}`, () => {
      expect(() => parseProfile(profile, 'x.json')).to.throw(
        OperationError,
        new RegExp(`configuration: x.json: .*${fault}`),
      );
    });
  }
});

describe('what a certificate says', () => {
  it('is valid from five minutes ago, in whole seconds, never longer than its issuer', () => {
    const now = new Date('2026-11-22T01:00:00.999Z');
    const { notBefore, notAfter } = validityOf({ days: 730 }, now, null);
    expect(notBefore.toISOString()).to.equal('2026-11-22T00:55:00.000Z');
    expect(notAfter.toISOString()).to.equal('2028-11-21T00:54:59.000Z');
    const issuerEnd = new Date('2027-01-01T00:00:00Z');
    expect(validityOf({ days: 730 }, now, issuerEnd).notAfter).to.deep.equal(issuerEnd);
    expect(() => validityOf({ days: 730 }, now, now)).to.throw(OperationError, 'own certificate has expired');
  });

  it('has a serial that is positive, unpredictable and of 16 octets (RFC 5280 4.1.2.2)', () => {
    const serials = Array.from({ length: 2_000 }, newSerial);
    for (const serial of serials) {
      expect(serial.length).to.equal(16);
      expect(serial[0]).to.be.within(0x40, 0x7f);
    }
    expect(new Set(serials.map((one) => one.toString('hex'))).size).to.equal(2_000);
  });

  const fixed = { C: 'HK', organizationIdentifier: 'GOVHK' } as const;
  const person = { uuid: '00000000-0000-4000-8000-000000000001', surname: 'CHAN', given_name: 'Tai-man' };
  const dpo = { code: 'DPO', name_en: 'Digital Policy Office' };

  it('names the person in both scripts and by login name', () => {
    const subject = subjectOf({ ...person, name_zh: '陳大文' }, 'tmchan', dpo, fixed);
    expect(nameText(subject)).to.equal(
      'CN=CHAN Tai-man 陳大文,serialNumber=tmchan,givenName=Tai-man,surname=CHAN,organizationIdentifier=GOVHK,O=Digital Policy Office,C=HK',
    );
  });

  it('fits the bounds of X.520 whatever the directory holds', () => {
    const long = { ...person, surname: 'A'.repeat(40), given_name: 'B'.repeat(40), name_zh: '陳大文' };
    const office = { code: 'LONG', name_en: 'O'.repeat(65) };
    for (const { attribute, value } of subjectOf(long, 'a_b', office, fixed)) {
      expect(fitsName(attribute, value), attribute).to.equal(true);
    }
    const subject = subjectOf(long, 'a_b', office, fixed);
    expect(subject.find((one) => one.attribute === 'O')?.value).to.equal('LONG, Government of the HKSAR');
    expect(subject.find((one) => one.attribute === 'serialNumber')?.value).to.equal(person.uuid);
  });

  it('names by its code an organisation whose recorded name could be read as another', () => {
    for (const name_en of ['Tr\u0435asury Bureau', 'Treasury\ufe0f Bureau', 'Treasury Bureau\u3164']) {
      const subject = subjectOf({ ...person, name_zh: null }, 'tmchan', { code: 'DPO-D', name_en }, fixed);
      expect(subject.find((one) => one.attribute === 'O')?.value).to.equal('DPO-D, Government of the HKSAR');
    }
  });

  it('is written as RFC 4514 asks', () => {
    expect(
      nameText([
        { attribute: 'O', value: 'A, B + "C"\\ <D>;' },
        { attribute: 'CN', value: '#x ' },
      ]),
    ).to.equal('CN=\\#x\\ ,O=A\\, B \\+ \\"C\\"\\\\ \\<D\\>\\;');
  });
});
