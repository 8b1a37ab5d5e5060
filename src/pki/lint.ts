// Looks at a TBSCertificate as a stranger would, before it is signed (pre-issuance linting, SBR 4.3.1.2): what was built
// must hold what RFC 5280, RFC 8550 and the S/MIME Baseline Requirements ask, and nothing that was not asked for.
import * as asn1 from './asn1.ts';
import type { CertificateContent, Issuer } from './certificate.ts';
import { keyUsageBits } from './profile.ts';
import { keyIdentifier } from './public_key.ts';

interface Extension {
  critical: boolean;
  value: asn1.Node;
}

interface Parsed {
  version: Buffer | undefined;
  serial: Buffer;
  signatureOid: string;
  issuer: Buffer;
  times: { type: number; text: string }[];
  spki: Buffer;
  subject: asn1.Node | undefined;
  extensions: Map<string, Extension>;
  repeated: string[];
}

function parse(tbs: Buffer): Parsed {
  const fields = asn1.children(asn1.fromDer(tbs));
  const [version, serial, signature, issuer, validity, subject, spki, tagged] = fields;
  if (issuer === undefined || spki === undefined) throw new Error('a TBSCertificate without its fields');
  const extensions = new Map<string, Extension>();
  const repeated: string[] = [];
  for (const node of asn1.children(asn1.children(tagged)[0])) {
    const parts = asn1.children(node);
    const oid = asn1.oidText(parts[0]);
    if (extensions.has(oid)) repeated.push(oid);
    const value = asn1.content(parts.at(-1)) ?? Buffer.alloc(0);
    extensions.set(oid, { critical: parts.length === 3, value: asn1.fromDer(value) });
  }
  return {
    version: asn1.content(asn1.children(version)[0]),
    serial: asn1.content(serial) ?? Buffer.alloc(0),
    signatureOid: asn1.oidText(asn1.children(signature)[0]),
    issuer: asn1.toDer(issuer),
    times: asn1.children(validity).map((time) => ({
      type: time.type,
      text: (asn1.content(time) ?? Buffer.alloc(0)).toString('latin1'),
    })),
    subject,
    spki: asn1.toDer(spki),
    extensions,
    repeated,
  };
}

const timeForms: Record<number, RegExp> = { 23: /^[0-4]\d\d{10}Z$/, 24: /^20[5-9]\d\d{10}Z$/ };

/** The text of every IA5 name under an extension that holds GeneralNames at any depth. */
function namesIn(node: asn1.Node | undefined, tag: number): string[] {
  if (node === undefined) return [];
  const own = node.tagClass === 0x80 && node.type === tag ? asn1.content(node) : undefined;
  if (own !== undefined) return [own.toString('latin1')];
  return asn1.children(node).flatMap((child) => namesIn(child, tag));
}

interface Rule {
  rule: string;
  holds(found: Parsed, wanted: CertificateContent, issuer: Issuer): boolean;
}

const isPersonal = (wanted: CertificateContent) =>
  !wanted.profile.authority && wanted.profile.extendedKeyUsage.includes('emailProtection');

