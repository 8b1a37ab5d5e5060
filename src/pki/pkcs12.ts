// PKCS#12 (RFC 7292) as every client we know imports it: key under 3DES and SHA-1, certificates in clear, SHA-1 MAC. Its
// strength is the password's 120 random bits. node-forge does the cryptography; the file is put together here, because
// its own writer re-encodes certificates and spoils those that an EC authority signed.
import { createHash, randomInt } from 'node:crypto';
import forge from 'node-forge';
import * as asn1 from './asn1.ts';

export interface Pkcs12 {
  octets: Buffer;
  password: string;
}

const iterations = 2048;
const oids = {
  data: '1.2.840.113549.1.7.1',
  certificateBag: '1.2.840.113549.1.12.10.1.3',
  shroudedKeyBag: '1.2.840.113549.1.12.10.1.2',
  x509Certificate: '1.2.840.113549.1.9.22.1',
  friendlyName: '1.2.840.113549.1.9.20',
  localKeyId: '1.2.840.113549.1.9.21',
  sha1: '1.3.14.3.2.26',
} as const;

/** Letters and digits that nobody confuses; ASCII, for clients disagree about anything else. */
const alphabet = 'ABCDEFGHJKLMNPQRSTUVWXYZ23456789';

/** 24 characters of 5 random bits each, in groups of four. */
function newPassword(): string {
  const group = () => Array.from({ length: 4 }, () => alphabet[randomInt(alphabet.length)]).join('');
  return Array.from({ length: 6 }, group).join('-');
}

function attributes(keyId: Buffer, friendlyName: string): asn1.Node {
  return asn1.set(
    asn1.sequence(asn1.oid(oids.friendlyName), asn1.set(asn1.bmp(friendlyName))),
    asn1.sequence(asn1.oid(oids.localKeyId), asn1.set(asn1.octets(keyId))), // NSS refuses keys without it
  );
}

function certificateBag(der: Buffer, ...bagAttributes: asn1.Node[]): asn1.Node {
  const value = asn1.sequence(asn1.oid(oids.x509Certificate), asn1.tagged(0, asn1.octets(der)));
  return asn1.sequence(asn1.oid(oids.certificateBag), asn1.tagged(0, value), ...bagAttributes);
}

function keyBag(pkcs8: Buffer, password: string, bagAttributes: asn1.Node): asn1.Node {
  const encrypted = forge.pki.encryptPrivateKeyInfo(asn1.fromDer(pkcs8), password, {
    algorithm: '3des',
    count: iterations,
    saltSize: 16,
  });
  return asn1.sequence(asn1.oid(oids.shroudedKeyBag), asn1.tagged(0, encrypted), bagAttributes);
}

function dataContent(content: asn1.Node): asn1.Node {
  return asn1.sequence(asn1.oid(oids.data), asn1.tagged(0, asn1.octets(asn1.toDer(content))));
}

function macData(authenticatedSafe: asn1.Node, password: string): asn1.Node {
  const salt = forge.random.getBytesSync(16);
  const key = forge.pkcs12.generateKey(password, forge.util.createBuffer(salt), 3, iterations, 20);
  const mac = forge.hmac.create();
  mac.start('sha1', key);
  mac.update(forge.asn1.toDer(authenticatedSafe).getBytes());
  const digest = Buffer.from(mac.getMac().getBytes(), 'latin1');
  return asn1.sequence(
    asn1.sequence(asn1.sequence(asn1.oid(oids.sha1), asn1.nothing()), asn1.octets(digest)),
    asn1.octets(Buffer.from(salt, 'latin1')),
    asn1.integer(iterations),
  );
}

/**
 * A key with its certificate and the authorities above it, under a new random password.
 * `friendlyName` is what import dialogs show; characters outside the basic plane are left out of it.
 */
export function writePkcs12(
  pkcs8: Buffer,
  certificate: Buffer,
  authorities: readonly Buffer[],
  friendlyName: string,
): Pkcs12 {
  const password = newPassword();
  const keyId = createHash('sha1').update(certificate).digest();
  const shownName = friendlyName.replace(/[\u{10000}-\u{10ffff}]/gu, '');
  const certificates = asn1.sequence(
    certificateBag(certificate, attributes(keyId, shownName)),
    ...authorities.map((der) => certificateBag(der)),
  );
  const key = asn1.sequence(keyBag(pkcs8, password, attributes(keyId, shownName)));
  const authenticatedSafe = asn1.sequence(dataContent(certificates), dataContent(key));
  const file = asn1.sequence(
    asn1.integer(3),
    dataContent(authenticatedSafe),
    macData(authenticatedSafe, password),
  );
  return { octets: asn1.toDer(file), password };
}
