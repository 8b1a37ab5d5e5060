// Values of options, read the same way by every command. Errors: invalid_value, naming the option.
import { InvalidArgumentError } from 'commander';
import { endOfDay, parseDay, startOfDay } from '../directory/day.ts';
import { OperationError } from '../errors.ts';

/** ISO 8601 with an offset: an instant without one would mean another in every time zone. */
const instantForm = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2}(\.\d{1,3})?)?(Z|[+-]\d{2}:\d{2})$/;
const dayForm = /^\d{4}-\d{2}-\d{2}$/;

function instantOf(name: string, value: string, ofDay: (day: string) => Date): Date {
  if (dayForm.test(value)) return ofDay(parseDay(name, value));
  const instant = new Date(instantForm.test(value) ? value : Number.NaN);
  if (Number.isNaN(instant.getTime())) {
    throw new OperationError(
      'invalid_value',
      `${name} must be a day (2026-12-31) or an instant with its offset (2026-12-31T18:00:00+08:00)`,
    );
  }
  return instant;
}

/** An instant, or a day in Hong Kong from its beginning. */
export function beginOption(name: string): (value: string) => Date {
  return (value) => instantOf(name, value, startOfDay);
}

/** An instant, or a day in Hong Kong to its end: '--to 2026-12-31' includes that day. */
export function endOption(name: string): (value: string) => Date {
  return (value) => instantOf(name, value, endOfDay);
}

export function dayOption(name: string): (value: string) => string {
  return (value) => parseDay(name, value);
}

/** A whole number within bounds. */
export function numberOption(lowest: number, highest: number): (value: string) => number {
  return (value) => {
    const number = /^\d{1,15}$/.test(value) ? Number(value) : Number.NaN;
    if (number >= lowest && number <= highest) return number;
    throw new InvalidArgumentError(`It must be a whole number between ${lowest} and ${highest}.`);
  };
}

const mostRows = 1_000_000;
const rowsOfATable = 100;

/** --limit of a list: people get a page where they ask for none, programs get everything. */
export const limitOption = [
  '--limit <n>',
  `so many at most (${rowsOfATable}; with --json all)`,
  numberOption(1, mostRows),
] as const;

export function rowLimit(given: number | undefined, json: boolean): number {
  return given ?? (json ? mostRows : rowsOfATable);
}

/** One word of a code list. */
export function wordOption<Word extends string>(words: readonly Word[]): (value: string) => Word {
  return (value) => {
    const word = words.find((one) => one === value);
    if (word !== undefined) return word;
    throw new InvalidArgumentError(`It must be one of ${words.join(', ')}.`);
  };
}

/** Options that may be given several times. */
export function collect(value: string, before: string[] = []): string[] {
  return [...before, value];
}

type Given<Fields> = { [Name in keyof Fields]?: Exclude<Fields[Name], undefined> };

/** The fields that were given: commands tell "not sent" from "sent empty". */
export function given<Fields extends object>(fields: Fields): Given<Fields> {
  return Object.fromEntries(
    Object.entries(fields).filter(([, value]) => value !== undefined),
  ) as Given<Fields>;
}

/** An empty text takes a field away. */
export function emptyIsNone(value: string | undefined): string | null | undefined {
  return value === '' ? null : value;
}
