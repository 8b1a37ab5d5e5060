// What commands show of a certificate, and how they find one.
import { X509Certificate } from 'node:crypto';
import type { CertificateRow } from '../directory/tables.ts';
import { OperationError } from '../errors.ts';
import type { Session } from './session.ts';

/** By its serial as any tool prints it. Errors: not_found, invalid_value. */
export async function certificateBySerial(session: Session, text: string): Promise<CertificateRow> {
  const serial = text.toLowerCase().replaceAll(':', '').replace(/^0+/, '');
  if (!/^[0-9a-f]{1,40}$/.test(serial)) {
    throw new OperationError('invalid_value', 'serial must be hexadecimal');
  }
  const [certificate] = await session.tables.find('certificate', { serial });
  if (certificate === undefined)
    throw new OperationError('not_found', `certificate ${serial} does not exist`);
  return certificate;
}

/** null while the certificate is only intended. */
export function pemOf({ der }: Pick<CertificateRow, 'der'>): string | null {
  return der.length === 0 ? null : new X509Certificate(der).toString();
}

export function certificateFacts(certificate: CertificateRow) {
  const { serial, profile, authority, subject, mail, state, revoked_at, revocation_reason } = certificate;
  const { not_before, not_after } = certificate;
  return {
    serial,
    profile,
    authority,
    subject,
    mail,
    not_before,
    not_after,
    state,
    revoked_at,
    reason: revocation_reason,
  };
}
