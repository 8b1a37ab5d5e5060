// The certificate authorities: made on first start (a development hierarchy, certs/README.md), opened on every other.
// All of it is one command, so that a hierarchy exists whole or not at all; of two starters the loser uses the winner's.
import { randomUUID } from 'node:crypto';
import type { Clock } from '../clock.ts';
import type { CommandRunner, KeyWrap, RequestOrigin, TableReader } from '../directory/ports.ts';
import type { CertificateAuthorityRow, SigningKeyRow } from '../directory/tables.ts';
import { isOperationError, OperationError } from '../errors.ts';
import * as asn1 from './asn1.ts';
import {
  type Authority,
  type AuthorityName,
  authorityNames,
  authorityOf,
  keyContext,
  openAuthority,
  signChecked,
} from './authority.ts';
import type { Issuer } from './certificate.ts';
import { createAuthorities } from './commands/authority_create.ts';
import type { DistinguishedName } from './distinguished_name.ts';
import { nameNode } from './distinguished_name.ts';
import type { Profile, Profiles } from './profile.ts';
import { keyIdentifier } from './public_key.ts';
import { generateKey, keyAlgorithm, softwareSigner } from './signer.ts';
import { newSerial, validityOf } from './validity.ts';

export interface HierarchyPorts {
  runner: CommandRunner;
  reader: TableReader;
  keyWrap: KeyWrap;
  clock: Clock;
  profiles: Profiles;
  /** Plain http address that certificates name, without a final slash. */
  pkiBaseUrl: string;
}

export type Authorities = Record<AuthorityName, Authority>;

/** The stored hierarchy; undefined when there is none yet. Error: configuration, when it is incomplete or does not open. */
async function openHierarchy(
  ports: Pick<HierarchyPorts, 'reader' | 'keyWrap' | 'pkiBaseUrl'>,
): Promise<Authorities | undefined> {
  const rows = await ports.reader.find('certificate_authority', {});
  if (rows.length === 0) return undefined;
  const open = async (name: AuthorityName): Promise<Authority> => {
    const row = rows.find((one) => one.name === name);
    const [key] = row === undefined ? [] : await ports.reader.find('signing_key', { uuid: row.signing_key });
    if (row === undefined || key === undefined) {
      throw new OperationError('configuration', `the certificate authority ${name} is not in the database`);
    }
    return openAuthority(row, key, name, ports.keyWrap, ports.pkiBaseUrl);
  };
  return { root: await open('root'), issuing: await open('issuing'), services: await open('services') };
}

/**
 * The hierarchy, made first when there is none. `origin` needs the right authority.manage.
 * Errors: configuration (the stored keys do not open under this master key), unavailable.
 */
export async function ensureHierarchy(ports: HierarchyPorts, origin: RequestOrigin): Promise<Authorities> {
  const stored = await openHierarchy(ports);
  if (stored !== undefined) return stored;
  try {
    const made = await makeHierarchy(ports);
    await ports.runner.run(createAuthorities, made, origin);
  } catch (error) {
    if (!isOperationError(error, 'already_exists', 'conflict')) throw error; // else another starter was first
  }
  const now = await openHierarchy(ports);
  if (now === undefined)
    throw new OperationError('unavailable', 'the certificate authorities cannot be read');
  return now;
}

interface Made {
  authority: CertificateAuthorityRow;
  key: SigningKeyRow;
  opened: Authority;
}

async function makeHierarchy(
  ports: HierarchyPorts,
): Promise<{ authorities: CertificateAuthorityRow[]; keys: SigningKeyRow[] }> {
  const made: Made[] = [];
  for (const name of authorityNames) {
    const above = made.find((one) => one.opened.name === ports.profiles[name].issuer);
    made.push(await makeAuthority(ports, name, above?.opened));
  }
  return { authorities: made.map((one) => one.authority), keys: made.map((one) => one.key) };
}

function subjectOf(profile: Profile): DistinguishedName {
  const { C, O, CN } = profile.subject;
  if (O === undefined || CN === undefined) {
    throw new OperationError('configuration', `profile ${profile.name}: subject must hold O and CN`);
  }
  return [
    { attribute: 'C', value: C },
    { attribute: 'O', value: O },
    { attribute: 'CN', value: CN },
  ];
}

async function makeAuthority(
  ports: HierarchyPorts,
  name: AuthorityName,
  above: Authority | undefined,
): Promise<Made> {
  const profile = ports.profiles[name];
  const algorithm = keyAlgorithm(profile.keys[0] ?? 'none');
  const pair = await generateKey(algorithm);
  const signer = softwareSigner(algorithm, pair.pkcs8);
  const subject = subjectOf(profile);
  const now = ports.clock.now();
  const itself: Issuer = {
    subject: asn1.toDer(nameNode(subject)),
    keyIdentifier: keyIdentifier(pair.spki),
    signer,
    urls: null,
  };
  const certificate = await signChecked(
    {
      profile,
      serial: newSerial(),
      subject,
      names: [],
      spki: pair.spki,
      ...validityOf(profile, now, above?.notAfter ?? null),
    },
    above ?? itself,
  );
  const key: SigningKeyRow = {
    uuid: randomUUID(),
    purpose: `ca:${name}`,
    algorithm,
    wrapped_key: ports.keyWrap.wrap(pair.pkcs8, keyContext(`ca:${name}`)),
    public_key: pair.spki,
    certificate: null,
    state: 'current',
    created_at: now,
  };
  const authority: CertificateAuthorityRow = {
    uuid: randomUUID(),
    name,
    issuer: above?.uuid ?? null,
    certificate,
    signing_key: key.uuid,
    crl: null,
    crl_number: 0,
    crl_this_update: null,
    crl_next_update: null,
  };
  const opened = authorityOf({ uuid: authority.uuid, name }, certificate, signer, ports.pkiBaseUrl);
  return { authority, key, opened };
}
