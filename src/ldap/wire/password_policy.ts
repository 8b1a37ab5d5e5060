// Values of the password policy control (draft-behera-ldap-password-policy-10, section 6) and of the password modify
// operation (RFC 3062 section 2).
import { BerReader } from './ber_reader.ts';
import { BerWriter } from './ber_writer.ts';
import { UNIVERSAL } from './tag.ts';

export const PASSWORD_POLICY = '1.3.6.1.4.1.42.2.27.8.5.1';
export const PASSWORD_MODIFY = '1.3.6.1.4.1.4203.1.11.1';

/** Those of section 6.2 that this server sends. `accountLocked` is not among them: it would tell strangers. */
export const POLICY_ERROR = {
  passwordExpired: 0,
  changeAfterReset: 2,
  mustSupplyOldPassword: 4,
  insufficientPasswordQuality: 5,
  passwordTooShort: 6,
  passwordTooYoung: 7,
  passwordInHistory: 8,
} as const;

const WARNING = 0xa0;
const TIME_BEFORE_EXPIRATION = 0x80;
const ERROR = 0x81;

/** PasswordPolicyResponseValue; without either part it says that there is nothing to say. */
export function encodePolicyResponse(response: { secondsBeforeExpiration?: number; error?: number }): Buffer {
  const { secondsBeforeExpiration, error } = response;
  const writer = new BerWriter(32);
  const sequence = writer.begin(UNIVERSAL.sequence);
  if (secondsBeforeExpiration !== undefined) {
    const warning = writer.begin(WARNING);
    writer.integer(Math.max(0, Math.floor(secondsBeforeExpiration)), TIME_BEFORE_EXPIRATION);
    writer.end(warning);
  }
  if (error !== undefined) writer.integer(error, ERROR);
  writer.end(sequence);
  return writer.take();
}

/** PasswdModifyRequestValue. Octets are views of the request. */
export interface PasswordModify {
  readonly userIdentity: string | null;
  readonly oldPassword: Buffer | null;
  readonly newPassword: Buffer | null;
}

const USER_IDENTITY = 0x80;
const OLD_PASSWORD = 0x81;
const NEW_PASSWORD = 0x82;

/** No value at all asks for everything to be chosen by the server. Error: invalid_request. */
export function decodePasswordModify(value: Buffer | null): PasswordModify {
  if (value === null) return { userIdentity: null, oldPassword: null, newPassword: null };
  const reader = new BerReader(value);
  const outer = reader.enter(UNIVERSAL.sequence);
  const userIdentity = reader.peek() === USER_IDENTITY ? reader.text('userIdentity', USER_IDENTITY) : null;
  const oldPassword = reader.peek() === OLD_PASSWORD ? reader.octetString(OLD_PASSWORD) : null;
  const newPassword = reader.peek() === NEW_PASSWORD ? reader.octetString(NEW_PASSWORD) : null;
  reader.leave(outer);
  reader.finish();
  return { userIdentity, oldPassword, newPassword };
}

const GENERATED_PASSWORD = 0x80;

/** PasswdModifyResponseValue with the password that the server chose. */
export function encodeGeneratedPassword(password: string): Buffer {
  const octets = Buffer.from(password);
  const writer = new BerWriter(16 + octets.length);
  const sequence = writer.begin(UNIVERSAL.sequence);
  writer.octetString(octets, GENERATED_PASSWORD);
  writer.end(sequence);
  return writer.take();
}
