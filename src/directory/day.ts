// Calendar days as HR writes them ('YYYY-MM-DD'), in Hong Kong time: UTC+8 all year, no daylight saving since 1979.
import { OperationError } from '../errors.ts';

const hongKongOffset = 8 * 3_600_000;
const dayLength = 24 * 3_600_000;
const dayPattern = /^(\d{4})-(\d{2})-(\d{2})$/;

/** A calendar day between 1900 and 2199. Error: invalid_value, naming `field`. */
export function parseDay(field: string, value: unknown): string {
  const match = typeof value === 'string' && value.length === 10 ? dayPattern.exec(value) : null;
  if (match !== null) {
    const [text, year, month, day] = match;
    const instant = new Date(Date.UTC(Number(year), Number(month) - 1, Number(day)));
    const inRange = Number(year) >= 1900 && Number(year) < 2200;
    if (inRange && instant.toISOString().startsWith(text)) return text;
  }
  throw new OperationError('invalid_value', `${field} must be a calendar day written YYYY-MM-DD`);
}

/** The instant at which the day begins in Hong Kong. */
export function startOfDay(day: string): Date {
  return new Date(Date.parse(`${day}T00:00:00.000Z`) - hongKongOffset);
}

/** The first instant after the day. */
export function endOfDay(day: string): Date {
  return new Date(startOfDay(day).getTime() + dayLength);
}

/** The Hong Kong day that an instant falls in. */
export function dayOf(instant: Date): string {
  return new Date(instant.getTime() + hongKongOffset).toISOString().slice(0, 10);
}
