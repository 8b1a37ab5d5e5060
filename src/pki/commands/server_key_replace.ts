// Puts a new TLS key in force and retires the one before it.
import { authorise, existing } from '../../directory/commands/authorise.ts';
import type { Command } from '../../directory/ports.ts';
import type { SigningKeyRow } from '../../directory/tables.ts';
import { OperationError } from '../../errors.ts';

export interface ReplaceServerKeyInput {
  made: SigningKeyRow;
  /** The current key that the maker saw; null when there was none. */
  replaces: string | null;
  /** The authority that signed, locked so that starters come one after another. */
  authority: string;
}

/** Errors: access_denied, conflict (another starter replaced the key first). */
export const replaceServerKey: Command<ReplaceServerKeyInput, void> = {
  name: 'server_key.replace',
  async execute(context, { made, replaces, authority }) {
    const { tx } = context;
    await authorise(context, 'authority.manage', null);
    await existing(context, 'certificate_authority', authority);
    const [current] = await tx.find('signing_key', { purpose: made.purpose, state: 'current' });
    if ((current?.uuid ?? null) !== replaces) {
      throw new OperationError('conflict', 'the TLS key was replaced by another starter');
    }
    if (current !== undefined) await tx.update('signing_key', current.uuid, { state: 'retired' });
    await tx.insert('signing_key', made);
  },
};
