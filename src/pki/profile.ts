// Certificate profiles: what each kind of certificate holds, as data in certs/profiles/*.json, checked once at start.
// A profile that breaks RFC 5280 or the S/MIME Baseline Requirements (SBR 7.1) is refused before it can be used.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { OperationError } from '../errors.ts';
import { packageRoot } from '../package_root.ts';

const profileNames = ['root', 'issuing', 'services', 'signing', 'encryption', 'server'] as const;
export type ProfileName = (typeof profileNames)[number];

/** Bit positions of RFC 5280 4.2.1.3. */
export const keyUsageBits = {
  digitalSignature: 0,
  nonRepudiation: 1,
  keyEncipherment: 2,
  keyCertSign: 5,
  cRLSign: 6,
} as const;

/** RFC 5280 4.2.1.12. */
export const purposeOids = {
  serverAuth: '1.3.6.1.5.5.7.3.1',
  clientAuth: '1.3.6.1.5.5.7.3.2',
  emailProtection: '1.3.6.1.5.5.7.3.4',
} as const;

/** Symmetric ciphers that a holder can decrypt (RFC 4262, RFC 3565), as senders are told. */
export const capabilityOids = {
  'aes256-CBC': '2.16.840.1.101.3.4.1.42',
  'aes128-CBC': '2.16.840.1.101.3.4.1.2',
} as const;

/** SBR 6.3.2: multipurpose certificates live at most 825 days, and none should live exactly that long. */
const longestPersonalDays = 824;
/** TLS Baseline Requirements 6.3.2: at most 200 days for certificates issued from 15 March 2026, and none exactly that long. */
const longestServerDays = 199;
/** TLS Baseline Requirements 7.1.6.1: the domain is validated, and nothing else. */
const domainValidated = '2.23.140.1.2.1';

function keysOf<T extends Record<string, unknown>>(table: T): z.ZodType<keyof T & string> {
  return z.enum(Object.keys(table) as [keyof T & string, ...(keyof T & string)[]]);
}

const profileSchema = z
  .strictObject({
    name: z.enum(profileNames),
    /** Name of the authority that signs; its own name for a root. */
    issuer: z.enum(['root', 'issuing', 'services']),
    /** Fixed parts of the subject; registration or the server's settings supply the rest. */
    subject: z.strictObject({
      C: z.literal('HK'),
      O: z.string().optional(),
      organizationIdentifier: z.string().optional(),
      CN: z.string().optional(),
    }),
    /** `rsa` is any RSA key of 2048 to 4096 bits; see public_key.ts. */
    keys: z.array(z.enum(['rsa', 'ec-p256', 'ec-p384'])).min(1),
    days: z.int().positive(),
    pathLength: z.int().nonnegative().nullable(),
    authority: z.boolean(),
    keyUsage: z.array(keysOf(keyUsageBits)).min(1),
    extendedKeyUsage: z.array(keysOf(purposeOids)),
    policies: z.array(z.string().regex(/^[0-2](\.\d+)+$/)),
    smimeCapabilities: z.array(keysOf(capabilityOids)).optional(),
    /** Whether the certificate names its own key's identifier; TLS certificates should not (TLS BR 7.1.2.7.6). */
    subjectKeyIdentifier: z.boolean().default(true),
  })
  .superRefine((profile, context) => {
    const refuse = (message: string) => context.addIssue({ code: 'custom', message });
    const signs = profile.keyUsage.includes('keyCertSign') || profile.keyUsage.includes('cRLSign');
    if (signs !== profile.authority)
      refuse('keyCertSign and cRLSign belong to authorities, and to all of them');
    if (!profile.authority && profile.pathLength !== null) refuse('pathLength belongs to authorities');
    if (profile.keyUsage.includes('keyEncipherment') && profile.keys.some((key) => key !== 'rsa')) {
      refuse('keyEncipherment is for RSA keys only (SBR 7.1.2.3)');
    }
    if (profile.extendedKeyUsage.includes('emailProtection')) {
      if (profile.extendedKeyUsage.includes('serverAuth')) {
        refuse('emailProtection and serverAuth must not meet in one certificate (SBR 7.1.2.3)');
      }
      if (profile.policies.length !== 1) refuse('exactly one policy is required (SBR 7.1.6.1)');
      if (!profile.authority && profile.days > longestPersonalDays) {
        refuse(`days must be at most ${longestPersonalDays} (SBR 6.3.2)`);
      }
    }
    if (!profile.subjectKeyIdentifier && profile.authority) refuse('an authority must name its key');
    if (!profile.authority && profile.extendedKeyUsage.includes('serverAuth')) {
      if (profile.days > longestServerDays)
        refuse(`days must be at most ${longestServerDays} (TLS BR 6.3.2)`);
      if (profile.policies.join() !== domainValidated) {
        refuse(`policies must be ${domainValidated} alone (TLS BR 7.1.6.1)`);
      }
      const { C: _country, ...others } = profile.subject;
      if (Object.keys(others).length > 0) refuse('subject must hold the country alone (TLS BR 7.1.2.7.2)');
    }
  });

export type Profile = z.infer<typeof profileSchema>;
export type Profiles = Record<ProfileName, Profile>;

/** Checks one profile as parsed from JSON. Error: configuration, with every fault. */
export function parseProfile(value: unknown, source: string): Profile {
  const parsed = profileSchema.safeParse(value);
  if (parsed.success) return parsed.data;
  const faults = parsed.error.issues.map((issue) => `${issue.path.join('.') || 'profile'}: ${issue.message}`);
  throw new OperationError('configuration', `${source}: ${faults.join('; ')}`);
}

function loadProfile(folder: string, name: ProfileName): Profile {
  const file = join(folder, `${name}.json`);
  let value: unknown;
  try {
    value = JSON.parse(readFileSync(file, 'utf8'));
  } catch (cause) {
    throw new OperationError('configuration', `${file} cannot be read as JSON`, { cause });
  }
  const profile = parseProfile(value, file);
  if (profile.name !== name) throw new OperationError('configuration', `${file}: name must be ${name}`);
  return profile;
}

/** All profiles of `folder`; certs/profiles of the package by default. Error: configuration. */
export function loadProfiles(folder = join(packageRoot, 'certs', 'profiles')): Profiles {
  return {
    root: loadProfile(folder, 'root'),
    issuing: loadProfile(folder, 'issuing'),
    services: loadProfile(folder, 'services'),
    signing: loadProfile(folder, 'signing'),
    encryption: loadProfile(folder, 'encryption'),
    server: loadProfile(folder, 'server'),
  };
}
