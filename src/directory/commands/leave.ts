// A leaver: the last day of duty closes the account, the last day of service ends the employment.
// A day to come is recorded and carried out at its instant by the job of effective dates.
import { OperationError } from '../../errors.ts';
import { dayOf, parseDay } from '../day.ts';
import { dutyHasEnded, requireOrderedDates, serviceHasEnded } from '../employment.ts';
import type { Command, CommandContext } from '../ports.ts';
import type { AccountRow, EmploymentRow } from '../tables.ts';
import { authorise, existing, organisationOfPerson } from './authorise.ts';
import { endDuty } from './duty_end.ts';
import { earliest, endOfDuty } from './person_create.ts';
import { requireRolesOfPerson } from './role_rights.ts';

export interface LeaveInput {
  person: string;
  /** Omitted: today. null: the leave that was recorded is called off (before it took effect; afterwards: reinstate). */
  last_duty_date?: string | null;
  /** Later than the last duty day where final leave lies between. */
  last_service_date?: string | null;
  /** Duty ends this instant and not with the day. */
  at_once?: boolean;
}

/** Errors: invalid_state without a running employment; invalid_value for days out of order. */
export const leave: Command<LeaveInput, { accounts: AccountRow[] }> = {
  name: 'person.leave',
  async execute(context, input) {
    const { tx, now } = context;
    const person = await existing(context, 'person', input.person);
    await authorise(context, 'person.manage', await organisationOfPerson(context, person.uuid));
    const employments = await tx.find('employment', { person: person.uuid });
    const running = employments.filter((one) => !dutyHasEnded(one, now));
    if (running.length === 0)
      throw new OperationError('invalid_state', 'the person has no running employment');

    const after: EmploymentRow[] = [];
    for (const employment of running) after.push(await recordDays(context, employment, input));
    if (after.some((one, index) => lastsLonger(one, running[index]))) {
      await requireRolesOfPerson(context, person.uuid, 'prolonging the service of who holds roles');
    }
    await moveExpiry(context, running, after);
    const over = input.at_once === true || after.every((one) => dutyHasEnded(one, now));
    if (over && input.last_duty_date !== null) {
      await endDuty(context, person.uuid, serviceGoesOn(after, now));
    }
    return { accounts: await tx.find('account', { person: person.uuid }) };
  },
};

/** Duty that was to end goes on: with it every role of the posts held. */
function lastsLonger(after: EmploymentRow, before: EmploymentRow | undefined): boolean {
  if (before === undefined || before.last_duty_date === null) return false;
  return after.last_duty_date === null || after.last_duty_date > before.last_duty_date;
}

function serviceGoesOn(employments: readonly EmploymentRow[], now: Date): boolean {
  return employments.some((one) => one.last_service_date !== null && !serviceHasEnded(one, now));
}

async function recordDays(
  { tx, now }: CommandContext,
  employment: EmploymentRow,
  input: LeaveInput,
): Promise<EmploymentRow> {
  const today = dayOf(now);
  if (input.last_duty_date === null) {
    return tx.update('employment', employment.uuid, { last_duty_date: null, last_service_date: null });
  }
  const asked = input.last_duty_date === undefined ? today : parseDay('last_duty_date', input.last_duty_date);
  if (input.at_once === true && asked > today) {
    throw new OperationError(
      'invalid_value',
      'last_duty_date must not be in the future when duty ends at once',
    );
  }
  const withdrawn = employment.start_date > today && input.at_once === true; // somebody who never began
  const last_duty_date = withdrawn ? employment.start_date : asked;
  const last_service_date =
    input.last_service_date === undefined || input.last_service_date === null
      ? null
      : parseDay('last_service_date', input.last_service_date);
  requireOrderedDates({ ...employment, last_duty_date, last_service_date });
  return tx.update('employment', employment.uuid, { last_duty_date, last_service_date });
}

/** The account's own expiry follows the last duty day, unless somebody set an earlier one. */
async function moveExpiry(
  { tx }: CommandContext,
  before: readonly EmploymentRow[],
  after: readonly EmploymentRow[],
): Promise<void> {
  const ends = after.map(endOfDuty);
  // With several employments the account lasts as long as the longest.
  const last = ends.includes(null) ? null : new Date(Math.max(...ends.map((end) => end?.getTime() ?? 0)));
  const former = before.map((one) => endOfDuty(one)?.getTime());
  for (const account of await tx.find('account', { person: before[0]?.person ?? null })) {
    const derived = account.expires_at === null || former.includes(account.expires_at.getTime());
    const expires_at = derived ? last : earliest(account.expires_at, last);
    if (expires_at?.getTime() !== account.expires_at?.getTime()) {
      await tx.update('account', account.uuid, { expires_at });
    }
  }
}
