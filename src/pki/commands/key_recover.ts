// Releases the escrowed key of an encryption certificate, still wrapped, to somebody who may have it: its owner, so that old
// mail stays readable, or an officer with the right of recovery. The change that this appends is the durable record of who
// recovered which key; the caller unwraps nothing before it is committed.
import { authorise, existing, organisationOfPerson } from '../../directory/commands/authorise.ts';
import type { Command } from '../../directory/ports.ts';
import type { CertificateRow, KeyEscrowRow } from '../../directory/tables.ts';
import { OperationError } from '../../errors.ts';
import { isOwn, requireOwner } from '../registration.ts';

/** Errors: not_found (no such certificate, or no key was escrowed with it), access_denied, stronger_proof_required. */
export const releaseEscrowedKey: Command<
  { certificate: string },
  { certificate: CertificateRow; escrow: KeyEscrowRow }
> = {
  name: 'key.recover',
  async execute(context, input) {
    const certificate = await existing(context, 'certificate', input.certificate);
    if (isOwn(context, certificate.person)) await requireOwner(context, 'recovering a key');
    else await authorise(context, 'key.recover', await organisationOfPerson(context, certificate.person));
    const [escrow] = await context.tx.find('key_escrow', { certificate: certificate.uuid });
    if (escrow === undefined) {
      throw new OperationError('not_found', `no key is escrowed for certificate ${certificate.serial}`);
    }
    const { recoveries } = await existing(context, 'key_escrow', escrow.uuid); // locked: each recovery counts
    const recovered = await context.tx.update('key_escrow', escrow.uuid, { recoveries: recoveries + 1 });
    return { certificate, escrow: recovered };
  },
};
