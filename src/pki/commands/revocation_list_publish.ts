// Puts a new revocation list into the directory. Its number follows the last one's: of two publishers who started from
// the same list one is refused, and builds again from what is true then.
import { authorise, existing } from '../../directory/commands/authorise.ts';
import type { Command } from '../../directory/ports.ts';
import { OperationError } from '../../errors.ts';

export interface PublishRevocationListInput {
  authority: string;
  crl: Buffer;
  number: number;
  thisUpdate: Date;
  nextUpdate: Date;
}

/** Errors: access_denied, not_found, conflict (another list was published meanwhile). */
export const publishRevocationListCommand: Command<PublishRevocationListInput, void> = {
  name: 'revocation_list.publish',
  async execute(context, { authority, crl, number, thisUpdate, nextUpdate }) {
    await authorise(context, 'authority.manage', null);
    const row = await existing(context, 'certificate_authority', authority);
    if (number !== row.crl_number + 1) {
      throw new OperationError('conflict', `revocation list ${row.crl_number} was published meanwhile`);
    }
    await context.tx.update('certificate_authority', authority, {
      crl,
      crl_number: number,
      crl_this_update: thisUpdate,
      crl_next_update: nextUpdate,
    });
  },
};
