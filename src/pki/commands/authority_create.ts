// Puts a whole hierarchy of certificate authorities into the directory, with their wrapped keys.
import { authorise } from '../../directory/commands/authorise.ts';
import type { Command } from '../../directory/ports.ts';
import type { CertificateAuthorityRow, SigningKeyRow } from '../../directory/tables.ts';

export interface CreateAuthoritiesInput {
  authorities: CertificateAuthorityRow[]; // issuers first
  keys: SigningKeyRow[];
}

/** Errors: access_denied, already_exists (an authority of that name stands: another starter was first). */
export const createAuthorities: Command<CreateAuthoritiesInput, void> = {
  name: 'authority.create',
  async execute(context, { authorities, keys }) {
    await authorise(context, 'authority.manage', null);
    await context.tx.insert('signing_key', ...keys);
    await context.tx.insert('certificate_authority', ...authorities);
  },
};
