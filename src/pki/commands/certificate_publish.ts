// Turns an intention into a valid certificate: its octets, its escrowed key and its place in the directory, all in the one
// transaction that replicas read. Registration is asked again, for people leave and move while keys are made.

import { existing } from '../../directory/commands/authorise.ts';
import type { Command } from '../../directory/ports.ts';
import type { CertificateRow } from '../../directory/tables.ts';
import { OperationError } from '../../errors.ts';
import { nameText } from '../distinguished_name.ts';
import type { Profile } from '../profile.ts';
import { register, requireIssuanceRight } from '../registration.ts';

export interface PublishCertificateInput {
  uuid: string;
  profile: Profile;
  der: Buffer;
  /** The holder's private key, wrapped, when it is escrowed. */
  wrappedKey: Buffer | null;
}

/** Errors: access_denied, not_found, invalid_state (not intended, or the person lost the right), conflict (their facts changed). */
export const publishCertificate: Command<PublishCertificateInput, CertificateRow> = {
  name: 'certificate.publish',
  async execute(context, input) {
    const { tx, now } = context;
    const intended = await existing(context, 'certificate', input.uuid);
    await requireIssuanceRight(context, intended.person);
    if (intended.state !== 'intended') {
      throw new OperationError('invalid_state', `certificate ${intended.serial} is ${intended.state}`);
    }
    const registration = await register(context, intended.person, input.profile.subject);
    if (nameText(registration.subject) !== intended.subject || registration.mail !== intended.mail) {
      throw new OperationError(
        'conflict',
        'the person’s name, organisation or mail address has just changed',
      );
    }
    if (input.wrappedKey !== null) {
      await tx.insert('key_escrow', {
        uuid: context.newUuid(),
        certificate: intended.uuid,
        person: intended.person,
        wrapped_key: input.wrappedKey,
        created_at: now,
        recoveries: 0,
      });
    }
    return tx.update('certificate', intended.uuid, { der: input.der, state: 'valid' });
  },
};
