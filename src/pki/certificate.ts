// Builds certificates (RFC 5280 4.1): TBSCertificate as node-forge ASN.1 with the subject's key opaque, so that any key
// can be certified, and the signature by whatever Signer the authority has.
import * as asn1 from './asn1.ts';
import { type DistinguishedName, nameNode } from './distinguished_name.ts';
import { capabilityOids, keyUsageBits, type Profile, purposeOids } from './profile.ts';
import { keyIdentifier } from './public_key.ts';
import type { Signer } from './signer.ts';

/** A SubjectAltName value (RFC 5280 4.2.1.6). Addresses are 4 or 16 octets. */
export type GeneralName = { mail: string } | { host: string } | { address: Buffer };

/** Who signs: names and key identifier as its own certificate has them. */
export interface Issuer {
  /** Subject of its certificate, DER: copied, so that chains match octet by octet. */
  readonly subject: Buffer;
  readonly keyIdentifier: Buffer;
  readonly signer: Signer;
  /** Where its CRL and its certificate are fetched (http only); null for a root's own certificate. */
  readonly urls: { crl: string; certificate: string } | null;
}

export interface CertificateContent {
  profile: Profile;
  serial: Buffer; // unsigned octets
  subject: DistinguishedName;
  names: readonly GeneralName[];
  spki: Buffer;
  notBefore: Date;
  notAfter: Date;
}

function extension(oid: string, critical: boolean, value: asn1.Node): asn1.Node {
  const parts = [asn1.oid(oid)];
  if (critical) parts.push(asn1.boolean(true)); // DER leaves the default out
  return asn1.sequence(...parts, asn1.octets(asn1.toDer(value)));
}

function generalName(name: GeneralName): asn1.Node {
  if ('mail' in name) return asn1.implicit(1, Buffer.from(name.mail, 'ascii'));
  if ('host' in name) return asn1.implicit(2, Buffer.from(name.host, 'ascii'));
  return asn1.implicit(7, name.address);
}

function uri(url: string): asn1.Node {
  return asn1.implicit(6, Buffer.from(url, 'ascii'));
}

function basicConstraints(profile: Profile): asn1.Node {
  const parts: asn1.Node[] = [];
  if (profile.authority) parts.push(asn1.boolean(true));
  if (profile.pathLength !== null) parts.push(asn1.integer(profile.pathLength));
  return asn1.sequence(...parts);
}

/** Extensions in the order that readers of dumps expect; criticality as RFC 5280 and RFC 8550 4.4 want it. */
function extensions(content: CertificateContent, issuer: Issuer): asn1.Node {
  const { profile } = content;
  const list: asn1.Node[] = [];
  if (profile.authority) list.push(extension('2.5.29.19', true, basicConstraints(profile)));
  list.push(
    extension('2.5.29.15', true, asn1.namedBits(profile.keyUsage.map((usage) => keyUsageBits[usage]))),
  );
  if (profile.extendedKeyUsage.length > 0) {
    const purposes = profile.extendedKeyUsage.map((purpose) => asn1.oid(purposeOids[purpose]));
    list.push(extension('2.5.29.37', false, asn1.sequence(...purposes)));
  }
  if (profile.policies.length > 0) {
    const policies = profile.policies.map((policy) => asn1.sequence(asn1.oid(policy)));
    list.push(extension('2.5.29.32', false, asn1.sequence(...policies)));
  }
  if (content.names.length > 0) {
    list.push(extension('2.5.29.17', false, asn1.sequence(...content.names.map(generalName))));
  }
  if (profile.subjectKeyIdentifier) {
    list.push(extension('2.5.29.14', false, asn1.octets(keyIdentifier(content.spki))));
  }
  list.push(extension('2.5.29.35', false, asn1.sequence(asn1.implicit(0, issuer.keyIdentifier))));
  if (issuer.urls !== null) {
    const point = asn1.sequence(asn1.tagged(0, asn1.tagged(0, uri(issuer.urls.crl))));
    list.push(extension('2.5.29.31', false, asn1.sequence(point)));
    const access = asn1.sequence(asn1.oid('1.3.6.1.5.5.7.48.2'), uri(issuer.urls.certificate)); // caIssuers
    list.push(extension('1.3.6.1.5.5.7.1.1', false, asn1.sequence(access)));
  }
  if (profile.smimeCapabilities !== undefined) {
    const capabilities = profile.smimeCapabilities.map((name) =>
      asn1.sequence(asn1.oid(capabilityOids[name])),
    );
    list.push(extension('1.2.840.113549.1.9.15', false, asn1.sequence(...capabilities)));
  }
  return asn1.tagged(3, asn1.sequence(...list));
}

function signatureAlgorithm(signer: Signer): asn1.Node {
  const oid = asn1.oid(signer.signatureOid);
  return signer.signatureHasNull ? asn1.sequence(oid, asn1.nothing()) : asn1.sequence(oid);
}

/** TBSCertificate, DER: everything that the authority will answer for, before it answers. */
export function buildTbsCertificate(content: CertificateContent, issuer: Issuer): Buffer {
  return asn1.toDer(
    asn1.sequence(
      asn1.tagged(0, asn1.integer(2)), // v3
      asn1.unsigned(content.serial),
      signatureAlgorithm(issuer.signer),
      asn1.fromDer(issuer.subject),
      asn1.sequence(asn1.time(content.notBefore), asn1.time(content.notAfter)),
      nameNode(content.subject),
      asn1.fromDer(content.spki),
      extensions(content, issuer),
    ),
  );
}

/** The signed certificate, DER. */
export async function signCertificate(tbs: Buffer, signer: Signer): Promise<Buffer> {
  const signature = await signer.sign(tbs);
  return asn1.toDer(asn1.sequence(asn1.fromDer(tbs), signatureAlgorithm(signer), asn1.bits(signature)));
}

/** PEM text of one DER certificate. */
export function certificatePem(der: Buffer): string {
  const lines = der.toString('base64').match(/.{1,64}/g) ?? [];
  return `-----BEGIN CERTIFICATE-----\n${lines.join('\n')}\n-----END CERTIFICATE-----\n`;
}
