// The inventory of certificates as revocation lists read it, by the index certificate_revoked.
import type { RevocationInventory, RevokedCertificate } from '../directory/ports.ts';
import type { Database } from './pool.ts';
import { speaking } from './sqlstate.ts';

export function createRevocationInventory({ knex }: Database): RevocationInventory {
  return {
    revokedBy: (authority, validAt) =>
      speaking(async () => {
        const { rows } = await knex.raw<{ rows: RevokedCertificate[] }>(
          `select serial, revoked_at, revocation_reason, not_after from certificate
           where authority = :authority and state = 'revoked' and revoked_at is not null
             and (:validAt::timestamptz is null or not_after >= :validAt)
           order by revoked_at, serial`,
          { authority, validAt },
        );
        return rows;
      }),
  };
}
