// What the end of duty does, at the instant it comes: every door closes in one change. Reversible by reinstate.ts, except
// for certificates (RFC 5280: a revocation for cessation of operation is final) and time-boxed rights.
import { isOpen } from '../assignment.ts';
import { mayMove } from '../lifecycle.ts';
import type { CommandContext } from '../ports.ts';
import { moveAccount } from './account_state.ts';
import { endPeriod } from './period_end.ts';

/** `serviceGoesOn`: final leave follows, the person is still employed. Doing it again changes nothing. */
export async function endDuty(
  context: CommandContext,
  person: string,
  serviceGoesOn: boolean,
): Promise<void> {
  await closeAccounts(context, person, serviceGoesOn);
  await endAssignments(context, person);
  await endMemberships(context, person);
  await revokeCertificates(context, person);
}

async function closeAccounts(context: CommandContext, person: string, serviceGoesOn: boolean): Promise<void> {
  for (const account of await context.tx.find('account', { person })) {
    const wanted = serviceGoesOn && mayMove(account.state, 'FINAL_LEAVE') ? 'FINAL_LEAVE' : 'DISABLED';
    const stillOnLeave = serviceGoesOn && account.state === 'FINAL_LEAVE';
    if (!stillOnLeave && mayMove(account.state, wanted)) await moveAccount(context, account, wanted);
  }
}

/**
 * One that had an end of its own ends a millisecond before the accounts close: a reinstatement takes what ended with them
 * for open-ended and gives it back without an end.
 */
async function endAssignments(context: CommandContext, person: string): Promise<void> {
  const { tx, now } = context;
  const justBefore = new Date(now.getTime() - 1);
  for (const held of await tx.find('assignment', { person })) {
    if (isOpen(held, now))
      await endPeriod(context, 'assignment', held, held.valid_to === null ? now : justBefore);
  }
}

/** A membership that had an end of its own is removed, so that a reinstatement cannot make it endless. */
async function endMemberships(context: CommandContext, person: string): Promise<void> {
  const { tx, now } = context;
  for (const membership of await tx.find('group_member', { person })) {
    if (membership.valid_to === null) await endPeriod(context, 'group_member', membership, now);
    else if (isOpen(membership, now)) await tx.remove('group_member', membership.uuid);
  }
}

async function revokeCertificates({ tx, now }: CommandContext, person: string): Promise<void> {
  for (const certificate of await tx.find('certificate', { person })) {
    // A hold becomes final: released later it would be valid for somebody who has gone.
    const held = certificate.revocation_reason === 'certificateHold';
    if (certificate.state !== 'valid' && !held) continue;
    await tx.update('certificate', certificate.uuid, {
      state: 'revoked',
      revoked_at: certificate.revoked_at ?? now,
      revocation_reason: 'cessationOfOperation',
    });
  }
}
