// Makes dated facts take effect at their instant: joiners open, leavers close, postings, acting appointments, clearances and
// memberships begin and end. Each reaction looks at the row as it stands now, so that doing it twice does it once.

import { isCurrent } from '../assignment.ts';
import { dutyHasEnded, hasStarted, serviceHasEnded } from '../employment.ts';
import { openState } from '../lifecycle.ts';
import type { Command, CommandContext, DueFact } from '../ports.ts';
import type { AssignmentRow, ClearanceRow, EmploymentRow, TableName } from '../tables.ts';
import { hasPassword, moveAccount } from './account_state.ts';
import { authorise, existing, present } from './authorise.ts';
import { endSessions } from './clearance_withdraw.ts';
import { endDuty } from './duty_end.ts';
import { arrive } from './person_move.ts';

/** Name of the job's cursor. The base seeds set it: what was true before an installation began needs no effect. */
export const effectiveDatesJob = 'effective_dates';

export interface ApplyDueFactsInput {
  facts: readonly DueFact[];
  /** The job's cursor moves to `to` in the same transaction; null where more of the same instant is to come. */
  cursor: { job: string; to: Date } | null;
}

/** Facts whose rows have gone are passed over: whoever removed them had the last word. */
export const applyDueFacts: Command<ApplyDueFactsInput, { applied: number }> = {
  name: 'due_facts.apply',
  async execute(context, input) {
    const { tx } = context;
    await authorise(context, 'person.manage', null);
    await authorise(context, 'clearance.withdraw', null);
    const rows = new Map(input.facts.map((fact) => [`${fact.table} ${fact.uuid}`, fact]));
    let applied = 0;
    for (const { table, uuid } of rows.values()) {
      if (await takeEffect(context, table, uuid)) applied += 1;
    }
    if (input.cursor !== null) await tx.advanceCursor(input.cursor.job, input.cursor.to);
    return { applied };
  },
};

/** False when the row has gone. */
async function takeEffect(context: CommandContext, table: TableName, uuid: string): Promise<boolean> {
  const { tx } = context;
  if ((await tx.get(table, uuid)) === undefined) return false;
  if (table === 'employment') await reactToEmployment(context, await existing(context, table, uuid));
  if (table === 'assignment') await reactToAssignment(context, await existing(context, table, uuid));
  if (table === 'clearance') await reactToClearance(context, await existing(context, table, uuid));
  await tx.touch(table, uuid);
  return true;
}

async function reactToEmployment(context: CommandContext, employment: EmploymentRow): Promise<void> {
  const { tx, now } = context;
  const { person } = employment;
  const all = await tx.find('employment', { person });
  if (!all.some((one) => hasStarted(one, now) && !dutyHasEnded(one, now))) {
    if (!all.some((one) => hasStarted(one, now))) return;
    const serviceGoesOn = all.some((one) => dutyHasEnded(one, now) && !serviceHasEnded(one, now));
    return endDuty(context, person, serviceGoesOn);
  }
  for (const account of await tx.find('account', { person, state: 'PENDING' })) {
    await moveAccount(context, account, openState(await hasPassword(context, account.uuid)));
  }
}

async function reactToAssignment(context: CommandContext, assignment: AssignmentRow): Promise<void> {
  const posting = assignment.kind === 'substantive' && assignment.is_primary;
  if (!posting || !isCurrent(assignment, context.now)) return;
  const employment = await existing(context, 'employment', assignment.employment);
  const post = await present(context, 'post', assignment.post);
  await arrive(context, employment, post.organisation);
}

/** A lapsed clearance ends what was proved under it, as a withdrawal does. */
async function reactToClearance(context: CommandContext, clearance: ClearanceRow): Promise<void> {
  const lapsed = clearance.valid_to !== null && clearance.valid_to <= context.now;
  if (lapsed && clearance.status === 'active') await endSessions(context, clearance.person);
}
