// Certificate issuance beside what it cannot be faster than: the raw signature of node:crypto with the same key, on one
// core. `npx tsx bench/issuance.ts [--json] [--count N]`
import { createPrivateKey, sign } from 'node:crypto';
import { parseArgs } from 'node:util';
import { systemClock } from '../src/clock.ts';
import { toDer } from '../src/pki/asn1.ts';
import { authorityOf, signChecked } from '../src/pki/authority.ts';
import { buildTbsCertificate, type CertificateContent, signCertificate } from '../src/pki/certificate.ts';
import { nameNode } from '../src/pki/distinguished_name.ts';
import { loadProfiles } from '../src/pki/profile.ts';
import { keyIdentifier } from '../src/pki/public_key.ts';
import { subjectOf } from '../src/pki/registration.ts';
import { signRevocationList } from '../src/pki/revocation_list.ts';
import { generateKey, softwareSigner } from '../src/pki/signer.ts';
import { newSerial, validityOf } from '../src/pki/validity.ts';

const { values: options } = parseArgs({
  options: { json: { type: 'boolean', default: false }, count: { type: 'string', default: '4000' } },
});
const count = Number(options.count);
const profiles = loadProfiles();
const now = systemClock.now();

async function rate(times: number, work: () => unknown): Promise<number> {
  for (let warm = 0; warm < times / 10; warm++) await work();
  const began = systemClock.elapsed();
  for (let done = 0; done < times; done++) await work();
  return (times * 1_000) / (systemClock.elapsed() - began);
}

const caKey = await generateKey('ec-p256');
const signer = softwareSigner('ec-p256', caKey.pkcs8);
const raw = createPrivateKey({ key: caKey.pkcs8, format: 'der', type: 'pkcs8' });
const subject = [
  { attribute: 'C' as const, value: 'HK' },
  { attribute: 'CN' as const, value: 'Bench CA' },
];
const self = {
  subject: toDer(nameNode(subject)),
  keyIdentifier: keyIdentifier(caKey.spki),
  signer,
  urls: null,
};
const caCertificate = await signChecked(
  {
    profile: profiles.root,
    serial: newSerial(),
    subject,
    names: [],
    spki: caKey.spki,
    ...validityOf(profiles.root, now, null),
  },
  self,
);
const issuer = authorityOf({ uuid: 'bench', name: 'issuing' }, caCertificate, signer, 'http://pki.gov.hk');
const personKey = await generateKey('rsa-3072');
const person = { uuid: 'bench', surname: 'CHAN', given_name: 'Tai-man', name_zh: '陳大文' };
const content = (): CertificateContent => ({
  profile: profiles.encryption,
  serial: newSerial(),
  subject: subjectOf(
    person,
    'tmchan',
    { code: 'DPO', name_en: 'Digital Policy Office' },
    profiles.encryption.subject,
  ),
  names: [{ mail: 'tmchan@dpo.gov.hk' }],
  spki: personKey.spki,
  ...validityOf(profiles.encryption, now, issuer.notAfter),
});

const octets = buildTbsCertificate(content(), issuer);
const revoked = Array.from({ length: 100_000 }, () => ({
  serial: newSerial().toString('hex'),
  revoked_at: now,
  revocation_reason: 'affiliationChanged' as const,
  not_after: now,
}));
const list = { number: 1, thisUpdate: now, nextUpdate: now, revoked };

const signatures = await rate(count * 4, () => sign('sha256', octets, raw));
const built = await rate(count, () => signCertificate(buildTbsCertificate(content(), issuer), signer));
const checked = await rate(count, () => signChecked(content(), issuer));
const lists = await rate(3, () => signRevocationList(list, issuer));
const result = {
  'raw P-256 signatures/s': Math.round(signatures),
  'certificates built and signed/s': Math.round(built),
  'linted, signed and read back/s': Math.round(checked),
  'ratio to raw signatures': Number((checked / signatures).toFixed(3)),
  'CRL of 100,000, ms': Math.round(1_000 / lists),
};
if (options.json) process.stdout.write(`${JSON.stringify(result)}\n`);
else
  for (const [figure, value] of Object.entries(result))
    process.stdout.write(`${figure.padEnd(34)}${value}\n`);
