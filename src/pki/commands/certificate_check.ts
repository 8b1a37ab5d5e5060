// Says whether a certificate would be issued, before a costly key is made for it. Writes nothing.
import type { Command } from '../../directory/ports.ts';
import type { Profile } from '../profile.ts';
import { register, requireIssuanceRight } from '../registration.ts';
import { requireRoom } from './certificate_intend.ts';

export interface CheckCertificateInput {
  person: string;
  profile: Profile;
}

/** Errors: those of certificate.intend that do not concern the key. */
export const checkCertificate: Command<CheckCertificateInput, void> = {
  name: 'certificate.check',
  async execute(context, { person, profile }) {
    await requireIssuanceRight(context, person);
    await register(context, person, profile.subject);
    await requireRoom(context, person, profile);
  },
};
