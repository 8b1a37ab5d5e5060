// Syntaxes of single fields, shared by the rules of each kind of object. Values are kept as sent; what could forge a
// log line, a name on a page or a distinguished name is refused. Lengths count characters (code points), not code units.
import { OperationError } from '../errors.ts';
import type { Extension } from './tables.ts';

/**
 * Controls, formats (bidi overrides among them), separators of lines, lone surrogates, noncharacters, private use, and what
 * shows nothing. A variation selector chooses the glyph of an ideograph (UTS 37); elsewhere it shows nothing either.
 */
const forbidden =
  /[\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{NChar}\p{Zl}\p{Zp}\u2800]|(?!\p{VS})\p{DI}|(?<!\p{Unified_Ideograph})\p{VS}/u;

/** Whether a text holds a character that shows nothing, orders others, or has no meaning of its own. */
export function holdsForbidden(text: string): boolean {
  return forbidden.test(text);
}

function refuse(field: string, rule: string): OperationError {
  return new OperationError('invalid_value', `${field} ${rule}`);
}

export interface TextRule {
  max: number; // characters
  /** The whole value must match; `form` says in words what it asks. */
  pattern?: { expression: { test(text: string): boolean }; form: string };
}

/** A text of 1 to `max` characters without white space at its ends. Error: invalid_value. */
export function parseText(field: string, value: unknown, rule: TextRule): string {
  if (typeof value !== 'string' || value === '') throw refuse(field, 'is required');
  // A code point takes at most two code units: bounds the work before the text is walked.
  if (value.length > rule.max * 2 || [...value].length > rule.max) {
    throw refuse(field, `must be at most ${rule.max} characters`);
  }
  if (holdsForbidden(value)) throw refuse(field, 'holds a control, invisible or private character');
  if (value.trim() !== value) throw refuse(field, 'must not begin or end with white space');
  if (rule.pattern !== undefined && !rule.pattern.expression.test(value)) {
    throw refuse(field, `must be ${rule.pattern.form}`);
  }
  return value;
}

/** As parseText; undefined, null and '' are "none". */
export function parseOptionalText(field: string, value: unknown, rule: TextRule): string | null {
  return value === undefined || value === null || value === '' ? null : parseText(field, value, rule);
}

/** The rules of an object: one parser a column, each told what was sent (undefined when nothing was). */
export type FieldParsers<Columns> = { readonly [Name in keyof Columns]: (value: unknown) => Columns[Name] };

/** What was sent under a name; what an input merely inherits was not. */
function own<Columns extends object>(input: Partial<Columns>, name: keyof Columns): unknown {
  return Object.hasOwn(input, name) ? input[name] : undefined;
}

/** Every column; what was not sent gets the parser's default or its refusal. */
export function parseFields<Columns extends object>(
  parsers: FieldParsers<Columns>,
  input: Partial<Columns>,
): Columns {
  const names = Object.keys(parsers) as (keyof Columns)[];
  const parsed: Partial<Columns> = {};
  for (const name of names) parsed[name] = parsers[name](own(input, name));
  return parsed as Columns; // every name of the table was set above
}

/** Only the columns that were sent. */
export function parseChanges<Columns extends object>(
  parsers: FieldParsers<Columns>,
  input: Partial<Columns>,
): Partial<Columns> {
  const names = Object.keys(parsers) as (keyof Columns)[];
  const parsed: Partial<Columns> = {};
  for (const name of names) {
    const sent = own(input, name);
    if (sent !== undefined) parsed[name] = parsers[name](sent);
  }
  return parsed;
}

/** One word of a code list. Error: invalid_value, naming the words. */
export function parseWord<Word extends string>(field: string, value: unknown, words: readonly Word[]): Word {
  const word = words.find((one) => one === value);
  if (word === undefined) throw refuse(field, `must be one of ${words.join(', ')}`);
  return word;
}

const uuidPattern = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

/** A uuid in lower case, as this service writes them. */
export function parseReference(field: string, value: unknown): string {
  if (typeof value === 'string' && value.length === 36 && uuidPattern.test(value)) return value;
  throw refuse(field, 'must be the uuid of an object');
}

/** As parseReference; undefined and null are "none". */
export function parseOptionalReference(field: string, value: unknown): string | null {
  return value === undefined || value === null ? null : parseReference(field, value);
}

/** An instant within four digits of years. */
export function parseInstant(field: string, value: unknown): Date {
  const inRange =
    value instanceof Date &&
    value.getTime() >= Date.UTC(1900, 0, 1) && // also false of an Invalid Date
    value.getTime() < Date.UTC(2200, 0, 1);
  if (!inRange) throw refuse(field, 'must be an instant between 1900 and 2199');
  return value;
}

