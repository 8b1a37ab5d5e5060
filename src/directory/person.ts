// Rules of persons: who somebody is, apart from any employment. A name identifies nobody; no identity-card number is kept.
// Lengths follow the government's common schemas: Person English Name COM000022, Person Chinese Name COM000016.
import { OperationError } from '../errors.ts';
import { type FieldParsers, parseExtension, parseOptionalText, parseText, parseWord } from './field.ts';
import { nameOfPerson } from './name.ts';
import type { PersonRow } from './tables.ts';
import { languages } from './vocabulary.ts';

/**
 * Han characters (planes 2 and 3 whole, so that extensions younger than the running Unicode tables pass), the middle
 * dots of transliterated names, and variation selectors, which count as no character.
 */
const chineseName = {
  expression:
    /^(?=.*[\p{Script=Han}\u{20000}-\u{3fffd}])(?:[\p{Script=Han}\u{20000}-\u{3fffd}\u00b7\u2027\u30fb]|\p{Variation_Selector})+$/u,
  form: 'Chinese characters',
};
const variationSelectors = /\p{Variation_Selector}/gu;
const maxChineseCharacters = 6;
const maxAliases = 20;

export type PersonColumns = Omit<PersonRow, 'uuid'>;

export const personFields: FieldParsers<PersonColumns> = {
  surname: (value) => parseText('surname', value, nameOfPerson(40)),
  given_name: (value) => parseText('given_name', value, nameOfPerson(40)),
  english_name: (value) => parseOptionalText('english_name', value, nameOfPerson(40)),
  name_zh: parseChineseName,
  aliases: parseAliases,
  preferred_language: (value) => parseWord('preferred_language', value ?? 'en', languages),
  extension: parseExtension,
};

function parseChineseName(value: unknown): string | null {
  const name = parseOptionalText('name_zh', value, { max: maxChineseCharacters * 2, pattern: chineseName });
  const characters = [...(name ?? '').replace(variationSelectors, '')].length;
  if (characters > maxChineseCharacters || (name !== null && characters === 0)) {
    throw new OperationError('invalid_value', `name_zh must be 1 to ${maxChineseCharacters} characters`);
  }
  return name;
}

function parseAliases(value: unknown): string[] {
  if (value === undefined || value === null) return [];
  if (!Array.isArray(value) || value.length > maxAliases) {
    throw new OperationError('invalid_value', `aliases must be at most ${maxAliases} names`);
  }
  return value.map((one: unknown) => parseText('aliases', one, nameOfPerson(60)));
}
