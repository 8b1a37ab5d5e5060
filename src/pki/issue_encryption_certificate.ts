// A person's encryption certificate: the key is made here and escrowed, so that mail stays readable when a card is lost
// or an officer is gone. The newest stands first in the directory; older ones stay valid until they expire.
import type { RequestOrigin } from '../directory/ports.ts';
import type { CertificateRow } from '../directory/tables.ts';
import { isOperationError } from '../errors.ts';
import { issue, type Pki } from './authority.ts';
import { checkCertificate } from './commands/certificate_check.ts';
import type { Pkcs12 } from './pkcs12.ts';
import { checkPublicKey } from './public_key.ts';
import { recoverKey } from './recover_key.ts';
import { generateKey } from './signer.ts';

/**
 * `pkcs12` is for the owner, or for an officer with the right of recovery; null for one who may issue and not recover:
 * the owner then fetches the key with recoverKey. Errors: as requestSigningCertificate, without those of a request.
 */
export async function issueEncryptionCertificate(
  pki: Pki,
  input: { person: string },
  origin: RequestOrigin,
): Promise<{ certificate: CertificateRow; pkcs12: Pkcs12 | null }> {
  const profile = pki.profiles.encryption;
  // Two processors make five RSA-3072 keys a second: whoever would be refused must not cost one.
  await pki.runner.run(checkCertificate, { person: input.person, profile }, origin);
  const pair = await generateKey('rsa-3072');
  const key = checkPublicKey(pair.spki, profile.keys);
  const certificate = await issue(pki, { person: input.person, profile, key, escrow: pair.pkcs8 }, origin);
  try {
    return { certificate, pkcs12: (await recoverKey(pki, { certificate: certificate.uuid }, origin)).pkcs12 };
  } catch (error) {
    if (isOperationError(error, 'access_denied')) return { certificate, pkcs12: null };
    throw error;
  }
}
