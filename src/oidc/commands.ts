// Writing the provider's first keys. Every starter may try; the index signing_key_one_current lets one succeed.
import { authorise } from '../directory/commands/authorise.ts';
import type { Command } from '../directory/ports.ts';
import type { SigningKeyRow } from '../directory/tables.ts';
import { OperationError } from '../errors.ts';

export type NewProviderKey = Pick<
  SigningKeyRow,
  'uuid' | 'purpose' | 'algorithm' | 'wrapped_key' | 'public_key'
>;

/**
 * Stores keys made outside the transaction (an RSA key takes its time) as the current ones of their purposes.
 * Errors: access_denied; already_exists, when another starter was first: read the table again.
 */
export const installProviderKeys: Command<readonly NewProviderKey[], void> = {
  name: 'provider_key.install',
  async execute(context, keys) {
    const { tx, now } = context;
    await authorise(context, 'authority.manage', null);
    for (const key of keys) {
      const { purpose, algorithm } = key;
      const standing = await tx.find('signing_key', { purpose, algorithm, state: 'current' });
      if (standing.length > 0) {
        throw new OperationError(
          'already_exists',
          `a current ${algorithm} key for ${purpose} exists already`,
        );
      }
      await tx.insert('signing_key', { ...key, certificate: null, state: 'current', created_at: now });
    }
  },
};
