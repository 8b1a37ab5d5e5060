// Certificate revocation lists (RFC 5280 section 5), version 2. Entries are laid out octet by octet into one buffer:
// a hundred thousand take a fraction of a second, where the libraries take a minute and hold the process meanwhile.
import type { RevokedCertificate } from '../directory/ports.ts';
import type { RevocationReason } from '../directory/vocabulary.ts';
import type { Issuer } from './certificate.ts';
import * as der from './der.ts';
import { sequence } from './der.ts';

/** CRLReason of RFC 5280 5.3.1. */
const reasonCodes = {
  keyCompromise: 1,
  affiliationChanged: 3,
  superseded: 4,
  cessationOfOperation: 5,
  certificateHold: 6,
  privilegeWithdrawn: 9,
} as const satisfies Record<RevocationReason, number>;

export interface RevocationListContent {
  number: number;
  thisUpdate: Date;
  nextUpdate: Date;
  revoked: readonly RevokedCertificate[];
}

/** crlEntryExtensions with a reasonCode (not critical); nothing for unspecified, which must not be sent (SBR 7.2.2). */
function entryExtensions(reason: RevocationReason | null): Buffer {
  if (reason === null) return Buffer.alloc(0);
  const value = der.octetString(der.enumerated(reasonCodes[reason]));
  return sequence(sequence(der.objectIdentifier('2.5.29.21'), value));
}

/** Octets of the largest entry: SEQUENCE 2, INTEGER 2 + 21, GeneralizedTime 2 + 15, extensions. */
const largestEntry = 2 + 23 + 17 + entryExtensions('keyCompromise').length;

/**
 * revokedCertificates without its own header. Every entry is shorter than 128 octets, so all lengths take one octet and
 * are written after their content.
 */
function entries(revoked: readonly RevokedCertificate[]): Buffer {
  const tails = new Map<RevocationReason | null, Buffer>();
  const octets = Buffer.allocUnsafe(revoked.length * largestEntry);
  let at = 0;
  for (const { serial, revoked_at: revokedAt, revocation_reason: reason } of revoked) {
    const start = at;
    const number = der.unsignedInteger(Buffer.from(serial.length % 2 === 0 ? serial : `0${serial}`, 'hex'));
    const { text, generalized } = der.timeText(revokedAt);
    let tail = tails.get(reason);
    if (tail === undefined) {
      tail = entryExtensions(reason);
      tails.set(reason, tail);
    }
    octets[at] = 0x30;
    at += 2 + number.copy(octets, at + 2);
    octets[at] = generalized ? 0x18 : 0x17;
    octets[at + 1] = text.length;
    at += 2 + octets.write(text, at + 2, 'latin1');
    at += tail.copy(octets, at);
    octets[start + 1] = at - start - 2;
  }
  return octets.subarray(0, at);
}

function algorithmIdentifier({ signer }: Pick<Issuer, 'signer'>): Buffer {
  const oid = der.objectIdentifier(signer.signatureOid);
  return signer.signatureHasNull ? sequence(oid, der.tlv(0x05)) : sequence(oid);
}

function extension(oid: string, ...value: Buffer[]): Buffer {
  return sequence(der.objectIdentifier(oid), der.octetString(...value));
}

/** The signed list, DER. */
export async function signRevocationList(content: RevocationListContent, issuer: Issuer): Promise<Buffer> {
  const listed = entries(content.revoked);
  const extensions = sequence(
    extension('2.5.29.35', sequence(der.tlv(0x80, issuer.keyIdentifier))),
    extension('2.5.29.20', der.integer(content.number)),
  );
  const tbs = sequence(
    der.integer(1), // v2
    algorithmIdentifier(issuer),
    issuer.subject,
    der.time(content.thisUpdate),
    der.time(content.nextUpdate),
    ...(listed.length === 0 ? [] : [sequence(listed)]), // RFC 5280 5.1.2.6: absent, never empty
    der.tlv(0xa0, extensions),
  );
  return sequence(tbs, algorithmIdentifier(issuer), der.bitString(await issuer.signer.sign(tbs)));
}
