// Settles intentions that nobody finished: a process died between the intention and the publication, and may have
// signed. They count as revoked, so that a certificate that got out that way is on the CRL.
import { authorise } from '../../directory/commands/authorise.ts';
import type { Command } from '../../directory/ports.ts';

/** Long past any signing, even over a slow token. not_before stands five minutes before the intention itself. */
const patience = 15 * 60_000;

/** Serials of intentions older than ten minutes, now revoked. Error: access_denied. */
export const abandonIntentions: Command<{ authority: string }, { serials: string[] }> = {
  name: 'certificate.abandon',
  async execute(context, { authority }) {
    const { tx, now } = context;
    await authorise(context, 'authority.manage', null);
    const intended = await tx.find('certificate', { authority, state: 'intended' });
    const serials: string[] = [];
    for (const { uuid, not_before: notBefore } of intended) {
      if (now.getTime() - notBefore.getTime() < patience) continue;
      const row = await tx.get('certificate', uuid);
      if (row === undefined || row.state !== 'intended') continue;
      await tx.update('certificate', uuid, {
        state: 'revoked',
        revoked_at: now,
        revocation_reason: 'cessationOfOperation',
      });
      serials.push(row.serial);
    }
    return { serials };
  },
};
