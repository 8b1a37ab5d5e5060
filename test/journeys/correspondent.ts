// The mail program of a colleague: finds certificates with the ldapjs client, judges them and checks signatures (CMS,
// RFC 5652) with pkijs. Messages are put together and opened by node-forge (test/pki/relying_party.ts).
import type { webcrypto } from 'node:crypto';
import { once } from 'node:events';
import { Agent, get } from 'node:http';
import * as asn1js from 'asn1js';
import ldapjs from 'ldapjs';
import * as pkijs from 'pkijs';
import { readCertificate, readRevocationList } from '../pki/relying_party.ts';
import { suffix } from './systems.ts';

export interface AddressBook {
  /** Values of a binary attribute, in the order in which the server sent them. */
  binary(base: string, filter: string, attribute: string): Promise<Buffer[]>;
  /** The connection has ended, from whichever side. */
  readonly ended: boolean;
  close(): Promise<void>;
}

export async function openAddressBook(url: string, dn: string, password: string): Promise<AddressBook> {
  const client = ldapjs.createClient({ url: [url], timeout: 20_000 });
  client.on('error', () => undefined); // 'close' follows
  let ended = false;
  client.on('close', () => {
    ended = true;
  });
  await new Promise<void>((resolve, reject) =>
    client.bind(dn, password, (error) => (error === null ? resolve() : reject(error))),
  );
  return {
    get ended() {
      return ended;
    },
    binary: (base, filter, attribute) =>
      new Promise((resolve, reject) => {
        const found: Buffer[] = [];
        client.search(base, { scope: 'sub', filter, attributes: [attribute] }, (refused, search) => {
          if (refused !== null) return reject(refused);
          search.on('searchEntry', (entry) => {
            for (const one of entry.attributes)
              if (one.type === attribute) found.push(...(one.buffers as Buffer[]));
          });
          search.on('error', reject);
          search.on('end', () => resolve(found));
        });
      }),
    close: async () => {
      if (ended) return;
      const closed = once(client, 'close');
      client.unbind();
      await closed;
    },
  };
}

export function authorityDn(name: string): string {
  return `cn=${name},ou=pki,${suffix}`;
}

function octets(text: string): ArrayBuffer {
  return new Uint8Array(Buffer.from(text, 'utf8')).buffer;
}

/** A signed message (SignedData with its content and the signer's certificate), DER. */
export async function sign(text: string, certificate: Buffer, key: webcrypto.CryptoKey): Promise<Buffer> {
  const own = readCertificate(certificate);
  const eContent = new asn1js.OctetString({ valueHex: octets(text) });
  const signed = new pkijs.SignedData({
    version: 1,
    encapContentInfo: new pkijs.EncapsulatedContentInfo({ eContentType: pkijs.ContentInfo.DATA, eContent }),
    signerInfos: [
      new pkijs.SignerInfo({
        version: 1,
        sid: new pkijs.IssuerAndSerialNumber({ issuer: own.issuer, serialNumber: own.serialNumber }),
      }),
    ],
    certificates: [own],
  });
  await signed.sign(key, 0, 'SHA-256');
  const content = new pkijs.ContentInfo({
    contentType: pkijs.ContentInfo.SIGNED_DATA,
    content: signed.toSchema(true),
  });
  return Buffer.from(content.toSchema().toBER());
}

/** Whether the signature is the certificate's over the text; and text and certificate, of which nothing is believed yet. */
export async function readSigned(
  message: Buffer,
): Promise<{ verified: boolean; text: string; certificate: Buffer }> {
  const content = pkijs.ContentInfo.fromBER(new Uint8Array(message).buffer);
  const signed = new pkijs.SignedData({ schema: content.content });
  const { signatureVerified, signerCertificate } = await signed.verify({
    signer: 0,
    checkChain: false,
    extendedMode: true,
  });
  const text = Buffer.from(signed.encapContentInfo.eContent?.getValue() ?? new ArrayBuffer(0)).toString(
    'utf8',
  );
  const certificate = Buffer.from(signerCertificate?.toSchema(true).toBER() ?? new ArrayBuffer(0));
  return { verified: signatureVerified === true, text, certificate };
}

/** The octets of a PEM. */
export function derOf(text: string): Buffer {
  return Buffer.from(text.replaceAll(/-----[^-]+-----|\s/g, ''), 'base64');
}

/** Over a connection of its own, so that the workers take turns. */
export async function fetchOnce(url: string): Promise<Buffer> {
  const request = get(url, { agent: new Agent({ keepAlive: false }) });
  const [response] = await once(request, 'response');
  const chunks: Buffer[] = [];
  for await (const chunk of response) chunks.push(chunk);
  if (response.statusCode !== 200) throw new Error(`${url}: ${response.statusCode}`);
  return Buffer.concat(chunks);
}

/** Serials on a revocation list, as the command line prints them. */
export function serials(crl: Buffer): string[] {
  return (readRevocationList(crl).revokedCertificates ?? []).map(({ userCertificate }) =>
    Buffer.from(userCertificate.valueBlock.valueHexView).toString('hex').replace(/^0+/, ''),
  );
}
