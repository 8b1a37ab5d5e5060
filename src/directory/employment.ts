// Rules of employments: on whose word, from when, until when. The last day of duty ends the account, the last day of
// service ends the employment; final leave lies between.
import { OperationError } from '../errors.ts';
import { endOfDay, parseDay, startOfDay } from './day.ts';
import { type FieldParsers, parseReference, parseText, parseWord } from './field.ts';
import type { EmploymentRow } from './tables.ts';
import { employmentCategories } from './vocabulary.ts';

const source = { expression: /^[a-z0-9]+([._-][a-z0-9]+)*$/, form: "a lower-case word ('csb-hr')" };

export type EmploymentColumns = Omit<EmploymentRow, 'uuid' | 'person'>;

export const employmentFields: FieldParsers<EmploymentColumns> = {
  organisation: (value) => parseReference('organisation', value),
  source: (value) => parseText('source', value, { max: 32, pattern: source }),
  staff_number: (value) => parseText('staff_number', value, { max: 64 }),
  category: (value) => parseWord('category', value, employmentCategories),
  start_date: (value) => parseDay('start_date', value),
  last_duty_date: (value) =>
    value === undefined || value === null ? null : parseDay('last_duty_date', value),
  last_service_date: (value) =>
    value === undefined || value === null ? null : parseDay('last_service_date', value),
};

/** Error: invalid_value, unless start_date <= last_duty_date <= last_service_date. */
export function requireOrderedDates(
  employment: Pick<EmploymentRow, 'start_date' | 'last_duty_date' | 'last_service_date'>,
): void {
  const { start_date, last_duty_date, last_service_date } = employment;
  if (last_duty_date !== null && last_duty_date < start_date) {
    throw new OperationError('invalid_value', 'last_duty_date must not be before start_date');
  }
  if (last_service_date !== null && (last_duty_date === null || last_service_date < last_duty_date)) {
    throw new OperationError('invalid_value', 'last_service_date must not be before last_duty_date');
  }
}

export function hasStarted(employment: EmploymentRow, now: Date): boolean {
  return startOfDay(employment.start_date) <= now;
}

/** Duty is over: whoever held the account may use it no more. */
export function dutyHasEnded(employment: EmploymentRow, now: Date): boolean {
  return employment.last_duty_date !== null && endOfDay(employment.last_duty_date) <= now;
}

/** The employment itself is over. Without a last day of service it ends with duty. */
export function serviceHasEnded(employment: EmploymentRow, now: Date): boolean {
  const last = employment.last_service_date ?? employment.last_duty_date;
  return last !== null && endOfDay(last) <= now;
}

/** The employment that speaks for the person now: the latest begun whose duty goes on, else the latest of all. */
export function currentEmployment(
  employments: readonly EmploymentRow[],
  now: Date,
): EmploymentRow | undefined {
  const latestFirst = [...employments].sort((a, b) => b.start_date.localeCompare(a.start_date));
  return latestFirst.find((one) => hasStarted(one, now) && !dutyHasEnded(one, now)) ?? latestFirst[0];
}
