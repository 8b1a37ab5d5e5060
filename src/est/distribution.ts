// What relying parties fetch over plain HTTP: revocation lists and CA certificates (RFC 5280 4.2.1.13, RFC 2585 section 3).
// Both come from the replica, and so are served while the database is away.

import { certificatePem } from '../pki/certificate.ts';
import { binaryValues } from '../x500/entry.ts';
import type { ReadModel } from '../x500/read_model.ts';
import { authorityDn } from '../x500/tree.ts';

export interface DistributionPorts {
  readModel: Pick<ReadModel, 'schema' | 'entryByDn'>;
  /** DN of the suffix entry. */
  suffix: string;
}

export interface Distributed {
  status: 200;
  type: string;
  body: Buffer;
  maxAge: number; // seconds that a cache may keep it
}

const pathForm = /^\/pki\/([a-z][a-z0-9-]{0,31})\.(crl|cer|pem)$/;

/** One row a file name's ending. A list may be cached for a minute: a revocation must be seen soon. */
const files = {
  crl: { attribute: 'certificateRevocationList;binary', type: 'application/pkix-crl', maxAge: 60 },
  cer: { attribute: 'cACertificate;binary', type: 'application/pkix-cert', maxAge: 86_400 },
  pem: { attribute: 'cACertificate;binary', type: 'application/x-pem-file', maxAge: 86_400 },
} as const;

function isEnding(text: string | undefined): text is keyof typeof files {
  return text !== undefined && Object.hasOwn(files, text);
}

/**
 * Answers `/pki/<authority>.crl`, `.cer` (DER) and `.pem`; undefined for any other path, for an unknown authority, and
 * for a list not yet published. The router answers those 404, and HEAD and If-None-Match as for any body.
 */
export function distribution(ports: DistributionPorts): (path: string) => Distributed | undefined {
  const { schema } = ports.readModel;
  return (path) => {
    const [, authority = '', ending] = pathForm.exec(path) ?? [];
    if (!isEnding(ending)) return undefined;
    const { attribute, type, maxAge } = files[ending];
    const entry = ports.readModel.entryByDn(authorityDn(authority, ports.suffix));
    const [value] = entry === undefined ? [] : binaryValues(schema, entry, attribute);
    if (value === undefined) return undefined;
    return { status: 200, type, body: ending === 'pem' ? Buffer.from(certificatePem(value)) : value, maxAge };
  };
}
