// Withdraws a person's clearance: sessions, tokens and binds end with the same change.
import { OperationError } from '../../errors.ts';
import { isOpen } from '../assignment.ts';
import type { Command, CommandContext } from '../ports.ts';
import type { ClearanceRow } from '../tables.ts';
import { authorise, existing, organisationOfPerson } from './authorise.ts';
import { endPeriod } from './period_end.ts';

export interface WithdrawClearanceInput {
  person: string;
}

/** Error: invalid_state, when the person has none. */
export const withdrawClearance: Command<WithdrawClearanceInput, { clearances: ClearanceRow[] }> = {
  name: 'clearance.withdraw',
  async execute(context, input) {
    const { tx, now } = context;
    const person = await existing(context, 'person', input.person);
    await authorise(context, 'clearance.withdraw', await organisationOfPerson(context, person.uuid));
    const active = await tx.find('clearance', { person: person.uuid, status: 'active' });
    const open = active.filter((one) => isOpen(one, now));
    if (open.length === 0)
      throw new OperationError('invalid_state', 'the person has no clearance to withdraw');
    const clearances: ClearanceRow[] = [];
    for (const one of open) {
      await endPeriod(context, 'clearance', one, now);
      clearances.push(await tx.update('clearance', one.uuid, { status: 'withdrawn' }));
    }
    await endSessions(context, person.uuid);
    return { clearances };
  },
};

/**
 * What the person proved before counts no more. Accounts that are closed keep the instant at which they closed:
 * reinstate.ts restores what ended then.
 */
export async function endSessions({ tx, now }: CommandContext, person: string): Promise<void> {
  for (const account of await tx.find('account', { person })) {
    if (['FINAL_LEAVE', 'DISABLED', 'RETAINED', 'ARCHIVED'].includes(account.state)) continue;
    await tx.update('account', account.uuid, { sessions_valid_from: now });
  }
}
