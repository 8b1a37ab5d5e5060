// Hands out an escrowed key once more, as PKCS#12 under a new password: old mail must stay readable after a renewal.
// Every recovery stands on the audit trail, the owner's own too.
import { auditEvent } from '../audit/event.ts';
import type { RequestOrigin } from '../directory/ports.ts';
import type { CertificateRow } from '../directory/tables.ts';
import { escrowContext, type Pki } from './authority.ts';
import { releaseEscrowedKey } from './commands/key_recover.ts';
import { type Pkcs12, writePkcs12 } from './pkcs12.ts';

/**
 * Errors: not_found (no such certificate, or no escrowed key), access_denied, stronger_proof_required, unavailable (it cannot
 * be recorded), configuration (another master key).
 */
export async function recoverKey(
  pki: Pki,
  input: { certificate: string },
  origin: RequestOrigin,
): Promise<{ certificate: CertificateRow; pkcs12: Pkcs12 }> {
  // 1. On record in the change feed, committed with the check of the right.
  const { certificate, escrow } = (await pki.runner.run(releaseEscrowedKey, input, origin)).output;
  // 2. On the audit trail, stored. What cannot be recorded is not done.
  pki.audit.record(
    auditEvent(origin.identity, pki.clock.now(), origin.request, {
      act: 'key.recover',
      certificate: certificate.serial,
    }),
  );
  await pki.audit.flush();
  // 3. Only now is there a key.
  const pkcs8 = pki.keyWrap.unwrap(escrow.wrapped_key, escrowContext(certificate.uuid));
  const { issuing, root } = pki.authorities;
  const name = `${certificate.mail} ${certificate.not_before.toISOString().slice(0, 10)}`;
  return {
    certificate,
    pkcs12: writePkcs12(pkcs8, certificate.der, [issuing.certificate, root.certificate], name),
  };
}
