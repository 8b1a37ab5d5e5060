// Rules of posts and ranks. A post exists without a holder (an establishment, not a strength); rights hang on it.
import { OperationError } from '../errors.ts';
import {
  type FieldParsers,
  parseExtension,
  parseOptionalMailAddress,
  parseOptionalReference,
  parseOptionalText,
  parseReference,
  parseTelephone,
  parseText,
  parseWord,
} from './field.ts';
import type { PostRow, RankRow } from './tables.ts';
import { clearanceLevels, postKinds } from './vocabulary.ts';

/** One space at a time: LDAP takes a run of them for one, and the number names the entry. */
const postNumber = {
  expression: /^(?!.* {2})[A-Za-z0-9]+([ ./()-]{1,2}[A-Za-z0-9]+)*\)?$/,
  form: "letters and digits, parted by one space or by . / ( ) - ('SE-6(N)')",
};
const rankCode = { expression: /^[A-Z0-9]+(-[A-Z0-9]+)*$/, form: "upper-case letters and digits ('AO-C')" };

export type PostColumns = Omit<PostRow, 'uuid' | 'valid_from' | 'valid_to'>;

export const postFields: FieldParsers<PostColumns> = {
  organisation: (value) => parseReference('organisation', value),
  unit: (value) => parseOptionalReference('unit', value),
  number: (value) => parseText('number', value, { max: 64, pattern: postNumber }),
  title_en: (value) => parseText('title_en', value, { max: 160 }),
  title_zh: (value) => parseOptionalText('title_zh', value, { max: 80 }),
  rank: (value) => parseOptionalText('rank', value, { max: 24, pattern: rankCode }),
  kind: (value) => parseWord('kind', value ?? 'permanent', postKinds),
  required_clearance: (value) => parseWord('required_clearance', value ?? 'NONE', clearanceLevels),
  telephone: (value) => parseTelephone('telephone', value),
  fax: (value) => parseTelephone('fax', value),
  room: (value) => parseOptionalText('room', value, { max: 64 }),
  mail: (value) => parseOptionalMailAddress('mail', value),
  extension: parseExtension,
};

export const rankFields: FieldParsers<Omit<RankRow, 'uuid'>> = {
  code: (value) => parseText('code', value, { max: 24, pattern: rankCode }),
  name_en: (value) => parseText('name_en', value, { max: 120 }),
  name_zh: (value) => parseText('name_zh', value, { max: 60 }),
  seniority: parseSeniority,
};

function parseSeniority(value: unknown): number {
  if (typeof value === 'number' && Number.isInteger(value) && value >= 0 && value <= 10_000) return value;
  throw new OperationError('invalid_value', 'seniority must be a whole number between 0 and 10000');
}
