// From when to when a certificate is valid, and which serial it gets.
import { randomBytes } from 'node:crypto';
import { OperationError } from '../errors.ts';
import type { Profile } from './profile.ts';

/** Clients' clocks run behind ours by minutes; a certificate must not look unborn to them. */
const backdating = 5 * 60_000;
const day = 86_400_000;

/** Whole seconds; the last second counts (RFC 5280 4.1.2.5), so `days` are never exceeded by it. */
export function validityOf(
  profile: Pick<Profile, 'days'>,
  now: Date,
  issuerNotAfter: Date | null,
): { notBefore: Date; notAfter: Date } {
  const start = Math.floor((now.getTime() - backdating) / 1000) * 1000;
  const end = start + profile.days * day - 1000;
  const notAfter = issuerNotAfter === null ? end : Math.min(end, issuerNotAfter.getTime());
  if (notAfter <= now.getTime()) {
    throw new OperationError('configuration', 'the issuing authority’s own certificate has expired');
  }
  return { notBefore: new Date(start), notAfter: new Date(notAfter) };
}

/** 16 octets with 126 random bits: positive, never shortened, below 2^127 (SBR 7.1: 64 bits of CSPRNG, below 2^159). */
export function newSerial(): Buffer {
  const serial = randomBytes(16);
  serial[0] = ((serial[0] ?? 0) & 0x3f) | 0x40;
  return serial;
}
