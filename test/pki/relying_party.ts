// What somebody outside makes of our certificates, with pkijs's chain engine and node-forge's PKCS#12 and CMS.
import * as asn1js from 'asn1js';
import forge from 'node-forge';
import * as pkijs from 'pkijs';

function view(der: Buffer): ArrayBuffer {
  return new Uint8Array(der).buffer;
}

export function readCertificate(der: Buffer): pkijs.Certificate {
  return pkijs.Certificate.fromBER(view(der));
}

export function readRevocationList(der: Buffer): pkijs.CertificateRevocationList {
  return pkijs.CertificateRevocationList.fromBER(view(der));
}

/** Path validation (RFC 5280 section 6) with revocation, as of `at`. */
export async function validate(input: {
  leaf: Buffer;
  intermediates: Buffer[];
  root: Buffer;
  crls: Buffer[];
  at: Date;
}): Promise<{ result: boolean; resultMessage: string }> {
  const engine = new pkijs.CertificateChainValidationEngine({
    trustedCerts: [readCertificate(input.root)],
    certs: [...input.intermediates, input.leaf].map(readCertificate),
    crls: input.crls.map(readRevocationList),
    checkDate: input.at,
  });
  const { result, resultMessage } = await engine.verify();
  return { result, resultMessage };
}

export function extension(certificate: pkijs.Certificate, oid: string): pkijs.Extension | undefined {
  return certificate.extensions?.find((one) => one.extnID === oid);
}

/** Text of a subject attribute with the tag that it was written under. */
export function subjectAttribute(certificate: pkijs.Certificate, oid: string): { tag: number; text: string } {
  const found = certificate.subject.typesAndValues.find((one) => one.type === oid);
  if (found === undefined) return { tag: 0, text: '' };
  const value = asn1js.fromBER(found.value.toBER()).result;
  return { tag: value.idBlock.tagNumber, text: found.value.valueBlock.value };
}

/** Opens a PKCS#12 as node-forge reads it: the private key, and the DER of every certificate in it. */
export function openPkcs12(octets: Buffer, password: string) {
  const file = forge.pkcs12.pkcs12FromAsn1(forge.asn1.fromDer(octets.toString('latin1')), password);
  const keyBagType = forge.pki.oids.pkcs8ShroudedKeyBag ?? '';
  const certificateBagType = forge.pki.oids.certBag ?? '';
  const keyBag = file.getBags({ bagType: keyBagType })[keyBagType]?.[0];
  const certificateBags = file.getBags({ bagType: certificateBagType })[certificateBagType] ?? [];
  return {
    key: keyBag?.key as forge.pki.rsa.PrivateKey,
    localKeyIds: [keyBag, certificateBags[0]].map((bag) => bag?.attributes.localKeyId?.[0]),
    friendlyName: keyBag?.attributes.friendlyName?.[0],
    certificates: certificateBags.length,
  };
}

/** An S/MIME message to one recipient: AES-256-CBC under RSA v1.5, put together by node-forge. */
export function encryptTo(certificate: Buffer, text: string): string {
  const message = forge.pkcs7.createEnvelopedData();
  message.addRecipient(forgeCertificate(certificate));
  message.content = forge.util.createBuffer(Buffer.from(text, 'utf8').toString('latin1'));
  message.encrypt();
  return forge.asn1.toDer(message.toAsn1()).getBytes();
}

/** What the holder of the key reads in it; throws when it was not meant for that certificate or key. */
export function decrypt(message: string, certificate: Buffer, key: forge.pki.rsa.PrivateKey): string {
  const opened = forge.pkcs7.messageFromAsn1(
    forge.asn1.fromDer(message),
  ) as forge.pkcs7.Captured<forge.pkcs7.PkcsEnvelopedData>;
  const recipient = opened.findRecipient(forgeCertificate(certificate));
  if (recipient === null) throw new Error('not for this certificate');
  opened.decrypt(recipient, key);
  const content = opened.content as forge.util.ByteStringBuffer;
  return Buffer.from(content.getBytes(), 'latin1').toString('utf8');
}

function forgeCertificate(der: Buffer): forge.pki.Certificate {
  return forge.pki.certificateFromAsn1(forge.asn1.fromDer(der.toString('latin1')));
}
