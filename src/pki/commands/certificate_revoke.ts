// Takes a certificate back (RFC 5280 5.3.1). Its holder may, and a certificate officer. What was put on hold may be
// released, or revoked for good; nothing else comes back.
import { authorise, organisationOfPerson, requireAnother } from '../../directory/commands/authorise.ts';
import type { Command, CommandContext } from '../../directory/ports.ts';
import type { CertificateRow } from '../../directory/tables.ts';
import { type RevocationReason, revocationReasons } from '../../directory/vocabulary.ts';
import { OperationError } from '../../errors.ts';
import { isOwn } from '../registration.ts';

/** A certificate by its row or by its serial (hex, as any tool prints it). */
export type CertificateReference = { uuid: string } | { serial: string };

export interface RevokeCertificateInput {
  certificate: CertificateReference;
  /** null: unspecified, which a CRL expresses by saying nothing. */
  reason: RevocationReason | null;
}

const serialForm = /^[0-9a-f]{1,40}$/;

/** Error: not_found, invalid_value. */
async function certificateBy(
  { tx }: CommandContext,
  reference: CertificateReference,
): Promise<CertificateRow> {
  let uuid = 'uuid' in reference ? reference.uuid : undefined;
  if ('serial' in reference) {
    const serial = reference.serial.toLowerCase().replaceAll(':', '').replace(/^0+/, '');
    if (!serialForm.test(serial)) throw new OperationError('invalid_value', 'serial must be hexadecimal');
    uuid = (await tx.find('certificate', { serial }))[0]?.uuid;
  }
  const row = uuid === undefined ? undefined : await tx.get('certificate', uuid);
  if (row === undefined) throw new OperationError('not_found', 'there is no such certificate');
  return row;
}

async function requireRevocationRight(context: CommandContext, certificate: CertificateRow): Promise<void> {
  if (isOwn(context, certificate.person)) return;
  await authorise(context, 'certificate.revoke', await organisationOfPerson(context, certificate.person));
}

function requireNotExpired(certificate: CertificateRow, now: Date): void {
  if (certificate.not_after > now) return;
  throw new OperationError('invalid_state', `certificate ${certificate.serial} has expired`);
}

/** Errors: not_found, access_denied, invalid_value, invalid_state (expired, or revoked for good already). */
export const revokeCertificate: Command<RevokeCertificateInput, CertificateRow> = {
  name: 'certificate.revoke',
  async execute(context, { certificate: reference, reason }) {
    if (reason !== null && !revocationReasons.includes(reason)) {
      throw new OperationError('invalid_value', `reason must be one of ${revocationReasons.join(', ')}`);
    }
    const certificate = await certificateBy(context, reference);
    await requireRevocationRight(context, certificate);
    requireNotExpired(certificate, context.now);
    if (certificate.state === 'revoked' && certificate.revocation_reason !== 'certificateHold') {
      throw new OperationError('invalid_state', `certificate ${certificate.serial} is revoked already`);
    }
    return context.tx.update('certificate', certificate.uuid, {
      state: 'revoked',
      // A hold made final keeps the instant from which nothing may be trusted.
      revoked_at: certificate.revoked_at ?? context.now,
      revocation_reason: reason,
    });
  },
};

/** Errors: not_found, access_denied, invalid_state (not on hold). */
export const releaseCertificate: Command<{ certificate: CertificateReference }, CertificateRow> = {
  name: 'certificate.release',
  async execute(context, { certificate: reference }) {
    const certificate = await certificateBy(context, reference);
    // Not the holder, be it a certificate officer: whoever has stolen the session would undo the hold.
    requireAnother(context, certificate.person, 'the hold on a certificate');
    await authorise(context, 'certificate.revoke', await organisationOfPerson(context, certificate.person));
    requireNotExpired(certificate, context.now);
    if (certificate.revocation_reason !== 'certificateHold' || certificate.der.length === 0) {
      throw new OperationError('invalid_state', `certificate ${certificate.serial} is not on hold`);
    }
    return context.tx.update('certificate', certificate.uuid, {
      state: 'valid',
      revoked_at: null,
      revocation_reason: null,
    });
  },
};
