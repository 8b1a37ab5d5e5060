// Password Modify (RFC 3062) and the password policy control, as octets of a client.
import { BerReader } from '../../src/ldap/wire/ber_reader.ts';
import { control, message, type RawAnswer } from './raw_client.ts';
import { octetString, tlv } from './wire/tlv.ts';

export const PASSWORD_MODIFY = '1.3.6.1.4.1.4203.1.11.1';
export const PASSWORD_POLICY = '1.3.6.1.4.1.42.2.27.8.5.1';
export const policyControl = control(PASSWORD_POLICY, false);

export function bindWithPolicy(messageId: number, dn: string, password: string): Buffer {
  const version = tlv(2, Buffer.from([3]));
  const request = tlv(0x60, version, octetString(dn), tlv(0x80, Buffer.from(password)));
  return message(messageId, request, policyControl);
}

export interface PasswordRequest {
  user?: string;
  old?: string;
  chosen?: string;
}

export function passwordModifyRequest(
  messageId: number,
  { user, old, chosen }: PasswordRequest,
  ...controls: Buffer[]
): Buffer {
  const part = (tag: number, text: string | undefined) =>
    text === undefined ? [] : [tlv(tag, Buffer.from(text))];
  const value = tlv(0x30, ...part(0x80, user), ...part(0x81, old), ...part(0x82, chosen));
  const operation = tlv(0x77, tlv(0x80, Buffer.from(PASSWORD_MODIFY)), tlv(0x81, value));
  return message(messageId, operation, ...controls);
}

/** The value of the password policy response control, in hexadecimal; null without one. */
export function policyOf({ octets }: RawAnswer): string | null {
  const reader = new BerReader(octets);
  reader.enter(0x30);
  reader.integer();
  reader.skip();
  if (!reader.more) return null;
  reader.enter(0xa0);
  reader.enter(0x30);
  if (reader.text('type') !== PASSWORD_POLICY) return null;
  return reader.octetString().toString('hex');
}