const rules: readonly Rule[] = [
  {
    rule: 'version must be v3 (RFC 5280 4.1.2.1)',
    holds: (found) => found.version?.equals(Buffer.of(2)) === true,
  },
  {
    rule: 'serial must be positive, of at least 64 and at most 159 bits (SBR 7.1)',
    holds: ({ serial }) => serial.length >= 9 && serial.length <= 20 && (serial[0] ?? 0x80) < 0x80,
  },
  {
    rule: "signature algorithm must be the issuer's (RFC 5280 4.1.1.2)",
    holds: (found, _, issuer) => found.signatureOid === issuer.signer.signatureOid,
  },
  {
    rule: "issuer must equal the issuer's subject octet by octet (SBR 7.1.4.1)",
    holds: (found, _, issuer) => found.issuer.equals(issuer.subject),
  },
  {
    rule: 'times must be UTCTime to 2049 and GeneralizedTime after, in seconds (RFC 5280 4.1.2.5)',
    holds: ({ times }) =>
      times.length === 2 && times.every(({ type, text }) => timeForms[type]?.test(text) === true),
  },
  {
    rule: 'subject must not be empty (RFC 5280 4.1.2.6)',
    holds: ({ subject }) => asn1.children(subject).length > 0,
  },
  { rule: 'key must be the one asked for', holds: (found, wanted) => found.spki.equals(wanted.spki) },
  { rule: 'no extension may stand twice (RFC 5280 4.2)', holds: ({ repeated }) => repeated.length === 0 },
  {
    rule: 'only keyUsage and basicConstraints may be critical, and must be (RFC 8550 4.4)',
    holds: ({ extensions }) =>
      [...extensions].every(
        ([oid, { critical }]) => critical === (oid === '2.5.29.15' || oid === '2.5.29.19'),
      ),
  },
  {
    rule: 'keyUsage must be exactly what the profile says (RFC 5280 4.2.1.3)',
    holds: ({ extensions }, { profile }) => {
      const bits = asn1.namedBits(profile.keyUsage.map((usage) => keyUsageBits[usage]));
      const found = extensions.get('2.5.29.15');
      return found !== undefined && asn1.toDer(found.value).equals(asn1.toDer(bits));
    },
  },
  {
    rule: 'only an authority may be one (RFC 5280 4.2.1.9)',
    holds: ({ extensions }, { profile }) => {
      const constraints = asn1.children(extensions.get('2.5.29.19')?.value);
      return (asn1.content(constraints[0])?.equals(Buffer.of(0xff)) ?? false) === profile.authority;
    },
  },
  {
    rule: 'key identifiers must be the keys’ own (RFC 5280 4.2.1.1, 4.2.1.2)',
    holds: ({ extensions }, wanted, issuer) => {
      const own = asn1.content(extensions.get('2.5.29.14')?.value);
      const authority = asn1.content(asn1.children(extensions.get('2.5.29.35')?.value)[0]);
      const ownIsRight = wanted.profile.subjectKeyIdentifier
        ? own?.equals(keyIdentifier(wanted.spki)) === true
        : !extensions.has('2.5.29.14');
      return ownIsRight && authority?.equals(issuer.keyIdentifier) === true;
    },
  },
  {
    rule: 'names must be those that registration found, and no others (SBR 7.1.4.2.1)',
    holds: ({ extensions }, { names }) => {
      const value = extensions.get('2.5.29.17')?.value;
      const mails = names.flatMap((name) => ('mail' in name ? [name.mail] : []));
      return asn1.children(value).length === names.length && namesIn(value, 1).join() === mails.join();
    },
  },
  {
    rule: 'a personal certificate must name a mailbox in ASCII with its domain in lower case (RFC 8550 3, SBR 7.1.4.2.1)',
    holds: ({ extensions }, wanted) => {
      if (!isPersonal(wanted)) return true;
      const mails = namesIn(extensions.get('2.5.29.17')?.value, 1);
      return mails.length > 0 && mails.every((mail) => /^[\x21-\x7e]+@[a-z0-9.-]+$/.test(mail));
    },
  },
  {
    rule: 'CRL and issuer must be named over plain http (SBR 7.1.2.3)',
    holds: ({ extensions }, _, issuer) => {
      if (issuer.urls === null) return !extensions.has('2.5.29.31');
      return ['2.5.29.31', '1.3.6.1.5.5.7.1.1'].every((oid) => {
        const urls = namesIn(extensions.get(oid)?.value, 6);
        return urls.length === 1 && urls.every((url) => url.startsWith('http://'));
      });
    },
  },
  {
    rule: 'policies must be exactly the profile’s (SBR 7.1.6.1)',
    holds: ({ extensions }, { profile }) => {
      const found = asn1.children(extensions.get('2.5.29.32')?.value);
      return found.map((policy) => asn1.oidText(asn1.children(policy)[0])).join() === profile.policies.join();
    },
  },
];

/** The rules that a TBSCertificate breaks; empty when it may be signed. */
export function lintTbsCertificate(tbs: Buffer, wanted: CertificateContent, issuer: Issuer): string[] {
  const found = parse(tbs);
  return rules.filter(({ holds }) => !holds(found, wanted, issuer)).map(({ rule }) => rule);
}
