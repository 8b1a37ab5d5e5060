// Records that a certificate with this serial is about to be signed, with everything it will say. Whatever happens after,
// no certificate exists that the inventory does not know (boulder's serials; SBR 7.1 on unique serials).
import type { Command, CommandContext } from '../../directory/ports.ts';
import type { CertificateRow } from '../../directory/tables.ts';
import { type CertificateProfileName, certificateProfiles } from '../../directory/vocabulary.ts';
import { OperationError } from '../../errors.ts';
import { type DistinguishedName, nameText } from '../distinguished_name.ts';
import type { Profile } from '../profile.ts';
import type { CheckedPublicKey } from '../public_key.ts';
import { register, requireIssuanceRight } from '../registration.ts';
import { validityOf } from '../validity.ts';

/** Valid certificates of one profile a person may hold at once: renewals overlap, and devices are few. */
const mostValid = 8;

export interface IntendCertificateInput {
  uuid: string;
  person: string;
  profile: Profile;
  key: CheckedPublicKey;
  serial: string; // lower-case hex
  authority: { name: string; notAfter: Date };
}

export interface Intention {
  certificate: CertificateRow;
  subject: DistinguishedName;
}

function personalProfile(profile: Profile): CertificateProfileName {
  const name = certificateProfiles.find((one) => one === profile.name);
  if (name === undefined) throw new OperationError('unsupported', `${profile.name} is no profile for people`);
  return name;
}

/** Error: admin_limit_exceeded. */
export async function requireRoom(
  { tx, now }: CommandContext,
  person: string,
  profile: Profile,
): Promise<void> {
  const held = await tx.find('certificate', { person, profile: personalProfile(profile), state: 'valid' });
  if (held.filter((one) => one.not_after > now).length < mostValid) return;
  throw new OperationError(
    'admin_limit_exceeded',
    `the person holds ${mostValid} valid ${profile.name} certificates; revoke those that are not used`,
  );
}

/** One key serves one person and one profile, and never again once it is compromised (SBR 6.1.1.3). */
async function requireUnusedKey({ tx }: CommandContext, input: IntendCertificateInput): Promise<void> {
  for (const other of await tx.find('certificate', { public_key_hash: input.key.hash })) {
    if (other.person !== input.person || other.profile !== input.profile.name) {
      throw new OperationError(
        'invalid_request',
        'the key is certified for another holder or purpose already',
      );
    }
    if (other.revocation_reason === 'keyCompromise') {
      throw new OperationError('invalid_request', 'the key was revoked as compromised');
    }
  }
}

/** Errors: access_denied, not_found, invalid_state (registration), invalid_request (the key), admin_limit_exceeded. */
export const intendCertificate: Command<IntendCertificateInput, Intention> = {
  name: 'certificate.intend',
  async execute(context, input) {
    const { tx, now } = context;
    const { person, profile, key } = input;
    await requireIssuanceRight(context, person);
    const registration = await register(context, person, profile.subject);
    await requireRoom(context, person, profile);
    await requireUnusedKey(context, input);

    const profileName = personalProfile(profile);
    const earlier = await tx.find('certificate', { person, profile: profileName, state: 'valid' });
    const latest = earlier.sort((a, b) => b.not_before.getTime() - a.not_before.getTime())[0];
    const { notBefore, notAfter } = validityOf(profile, now, input.authority.notAfter);
    const certificate: CertificateRow = {
      uuid: input.uuid,
      person,
      profile: profileName,
      serial: input.serial,
      authority: input.authority.name,
      subject: nameText(registration.subject),
      public_key_hash: key.hash,
      mail: registration.mail,
      not_before: notBefore,
      not_after: notAfter,
      der: Buffer.alloc(0),
      state: 'intended',
      revoked_at: null,
      revocation_reason: null,
      renewal_of: latest?.uuid ?? null,
    };
    await tx.insert('certificate', certificate);
    return { certificate, subject: registration.subject };
  },
};
