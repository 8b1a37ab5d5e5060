// Finds the escrowed key of an encryption certificate for somebody who may have it: its owner, so that old mail stays
// readable, or an officer with the right of recovery. Writes nothing; recover_key.ts puts it on the audit trail.
import { authorise, existing, organisationOfPerson } from '../../directory/commands/authorise.ts';
import type { Command } from '../../directory/ports.ts';
import type { CertificateRow, KeyEscrowRow } from '../../directory/tables.ts';
import { OperationError } from '../../errors.ts';
import { isOwn } from '../registration.ts';

/** Errors: not_found (no such certificate, or no key was escrowed with it), access_denied. */
export const findEscrowedKey: Command<
  { certificate: string },
  { certificate: CertificateRow; escrow: KeyEscrowRow }
> = {
  name: 'key.recover',
  async execute(context, input) {
    const certificate = await existing(context, 'certificate', input.certificate);
    if (!isOwn(context, certificate.person)) {
      await authorise(context, 'key.recover', await organisationOfPerson(context, certificate.person));
    }
    const [escrow] = await context.tx.find('key_escrow', { certificate: certificate.uuid });
    if (escrow === undefined) {
      throw new OperationError('not_found', `no key is escrowed for certificate ${certificate.serial}`);
    }
    return { certificate, escrow };
  },
};