/** As parseInstant; undefined and null are "none". */
export function parseOptionalInstant(field: string, value: unknown): Date | null {
  return value === undefined || value === null ? null : parseInstant(field, value);
}

/** Error: invalid_value, unless `to` is null or after `from`. */
export function requirePeriod(from: Date, to: Date | null): void {
  if (to !== null && to <= from) throw refuse('valid_to', 'must be after valid_from');
}

const domainPattern =
  /^(?=.{1,253}$)[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?(\.[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)+$/i;
const localPartPattern = /^[a-z0-9!#$%&'*+/=?^_`{|}~-]+(\.[a-z0-9!#$%&'*+/=?^_`{|}~-]+)*$/i;

/** A DNS name of at least two labels. */
export function parseDomain(field: string, value: unknown): string {
  return parseText(field, value, {
    max: 253,
    pattern: { expression: domainPattern, form: 'a domain name' },
  });
}

/** As parseMailAddress; null and undefined are none. */
export function parseOptionalMailAddress(field: string, value: unknown): string | null {
  return value === undefined || value === null ? null : parseMailAddress(field, value);
}

/** An RFC 5321 Mailbox without quoting: dot-atom of at most 64 octets, '@', domain name; 254 octets in all. */
export function parseMailAddress(field: string, value: unknown): string {
  const address = parseText(field, value, { max: 254 });
  const at = address.lastIndexOf('@');
  const local = address.slice(0, Math.max(at, 0));
  const wellFormed =
    local.length <= 64 && localPartPattern.test(local) && domainPattern.test(address.slice(at + 1));
  if (!wellFormed) throw refuse(field, 'must be a mail address (name@domain)');
  return address;
}

const telephonePattern = /^\+[1-9][0-9]*(?:[ -][0-9]+)*$/;

/** An international number (E.164: at most 15 digits), grouped as sent: '+852 2867 4608'. */
export function parseTelephone(field: string, value: unknown): string | null {
  const form = 'an international telephone number such as +852 2867 4608';
  const number = parseOptionalText(field, value, {
    max: 32,
    pattern: { expression: telephonePattern, form },
  });
  const digits = number?.replace(/\D/g, '').length ?? 7;
  if (digits < 7 || digits > 15) throw refuse(field, `must be ${form}`);
  return number;
}

/**
 * `octets` bounds the whole extension of one object: the feed keeps it before and after each change, every replica holds
 * it, and a search sends it whole, so that what one officer writes costs everybody. A photograph has no place there.
 */
const extensionLimits = { attributes: 64, values: 100, characters: 4096, octets: 64 * 1024 } as const;
const descriptionPattern = /^[a-z][a-z0-9-]{0,63}(;[a-z0-9-]{1,32}){0,4}$/i;

/** Attributes without a column: names and sizes here; x500/mapping.ts checks them against the schema. */
export function parseExtension(value: unknown): Extension {
  if (value === undefined || value === null) return {};
  if (typeof value !== 'object') throw refuse('extension', 'must hold attributes');
  const attributes = Object.entries(value);
  if (attributes.length > extensionLimits.attributes) {
    throw refuse('extension', `must hold at most ${extensionLimits.attributes} attributes`);
  }
  let octets = 0;
  return Object.fromEntries(
    attributes.map(([name, values]) => {
      const texts = parseExtensionValues(name, values);
      for (const text of [name, ...texts]) octets += Buffer.byteLength(text);
      if (octets > extensionLimits.octets) {
        throw refuse('extension', `must hold at most ${extensionLimits.octets} octets of names and values`);
      }
      return [name, texts];
    }),
  );
}

function parseExtensionValues(name: string, values: unknown): string[] {
  if (!descriptionPattern.test(name)) throw refuse('extension', 'holds a malformed attribute description');
  if (!Array.isArray(values) || values.length === 0 || values.length > extensionLimits.values) {
    throw refuse(`extension ${name}`, `must hold 1 to ${extensionLimits.values} values`);
  }
  return values.map((one: unknown) => {
    if (
      typeof one === 'string' &&
      one.length > 0 &&
      one.length <= extensionLimits.characters &&
      !/[\p{Cs}\0]/u.test(one)
    ) {
      return one;
    }
    throw refuse(`extension ${name}`, `must hold texts of at most ${extensionLimits.characters} characters`);
  });
}
