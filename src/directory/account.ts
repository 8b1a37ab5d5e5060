// Rules of accounts and of the secrets that hang on them. A login name is never given to a second person.
import { OperationError } from '../errors.ts';
import { type FieldParsers, parseOptionalInstant, parseText } from './field.ts';
import { isReservedUid } from './reserved_name.ts';
import type { AccountRow } from './tables.ts';

const uid = {
  expression: /^[a-z][a-z0-9]*([._-][a-z0-9]+)*$/,
  form: "lower-case letters and digits, parted by . _ or - ('kctang')",
};
/** PHC string of argon2id: a password itself can never be stored by mistake. */
const passwordHash = {
  expression: /^\$argon2id\$v=\d+\$[a-z0-9=,]+\$[A-Za-z0-9+/]+\$[A-Za-z0-9+/]+$/,
  form: 'an argon2id hash (PHC string)',
};

export const accountFields: FieldParsers<Pick<AccountRow, 'uid' | 'expires_at'>> = {
  uid: parseUid,
  expires_at: (value) => parseOptionalInstant('expires_at', value),
};

/** A login name of 2 to 32 characters. */
export function parseUid(value: unknown): string {
  const name = parseText('uid', value, { max: 32, pattern: uid });
  if (name.length < 2) throw new OperationError('invalid_value', 'uid must be at least 2 characters');
  return name;
}

/** Error: invalid_value, for a login name that systems give a meaning of its own. */
export function requirePersonalUid(uid: string): void {
  if (!isReservedUid(uid)) return;
  throw new OperationError('invalid_value', `uid ${uid} is reserved: systems take it for no person`);
}

/** A hash somebody computed; never the secret. The value stands in no message. */
export function parsePasswordHash(value: unknown): string {
  return parseText('password hash', value, { max: 512, pattern: passwordHash });
}
