// The service's own TLS key and certificate, kept wrapped in the database so that every node shows the same one. Made on
// first start, replaced when a third of its life is left or the configured names change.
import { createPrivateKey, randomUUID, X509Certificate } from 'node:crypto';
import { isIP } from 'node:net';
import type { RequestOrigin } from '../directory/ports.ts';
import type { SigningKeyRow } from '../directory/tables.ts';
import { isOperationError, OperationError } from '../errors.ts';
import { keyContext, type Pki, signChecked } from './authority.ts';
import { certificatePem, type GeneralName } from './certificate.ts';
import { replaceServerKey } from './commands/server_key_replace.ts';
import type { DistinguishedName } from './distinguished_name.ts';
import { generateKey } from './signer.ts';
import { newSerial, validityOf } from './validity.ts';

const serverKeyPurpose = 'tls';
const hostForm =
  /^(?=.{1,253}$)(\*\.)?[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?(\.[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)*$/;

export interface ServerCertificate {
  key: string; // PKCS#8 PEM
  certificate: string; // PEM, leaf first, without the root
  notAfter: Date;
}

export type TlsPorts = Pick<Pki, 'runner' | 'reader' | 'keyWrap' | 'clock' | 'profiles' | 'authorities'>;

function addressOctets(address: string): Buffer {
  if (isIP(address) === 4) return Buffer.from(address.split('.').map(Number));
  const [head = '', tail] = address.split('::');
  const groups = (text: string) => (text === '' ? [] : text.split(':'));
  const left = groups(head);
  const right = tail === undefined ? [] : groups(tail);
  const all = [...left, ...Array.from({ length: 8 - left.length - right.length }, () => '0'), ...right];
  return Buffer.from(all.map((group) => group.padStart(4, '0')).join(''), 'hex');
}

function generalName(name: string): GeneralName {
  // IPv4 inside IPv6 and zones have no place in a configured name.
  if (isIP(name) !== 0 && !(name.includes(':') && /[.%]/.test(name))) return { address: addressOctets(name) };
  if (hostForm.test(name)) return { host: name };
  throw new OperationError(
    'configuration',
    `${name} is neither a host name nor an address for a TLS certificate`,
  );
}

/** Whether a stored certificate still serves: not in the last third of its life, these names and no others, our authority's. */
function serves(
  certificate: X509Certificate,
  wanted: { names: readonly string[]; days: number; now: Date; issuer: X509Certificate },
): boolean {
  const { names, days, now, issuer } = wanted;
  const from = Date.parse(certificate.validFrom);
  const to = Date.parse(certificate.validTo);
  const named = certificate.subjectAltName?.split(', ').length ?? 0;
  return (
    now.getTime() < from + ((to - from) * 2) / 3 &&
    to - from <= days * 86_400_000 && // an earlier release let it live longer
    certificate.checkIssued(issuer) &&
    named === names.length &&
    names.every(
      (name) => (isIP(name) === 0 ? certificate.checkHost(name) : certificate.checkIP(name)) !== undefined,
    )
  );
}

async function currentKey(ports: TlsPorts): Promise<SigningKeyRow | undefined> {
  return (await ports.reader.find('signing_key', { purpose: serverKeyPurpose, state: 'current' }))[0];
}

async function makeKey(ports: TlsPorts, names: readonly string[]): Promise<SigningKeyRow> {
  const { services } = ports.authorities;
  const profile = ports.profiles.server;
  const pair = await generateKey('ec-p256');
  const now = ports.clock.now();
  // Clients look at the names in subjectAltName alone (RFC 9525 2); a common name beside them is not recommended.
  const subject: DistinguishedName = [{ attribute: 'C', value: profile.subject.C }];
  const der = await signChecked(
    {
      profile,
      serial: newSerial(),
      subject,
      names: names.map(generalName),
      spki: pair.spki,
      ...validityOf(profile, now, services.notAfter),
    },
    services,
  );
  return {
    uuid: randomUUID(),
    purpose: serverKeyPurpose,
    algorithm: 'ec-p256',
    wrapped_key: ports.keyWrap.wrap(pair.pkcs8, keyContext(serverKeyPurpose)),
    public_key: pair.spki,
    certificate: Buffer.from(certificatePem(der) + certificatePem(services.certificate)),
    state: 'current',
    created_at: now,
  };
}

function open(ports: TlsPorts, row: SigningKeyRow): ServerCertificate {
  const pkcs8 = ports.keyWrap.unwrap(row.wrapped_key, keyContext(row.purpose));
  const certificate = (row.certificate ?? Buffer.alloc(0)).toString('latin1');
  return {
    key: createPrivateKey({ key: pkcs8, format: 'der', type: 'pkcs8' })
      .export({ format: 'pem', type: 'pkcs8' })
      .toString(),
    certificate,
    notAfter: new Date(new X509Certificate(certificate).validTo),
  };
}

/**
 * The TLS key and certificate for exactly the given host names and addresses. `origin` needs authority.manage.
 * Call it again daily: it answers with the stored one until that needs replacing. Errors: configuration, unavailable.
 */
export async function serverCertificate(
  ports: TlsPorts,
  hostNames: readonly string[],
  origin: RequestOrigin,
): Promise<ServerCertificate> {
  const names = [...new Set(hostNames.map((name) => name.toLowerCase()))];
  const issuer = new X509Certificate(ports.authorities.services.certificate);
  const stored = await currentKey(ports);
  const wanted = { names, days: ports.profiles.server.days, now: ports.clock.now(), issuer };
  if (stored?.certificate && serves(new X509Certificate(stored.certificate), wanted)) {
    return open(ports, stored);
  }
  const made = await makeKey(ports, names);
  try {
    await ports.runner.run(
      replaceServerKey,
      { made, replaces: stored?.uuid ?? null, authority: ports.authorities.services.uuid },
      origin,
    );
    return open(ports, made);
  } catch (error) {
    if (!isOperationError(error, 'already_exists', 'conflict')) throw error;
  }
  const others = await currentKey(ports); // another starter was first
  if (others === undefined) throw new OperationError('unavailable', 'the TLS key cannot be read');
  return open(ports, others);
}
