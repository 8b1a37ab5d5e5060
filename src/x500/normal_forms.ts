// Normal forms of values that are not running text (RFC 4517 section 3.3): numbers, times, bits, identifiers, address
// lists. Each takes octets and answers a string that is equal for equal values, or null when the syntax is broken.
import { prepareForSubstrings, preparePart, prepareValue } from './string_preparation.ts';

const ascii = (octets: Buffer): string => octets.toString('latin1');
const longestInteger = 1024;
const mostLines = 64; // of a postal address; X.520 has six

export function normaliseInteger(octets: Buffer): string | null {
  if (octets.length > longestInteger) return null;
  const text = ascii(octets);
  return /^(?:0|-?[1-9][0-9]*)$/.test(text) ? text : null;
}

/** Order of two decimal numbers of any length. */
export function compareIntegers(left: string, right: string): number {
  const negative = left.startsWith('-');
  if (negative !== right.startsWith('-')) return negative ? -1 : 1;
  const order = left.length === right.length ? compareText(left, right) : left.length - right.length;
  return negative ? -order : order;
}

export function compareText(left: string, right: string): number {
  return left < right ? -1 : left > right ? 1 : 0;
}

export function normaliseBoolean(octets: Buffer): string | null {
  const text = ascii(octets);
  return text === 'TRUE' || text === 'FALSE' ? text : null;
}

export function normaliseBits(octets: Buffer): string | null {
  const text = ascii(octets);
  return /^'[01]*'B$/.test(text) ? text : null;
}

export function normaliseUuid(octets: Buffer): string | null {
  if (octets.length !== 36) return null;
  const text = ascii(octets).toLowerCase();
  return /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(text) ? text : null;
}

const time = /^(\d{4})(\d\d)(\d\d)(\d\d)(?:(\d\d)(\d\d)?)?(?:[.,](\d{1,20}))?(?:Z|([+-])(\d\d)(\d\d)?)$/;

// What servers write, on days that every month has: its own normal form.
const plainTime = /^\d{4}(?:0[1-9]|1[0-2])(?:0[1-9]|1\d|2[0-8])(?:[01]\d|2[0-3])(?:[0-5]\d){2}Z$/;

/** GeneralizedTime (3.3.13) in UTC with as much of a fraction of a second as counts: such texts sort as times do. */
export function normaliseTime(octets: Buffer): string | null {
  if (octets.length > 48) return null;
  const text = ascii(octets);
  if (plainTime.test(text)) return text;
  const parts = time.exec(text);
  if (parts === null) return null;
  const [, years, months, days, hours, minutes, seconds, fraction, sign, hourOffset, minuteOffset] = parts;
  const [year, month, day, hour] = [Number(years), Number(months), Number(days), Number(hours)];
  const [minute, second] = [Number(minutes ?? 0), Number(seconds ?? 0)];
  if (hour > 23 || minute > 59 || second > 60) return null;
  const offset = Number(hourOffset ?? 0) * 60 + Number(minuteOffset ?? 0);
  if (Number(hourOffset ?? 0) > 23 || Number(minuteOffset ?? 0) > 59) return null;
  const instant = new Date(0);
  instant.setUTCFullYear(year, month - 1, day); // Date.UTC would take the year 50 for 1950
  if (instant.getUTCMonth() !== month - 1 || instant.getUTCDate() !== day) return null;
  instant.setUTCHours(hour, minute - (sign === '-' ? -offset : offset), second);
  // A fraction of the last unit given; of a second it is kept as text, exactly.
  if (fraction !== undefined && seconds === undefined) {
    const unit = minutes === undefined ? 3_600_000 : 60_000;
    instant.setUTCMilliseconds(Math.round(Number(`0.${fraction}`) * unit));
  }
  if (instant.getUTCFullYear() < 0 || instant.getUTCFullYear() > 9999) return null;
  const [whole = '', milliseconds = ''] = instant.toISOString().replace(/[-:T]/g, '').split(/[.Z]/);
  const rest = (seconds === undefined ? milliseconds : (fraction ?? '')).replace(/0+$/, '');
  return `${whole}${rest === '' ? '' : `.${rest}`}Z`;
}

/** Two normal times; the mark of their end sorts before any fraction. */
export function compareTimes(left: string, right: string): number {
  return compareText(left.slice(0, -1), right.slice(0, -1));
}

/** Lines of a postal address (3.3.28), `\24` and `\5C` resolved. */
function addressLines(octets: Buffer): Buffer[] {
  const text = ascii(octets);
  return text
    .split('$', mostLines + 1)
    .map((line) => Buffer.from(line.replace(/\\24/g, '$').replace(/\\5c/gi, '\\'), 'latin1'));
}

export function normaliseLines(octets: Buffer): string | null {
  const lines = addressLines(octets).map((line) => prepareValue(line, true));
  return lines.length > mostLines || lines.includes(null) ? null : lines.join('\n');
}

export function normaliseLinesForSubstrings(octets: Buffer): string | null {
  const lines = addressLines(octets).map((line) => prepareForSubstrings(line, true));
  return lines.length > mostLines || lines.includes(null) ? null : lines.join('\n');
}

export function normaliseLinesPart(octets: Buffer, position: 'initial' | 'any' | 'final'): string | null {
  return preparePart(octets, true, position);
}

/** First component of a schema definition, or the assertion itself: `( 2.5.4.3 NAME … )` and `2.5.4.3` alike. */
export function firstComponent(octets: Buffer): string {
  const text = ascii(octets.subarray(0, 512));
  return text.startsWith('(') ? (/^\(\s*([^\s()]+)/.exec(text)?.[1] ?? '') : text.trim();
}
