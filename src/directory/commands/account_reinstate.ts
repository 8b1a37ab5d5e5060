// Undoes a suspension or a leave. After a leave the open-ended assignments and memberships that ended with it come back, as
// far as whoever reinstates may appoint and manage groups there; acting appointments, secondments and certificates do not:
// they are granted anew. Whoever gives roles back must be able to grant them.
import { OperationError } from '../../errors.ts';
import { isOpen, requireRoom } from '../assignment.ts';
import { dayOf } from '../day.ts';
import { openState, requireMove } from '../lifecycle.ts';
import type { Command, CommandContext } from '../ports.ts';
import type { AccountRow } from '../tables.ts';
import { hasPassword, moveAccount } from './account_state.ts';
import type { AccountInput } from './account_suspend.ts';
import {
  authorise,
  existing,
  existingAccount,
  isAuthorised,
  organisationOfAccount,
  present,
} from './authorise.ts';
import { endOfDuty } from './person_create.ts';
import { requireRolesOfAccount } from './role_rights.ts';

/** States that the end of duty led to. */
const left: readonly string[] = ['FINAL_LEAVE', 'DISABLED', 'RETAINED'];

/** Errors: invalid_state; already_exists, when the post was filled meanwhile (end that first, or move the person). */
export const reinstateAccount: Command<AccountInput, { account: AccountRow }> = {
  name: 'account.reinstate',
  async execute(context, input) {
    const account = await existingAccount(context, input.account);
    await authorise(context, 'account.manage', await organisationOfAccount(context, account));
    const state = openState(await hasPassword(context, account.uuid));
    requireMove(account.state, state);
    if (account.state === 'PENDING') throw new OperationError('invalid_state', 'the account has not begun');
    const expired = account.expires_at !== null && account.expires_at <= context.now;
    let { expires_at } = account;
    if (left.includes(account.state) && account.person !== null) {
      const closed = account.sessions_valid_from; // the instant of the change that ended duty
      const formerEnds = await reopenEmployments(context, account.person);
      await restoreAssignments(context, account.person, closed);
      await restoreMemberships(context, account.person, closed);
      if (expired || formerEnds.includes(expires_at?.getTime())) expires_at = null;
    } else if (expired) {
      throw new OperationError('invalid_state', 'the account has expired');
    }
    await requireRolesOfAccount(context, account, `reinstating account ${account.uid}`);
    return { account: await moveAccount(context, account, state, { locked_until: null, expires_at }) };
  },
};

/** Returns the instants at which duty was to end. */
async function reopenEmployments(
  { tx, now }: CommandContext,
  person: string,
): Promise<(number | undefined)[]> {
  const employments = await tx.find('employment', { person });
  const latest = [...employments].sort((a, b) => b.start_date.localeCompare(a.start_date))[0];
  if (latest === undefined || latest.last_duty_date === null) return [];
  const begun = latest.last_duty_date <= dayOf(now) || latest.start_date > dayOf(now);
  if (!begun) return [];
  await tx.update('employment', latest.uuid, { last_duty_date: null, last_service_date: null });
  return [endOfDuty(latest)?.getTime()];
}

/** Those of organisations where the identity may appoint, except the post of who was posted elsewhere meanwhile. */
async function restoreAssignments(context: CommandContext, person: string, closed: Date): Promise<void> {
  const { tx, now } = context;
  const assignments = await tx.find('assignment', { person });
  const posted = assignments.some((one) => one.is_primary && isOpen(one, now));
  for (const held of assignments) {
    const openEnded = held.kind === 'substantive' || held.kind === 'doubling_up';
    const began = held.valid_from < closed;
    if (held.is_primary && posted) continue;
    if (!openEnded || !began || held.valid_to?.getTime() !== closed.getTime()) continue;
    // Locked as for any appointment: nobody fills the post meanwhile.
    const { organisation } = await existing(context, 'post', held.post);
    if (!(await isAuthorised(context, 'assignment.manage', organisation))) continue;
    const restored = { ...held, valid_to: null };
    requireRoom(restored, await tx.find('assignment', { post: held.post }));
    await tx.update('assignment', held.uuid, { valid_to: null });
  }
}

/** Those of groups that the identity manages. */
async function restoreMemberships(context: CommandContext, person: string, closed: Date): Promise<void> {
  const { tx } = context;
  for (const membership of await tx.find('group_member', { person })) {
    if (membership.valid_to?.getTime() !== closed.getTime()) continue;
    const { organisation } = await present(context, 'group', membership.group);
    if (!(await isAuthorised(context, 'group.manage', organisation))) continue;
    await tx.update('group_member', membership.uuid, { valid_to: null });
  }
}
