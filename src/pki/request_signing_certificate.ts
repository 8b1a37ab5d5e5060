// A person's signing certificate, for a key that they made and that we never see: PKCS#10 in, certificate out.
import type { RequestOrigin } from '../directory/ports.ts';
import type { CertificateRow } from '../directory/tables.ts';
import { issue, type Pki } from './authority.ts';
import { openRequest } from './request.ts';

/**
 * Errors: invalid_request (the request or its key), access_denied (neither one's own nor a certificate officer's),
 * not_found, invalid_state (account, organisation or mail address), admin_limit_exceeded, conflict, unavailable.
 */
export async function requestSigningCertificate(
  pki: Pki,
  input: { person: string; request: Buffer | string },
  origin: RequestOrigin,
): Promise<CertificateRow> {
  const profile = pki.profiles.signing;
  const key = openRequest(input.request, profile.keys);
  return issue(pki, { person: input.person, profile, key, escrow: null }, origin);
}
