// Certificate authorities at work: opened from their rows, and `issue`, the one road by which a person's certificate
// comes to be (after boulder's ca.go: the order of its steps is what makes it safe).
import { randomUUID, X509Certificate } from 'node:crypto';
import type { DurableAuditTrail } from '../audit/event.ts';
import type { Clock } from '../clock.ts';
import type { CommandRunner, KeyWrap, RequestOrigin, TableReader } from '../directory/ports.ts';
import type { CertificateAuthorityRow, CertificateRow, SigningKeyRow } from '../directory/tables.ts';
import { OperationError } from '../errors.ts';
import * as asn1 from './asn1.ts';
import { buildTbsCertificate, type CertificateContent, type Issuer, signCertificate } from './certificate.ts';
import { intendCertificate } from './commands/certificate_intend.ts';
import { publishCertificate } from './commands/certificate_publish.ts';
import { lintTbsCertificate } from './lint.ts';
import type { Profile, Profiles } from './profile.ts';
import { type CheckedPublicKey, keyIdentifier } from './public_key.ts';
import { keyAlgorithm, type Signer, softwareSigner } from './signer.ts';
import { newSerial } from './validity.ts';

export const authorityNames = ['root', 'issuing', 'services'] as const;
export type AuthorityName = (typeof authorityNames)[number];

/** An authority that can sign. */
export interface Authority extends Issuer {
  readonly uuid: string;
  readonly name: AuthorityName;
  readonly certificate: Buffer;
  readonly notAfter: Date;
}

/** What certificates are issued with. */
export interface Pki {
  readonly runner: CommandRunner;
  readonly reader: TableReader;
  readonly keyWrap: KeyWrap;
  readonly clock: Clock;
  readonly audit: DurableAuditTrail;
  readonly profiles: Profiles;
  readonly authorities: Record<AuthorityName, Authority>;
}

/** What binds the private key of a signing_key row to its purpose (KeyWrap's context). */
export function keyContext(purpose: string): string {
  return `signing_key:${purpose}`;
}

/** Where relying parties fetch an authority's CRL and certificate; est/distribution.ts serves these paths. */
function authorityUrls(pkiBaseUrl: string, name: AuthorityName): { crl: string; certificate: string } {
  return { crl: `${pkiBaseUrl}/pki/${name}.crl`, certificate: `${pkiBaseUrl}/pki/${name}.cer` };
}

/** Subject of a certificate, DER, as it stands in it. */
function subjectOctets(certificate: Buffer): Buffer {
  const tbs = asn1.children(asn1.children(asn1.fromDer(certificate))[0]);
  const subject = tbs[5];
  if (subject === undefined) throw new Error('a certificate without a subject');
  return asn1.toDer(subject);
}

/** The parts of an Authority that come from its certificate and its signer. */
export function authorityOf(
  identity: { uuid: string; name: AuthorityName },
  certificate: Buffer,
  signer: Signer,
  pkiBaseUrl: string,
): Authority {
  return {
    ...identity,
    certificate,
    signer,
    subject: subjectOctets(certificate),
    keyIdentifier: keyIdentifier(signer.spki),
    urls: authorityUrls(pkiBaseUrl, identity.name),
    notAfter: new Date(new X509Certificate(certificate).validTo),
  };
}

/** Opens an authority with its stored key. Error: configuration, when the key does not open or is another's. */
export function openAuthority(
  row: CertificateAuthorityRow,
  key: SigningKeyRow,
  name: AuthorityName,
  keyWrap: KeyWrap,
  pkiBaseUrl: string,
): Authority {
  const pkcs8 = keyWrap.unwrap(key.wrapped_key, keyContext(key.purpose));
  const signer = softwareSigner(keyAlgorithm(key.algorithm), pkcs8);
  const certified = new X509Certificate(row.certificate).publicKey.export({ format: 'der', type: 'spki' });
  if (!certified.equals(signer.spki)) {
    throw new OperationError(
      'configuration',
      `the key of authority ${name} is not the one in its certificate`,
    );
  }
  return authorityOf({ uuid: row.uuid, name }, row.certificate, signer, pkiBaseUrl);
}

/** Lints, signs, and reads back: no octet leaves that the issuer's public key does not vouch for. */
export async function signChecked(content: CertificateContent, issuer: Issuer): Promise<Buffer> {
  const tbs = buildTbsCertificate(content, issuer);
  const broken = lintTbsCertificate(tbs, content, issuer);
  if (broken.length > 0) throw new Error(`certificate not signed: ${broken.join('; ')}`);
  const der = await signCertificate(tbs, issuer.signer);
  const read = new X509Certificate(der);
  if (!read.verify(issuer.signer.publicKey)) {
    throw new Error('certificate not published: its signature does not verify');
  }
  return der;
}

export interface IssueRequest {
  person: string;
  profile: Profile;
  key: CheckedPublicKey;
  /** PKCS#8 of an encryption key, to be escrowed; null when the person made the key. */
  escrow: Buffer | null;
}

/**
 * Issues one certificate to a person. Errors: those of certificate.intend and certificate.publish.
 * A process that dies between 1 and 5 leaves an intended row, which certificate.abandon later counts as revoked.
 */
export async function issue(pki: Pki, request: IssueRequest, origin: RequestOrigin): Promise<CertificateRow> {
  const { profile, person, key } = request;
  const authority = pki.authorities[profile.issuer];

  // 1. The right to it, what it says, and its serial, committed before anything is signed: from here on the
  //    inventory knows every certificate that can exist.
  const serial = newSerial();
  const uuid = randomUUID();
  const { certificate, subject } = (
    await pki.runner.run(
      intendCertificate,
      { uuid, person, profile, key, serial: serial.toString('hex'), authority },
      origin,
    )
  ).output;

  // 2. Wrapped before the certificate exists: nobody may encrypt to a key that could be lost.
  const wrappedKey = request.escrow === null ? null : pki.keyWrap.wrap(request.escrow, escrowContext(uuid));

  // 3. Built from the intention alone, linted while it is still worthless.
  // 4. Signed, and read back.
  const der = await signChecked(
    {
      profile,
      serial,
      subject,
      names: [{ mail: certificate.mail }],
      spki: key.spki,
      notBefore: certificate.not_before,
      notAfter: certificate.not_after,
    },
    authority,
  );

  // 5. Valid, escrowed and in the directory by one transaction, which asks registration again.
  return (await pki.runner.run(publishCertificate, { uuid, profile, der, wrappedKey }, origin)).output;
}

/** What binds an escrowed key to its certificate (KeyWrap's context). */
export function escrowContext(certificate: string): string {
  return `key_escrow:${certificate}`;
}
