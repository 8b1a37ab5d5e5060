// Every setting once: its default, its documentation and its check. Environment first, then the JSON file named by
// BAUHINIA_CONFIG (same names). All faults are reported together; a name nobody declared is refused.
// The only file that reads process.env.
import { readFileSync } from 'node:fs';
import { BlockList, isIP } from 'node:net';
import { resolve } from 'node:path';
import { z } from 'zod';
import { OperationError } from './errors.ts';
import type { LogLevel } from './log.ts';

const loopback = new BlockList();
loopback.addSubnet('127.0.0.0', 8, 'ipv4');
loopback.addAddress('::1', 'ipv6');

/** Whether the text is an IP address of this machine's loopback (RFC 1122 3.2.1.3, RFC 4291 2.5.3), mapped ones too. */
export function isLoopbackAddress(address: string): boolean {
  const family = isIP(address);
  return family !== 0 && loopback.check(address, family === 6 ? 'ipv6' : 'ipv4');
}

const port = z.coerce.number().int().min(0).max(65535);
const flag = z
  .enum(['0', '1', 'true', 'false'])
  .transform((text) => text === '1' || text === 'true')
  .or(z.boolean());
const seconds = z.coerce.number().int().positive();
const count = z.coerce.number().int().positive();
const logLevels = [
  'trace',
  'debug',
  'info',
  'warn',
  'error',
  'fatal',
  'silent',
] as const satisfies LogLevel[];

/** One row a setting. `secret` values are never printed. */
interface Declaration<T> {
  environment: string;
  schema: z.ZodType<T>;
  fallback: unknown;
  describe: string;
  secret?: boolean;
}

function declare<T>(
  environment: string,
  schema: z.ZodType<T>,
  fallback: unknown,
  describe: string,
  secret = false,
): Declaration<T> {
  return { environment, schema, fallback, describe, secret };
}

export const declarations = {
  databaseUrl: declare(
    'BAUHINIA_DATABASE_URL',
    z
      .string()
      .regex(/^postgres(ql)?:\/\//, 'must begin with postgres://')
      .nullable(),
    null,
    'PostgreSQL 15 or later; unset: the embedded one in the data folder',
    true,
  ),
  migrationDatabaseUrl: declare(
    'BAUHINIA_MIGRATION_DATABASE_URL',
    z
      .string()
      .regex(/^postgres(ql)?:\/\//, 'must begin with postgres://')
      .nullable(),
    null,
    'The same database as the role that owns its tables, for migrations alone; unset: the role of BAUHINIA_DATABASE_URL owns them',
    true,
  ),
  dataDir: declare(
    'BAUHINIA_DATA_DIR',
    z.string().min(1),
    './var',
    'Folder of the embedded database and of files made at first start',
  ),
  host: declare('BAUHINIA_HOST', z.string().min(1), '127.0.0.1', 'Address that every listener binds'),
  ldapPort: declare('BAUHINIA_LDAP_PORT', port, 1389, 'LDAP and StartTLS; 0 lets the system choose'),
  ldapsPort: declare('BAUHINIA_LDAPS_PORT', port, 1636, 'LDAP over TLS'),
  httpPort: declare(
    'BAUHINIA_HTTP_PORT',
    port,
    8080,
    'CRL, CA certificates, health, metrics; in demo mode on loopback also sign-on',
  ),
  httpsPort: declare('BAUHINIA_HTTPS_PORT', port, 8443, 'Sign-on over TLS'),
  issuer: declare(
    'BAUHINIA_ISSUER',
    z.url({ protocol: /^https?$/ }).nullable(),
    null,
    'OpenID Connect issuer; unset: http://localhost:HTTP_PORT in demo mode on loopback, https://TLS_NAME:HTTPS_PORT otherwise',
  ),
  suffix: declare(
    'BAUHINIA_SUFFIX',
    z.string().regex(/=/, 'must be a distinguished name'),
    'dc=gov,dc=hk',
    'DN of the directory’s root entry',
  ),
  workers: declare('BAUHINIA_WORKERS', z.coerce.number().int().min(1).max(256), 2, 'Worker processes'),
  demo: declare(
    'BAUHINIA_DEMO',
    flag,
    '0',
    'Seeds demo staff on an empty database, makes a master key in the data folder, prints demo logins',
  ),
  insecurePasswordOnlyForConfidential: declare(
    'BAUHINIA_INSECURE_PASSWORD_ONLY_FOR_CONFIDENTIAL',
    flag.nullable(),
    null,
    'Lets a password alone open systems that handle CONFIDENTIAL, against G3 11.1(c): in the demo alone, where unset is 1',
  ),
  logLevel: declare(
    'BAUHINIA_LOG_LEVEL',
    z.enum(logLevels),
    'info',
    'trace, debug, info, warn, error, fatal or silent',
  ),
  masterKey: declare(
    'BAUHINIA_MASTER_KEY',
    z.base64().nullable(),
    null,
    '32 octets in base64 that encrypt private keys at rest',
    true,
  ),
  masterKeyFile: declare(
    'BAUHINIA_MASTER_KEY_FILE',
    z.string().min(1).nullable(),
    null,
    'File that holds the master key (mode 0600)',
  ),
  pkiBaseUrl: declare(
    'BAUHINIA_PKI_BASE_URL',
    z.url({ protocol: /^http$/ }).nullable(),
    null,
    'Plain HTTP address that certificates name for CRLs and CA certificates; unset: http://localhost:HTTP_PORT',
  ),
  crlDays: declare(
    'BAUHINIA_CRL_DAYS',
    z.coerce.number().int().min(1).max(10),
    7,
    'Days that a certificate revocation list is valid; a new one appears at half of it at the latest',
  ),
  tlsNames: declare(
    'BAUHINIA_TLS_NAMES',
    z.string().transform((text) =>
      text
        .split(',')
        .map((name) => name.trim())
        .filter((name) => name !== ''),
    ),
    'localhost',
    'Names of this service’s own TLS certificate, comma separated; the demo adds localhost and its addresses',
  ),
  anonymousSearch: declare(
    'BAUHINIA_LDAP_ANONYMOUS_SEARCH',
    flag,
    '0',
    'Lets connections that have not bound read the address book',
  ),
  ldapRequireTls: declare(
    'BAUHINIA_LDAP_REQUIRE_TLS',
    flag,
    '1',
    'Refuses passwords in the clear from other machines',
  ),
  ldapMaxMessage: declare(
    'BAUHINIA_LDAP_MAX_MESSAGE_BYTES',
    count,
    4_194_304,
    'Largest LDAP message after a bind',
  ),
  ldapMaxMessageAnonymous: declare(
    'BAUHINIA_LDAP_MAX_MESSAGE_BYTES_ANONYMOUS',
    count,
    65_536,
    'Largest LDAP message before a bind',
  ),
  ldapMaxOutstanding: declare(
    'BAUHINIA_LDAP_MAX_OUTSTANDING',
    count,
    64,
    'Operations under way at once on one connection',
  ),
  ldapMaxOutstandingAccount: declare(
    'BAUHINIA_LDAP_MAX_OUTSTANDING_ACCOUNT',
    count,
    256,
    'Searches of one account under way at once in one worker, on all its connections; a filter counts again for every 64 parts',
  ),
  ldapMaxConnections: declare(
    'BAUHINIA_LDAP_MAX_CONNECTIONS',
    count,
    10_000,
    'Connections of one worker; when it is reached, the connection that has been without a bind longest is closed',
  ),
  ldapMaxConnectionsAccount: declare(
    'BAUHINIA_LDAP_MAX_CONNECTIONS_ACCOUNT',
    count,
    2_000,
    'Connections of one worker bound as the same account; with one more the oldest is closed',
  ),
  ldapMaxConnectionsAnonymous: declare(
    'BAUHINIA_LDAP_MAX_CONNECTIONS_ANONYMOUS',
    count,
    500,
    'Connections without a bind from one address (IPv6: one /64 network), on all workers of a node',
  ),
  ldapWorkAnonymous: declare(
    'BAUHINIA_LDAP_WORK_MS_ANONYMOUS',
    count,
    12_000,
    'Milliseconds of processor time a minute for connections without a bind from one address',
  ),
  ldapBytesAnonymous: declare(
    'BAUHINIA_LDAP_BYTES_ANONYMOUS',
    count,
    16_777_216,
    'Octets a minute taken from connections without a bind from one address',
  ),
  ldapFilterNodes: declare(
    'BAUHINIA_LDAP_FILTER_NODES',
    count,
    1_024,
    'Parts of a search filter (filters and substrings) after a bind',
  ),
  ldapFilterNodesAnonymous: declare(
    'BAUHINIA_LDAP_FILTER_NODES_ANONYMOUS',
    count,
    32,
    'Parts of a search filter before a bind',
  ),
  ldapAssertionBytes: declare(
    'BAUHINIA_LDAP_ASSERTION_BYTES',
    count,
    32_768,
    'Octets of all values in a search filter after a bind',
  ),
  ldapAssertionBytesAnonymous: declare(
    'BAUHINIA_LDAP_ASSERTION_BYTES_ANONYMOUS',
    count,
    4_096,
    'Octets of all values in a search filter before a bind',
  ),
  ldapRecordedEntries: declare(
    'BAUHINIA_LDAP_RECORDED_ENTRIES',
    count,
    100,
    'Whoever reads more entries than this, in one search or in many within an hour on all workers, is recorded in the audit trail; people named by an entry (members, holders) count as entries',
  ),
  ldapIdleSeconds: declare(
    'BAUHINIA_LDAP_IDLE_SECONDS',
    seconds,
    900,
    'Idle connections are closed after this',
  ),
  ldapIdleSecondsAnonymous: declare(
    'BAUHINIA_LDAP_IDLE_SECONDS_ANONYMOUS',
    seconds,
    30,
    'Idle connections that have not bound are closed after this',
  ),
  ldapSizeLimit: declare(
    'BAUHINIA_LDAP_SIZE_LIMIT',
    count,
    2_000,
    'Entries one search returns without paging',
  ),
  ldapPagedSizeLimit: declare(
    'BAUHINIA_LDAP_PAGED_SIZE_LIMIT',
    count,
    1_000_000,
    'Entries one paged search returns in all',
  ),
  ldapTimeLimitSeconds: declare(
    'BAUHINIA_LDAP_TIME_LIMIT_SECONDS',
    seconds,
    30,
    'Time one search takes at most',
  ),
  passwordFailures: declare(
    'BAUHINIA_PASSWORD_FAILURES',
    z.coerce.number().int().min(1).max(5),
    5,
    'Failures that lock an account (G3 11.4: five or fewer)',
  ),
  passwordFailureWindowSeconds: declare(
    'BAUHINIA_PASSWORD_FAILURE_WINDOW_SECONDS',
    seconds,
    900,
    'Failures older than this count no more',
  ),
  passwordLockSeconds: declare(
    'BAUHINIA_PASSWORD_LOCK_SECONDS',
    seconds,
    900,
    'How long a lock by failures lasts',
  ),
  passwordMinLength: declare(
    'BAUHINIA_PASSWORD_MIN_LENGTH',
    count.min(8),
    8,
    'Shortest password with upper-case and lower-case letters, digits and others (G3 11.4: eight)',
  ),
  passwordMinLengthThreeClasses: declare(
    'BAUHINIA_PASSWORD_MIN_LENGTH_THREE_CLASSES',
    count.min(10),
    10,
    'Shortest password with three of these (G3 11.4: ten)',
  ),
  passwordMinLengthPrivileged: declare(
    'BAUHINIA_PASSWORD_MIN_LENGTH_PRIVILEGED',
    count.min(8),
    14,
    'Shortest password of privileged and break-glass accounts',
  ),
  passwordMinLengthService: declare(
    'BAUHINIA_PASSWORD_MIN_LENGTH_SERVICE',
    count.min(16),
    16,
    'Shortest secret of a relying system',
  ),
  passwordHistory: declare(
    'BAUHINIA_PASSWORD_HISTORY',
    z.coerce.number().int().min(1).max(24),
    8,
    'Passwords remembered, the one in force included; none is taken again (G3 11.4: eight)',
  ),
  passwordMaxAgeDays: declare(
    'BAUHINIA_PASSWORD_MAX_AGE_DAYS',
    z.coerce.number().int().min(0).max(3650),
    180,
    'Days after which a person’s password must be changed (G3 11.4: six months); 0 is never',
  ),
  passwordWarningDays: declare(
    'BAUHINIA_PASSWORD_WARNING_DAYS',
    z.coerce.number().int().min(0).max(365),
    14,
    'Days before its end from which a password’s holder is warned, over LDAP',
  ),
  passwordMinAgeHours: declare(
    'BAUHINIA_PASSWORD_MIN_AGE_HOURS',
    z.coerce.number().int().min(0).max(720),
    24,
    'Hours before its holder may change a password again; one that must be changed may at once',
  ),
  passwordRestrictedWords: declare(
    'BAUHINIA_PASSWORD_RESTRICTED_WORDS',
    z.string().transform((text) =>
      text
        .split(',')
        .map((word) => word.trim())
        .filter((word) => word !== ''),
    ),
    'password,welcome,government,hongkong,letmein,qwerty,iloveyou,changeme,bauhinia,spring,summer,autumn,winter,january,february,march,april,may,june,july,august,september,october,november,december',
    'Words that no password is made of, comma separated; the holder’s own names and numbers always are',
  ),
  resetCoolingHours: declare(
    'BAUHINIA_RESET_COOLING_HOURS',
    z.coerce.number().int().min(0).max(720),
    24,
    'After a reset by somebody else, acts of weight (key recovery, grants) require a second factor for so long',
  ),
  hashThreads: declare(
    'BAUHINIA_HASH_THREADS',
    z.coerce.number().int().min(2).max(256).nullable(),
    null,
    'Threads that hash passwords in one worker, one of them for addresses that succeeded lately; unset: a worker’s share of the cores, and one',
  ),
  hashesPerAddress: declare(
    'BAUHINIA_HASHES_PER_ADDRESS',
    count,
    16,
    'Passwords that one address without recent success may have checked at once',
  ),
  hashesPerKnownAddress: declare(
    'BAUHINIA_HASHES_PER_KNOWN_ADDRESS',
    count,
    256,
    'Passwords that one address with recent success may have checked at once',
  ),
  guessBurst: declare(
    'BAUHINIA_GUESS_BURST',
    count,
    30,
    'Wrong passwords in a row that one address without recent success may try, at any names',
  ),
  guessesPerMinute: declare(
    'BAUHINIA_GUESSES_PER_MINUTE',
    count,
    10,
    'Wrong passwords a minute that such an address may try on',
  ),
  guessBurstKnown: declare(
    'BAUHINIA_GUESS_BURST_KNOWN',
    count,
    300,
    'Wrong passwords in a row that one address with recent success may try, such as a bureau’s proxy',
  ),
  guessesPerMinuteKnown: declare(
    'BAUHINIA_GUESSES_PER_MINUTE_KNOWN',
    count,
    100,
    'Wrong passwords a minute that such an address may try on',
  ),
  argon2MemoryKib: declare(
    'BAUHINIA_ARGON2_MEMORY_KIB',
    z.coerce.number().int().min(7_168).max(1_048_576),
    19_456,
    'Memory of one argon2id hash',
  ),
  argon2Passes: declare(
    'BAUHINIA_ARGON2_PASSES',
    z.coerce.number().int().min(1).max(20),
    2,
    'Passes of one argon2id hash',
  ),
  helpContact: declare(
    'BAUHINIA_HELP_CONTACT',
    z.string().max(200).nullable(),
    null,
    'Whom everybody may ask for help with signing in, as pages show it; a department’s own is a field of the organisation',
  ),
  trustedProxies: declare(
    'BAUHINIA_TRUSTED_PROXIES',
    z.string().transform((text) =>
      text
        .split(',')
        .map((name) => name.trim())
        .filter((name) => name !== ''),
    ),
    '',
    'Addresses whose X-Forwarded-For is believed, comma separated',
  ),
  webMaxConnections: declare(
    'BAUHINIA_WEB_MAX_CONNECTIONS',
    count,
    5_000,
    'HTTP and HTTPS connections of one worker; when it is reached, the one that has been quiet longest is closed',
  ),
  webMaxConnectionsAddress: declare(
    'BAUHINIA_WEB_MAX_CONNECTIONS_ADDRESS',
    count,
    1_000,
    'HTTP and HTTPS connections from one address (IPv6: one /64 network) that is no trusted proxy, on all workers of a node',
  ),
  webSignOnsPerAddress: declare(
    'BAUHINIA_WEB_SIGN_ONS_PER_ADDRESS',
    count,
    600,
    'Sign-ons that one address may begin and leave unfinished at once; a tenth of it comes back each minute',
  ),
  webRequestsPerAddress: declare(
    'BAUHINIA_WEB_REQUESTS_PER_ADDRESS',
    count,
    3_000,
    'Sign-on requests a minute from one address with nobody signed in and no client proved, and requests for what does not exist',
  ),
  webFailedLoginsPerAddress: declare(
    'BAUHINIA_WEB_FAILED_LOGINS_PER_ADDRESS',
    count,
    300,
    'Failed sign-ons a minute from one address, behind which a whole bureau may stand',
  ),
  webFailedLoginsPerName: declare(
    'BAUHINIA_WEB_FAILED_LOGINS_PER_NAME',
    count,
    10,
    'Failed sign-ons a minute at one user name from one address',
  ),
  webPendingSignOns: declare(
    'BAUHINIA_WEB_PENDING_SIGN_ONS',
    count,
    20_000,
    'Unfinished sign-ons kept in all; beyond it the oldest are dropped',
  ),
  metricsToken: declare(
    'BAUHINIA_METRICS_TOKEN',
    z.string().min(16, 'must have at least 16 characters').nullable(),
    null,
    'Bearer token that /metrics asks of other machines; unset: it answers loopback alone',
    true,
  ),
  drainSeconds: declare('BAUHINIA_DRAIN_SECONDS', seconds, 10, 'Deadline of an orderly stop'),
} as const satisfies Record<string, Declaration<unknown>>;

export type Settings = {
  readonly [K in keyof typeof declarations]: (typeof declarations)[K] extends Declaration<infer T>
    ? T
    : never;
};

type SettingName = keyof typeof declarations;
const names = Object.keys(declarations) as SettingName[];

function readConfigFile(path: string, faults: string[]): Record<string, unknown> {
  try {
    const parsed: unknown = JSON.parse(readFileSync(path, 'utf8'));
    if (typeof parsed === 'object' && parsed !== null && !Array.isArray(parsed)) return { ...parsed };
    faults.push(`BAUHINIA_CONFIG: ${path} does not hold one JSON object`);
  } catch (error) {
    faults.push(
      `BAUHINIA_CONFIG: ${path} cannot be read: ${error instanceof Error ? error.message : String(error)}`,
    );
  }
  return {};
}

function undeclared(source: Record<string, unknown>, where: string): string[] {
  const known = new Set<string>([...names.map((name) => declarations[name].environment), 'BAUHINIA_CONFIG']);
  return Object.keys(source)
    .filter((name) => name.startsWith('BAUHINIA_') || where !== 'environment')
    .filter((name) => !known.has(name) && !name.startsWith('BAUHINIA_TEST_'))
    .map((name) => `${name}: no such setting (in the ${where})`);
}

/**
 * Reads all settings. `defaults` are a caller's own (npm start turns the demo on); the environment wins over the file,
 * the file over them. Error: configuration, one line a fault.
 */
export function loadSettings(
  environment: Record<string, string | undefined> = process.env,
  defaults: Record<string, string> = {},
): Settings {
  const faults: string[] = [];
  const file =
    environment.BAUHINIA_CONFIG === undefined ? {} : readConfigFile(environment.BAUHINIA_CONFIG, faults);
  faults.push(...undeclared(environment, 'environment'), ...undeclared(file, 'configuration file'));
  const values: Partial<Record<SettingName, unknown>> = {};
  for (const name of names) {
    const { environment: key, schema, fallback, secret } = declarations[name];
    const given = environment[key] === '' ? undefined : environment[key];
    const result = schema.safeParse(given ?? file[key] ?? defaults[key] ?? fallback);
    if (result.success) values[name] = result.data;
    else {
      const shown = secret ? 'the given value' : JSON.stringify(given ?? file[key]);
      faults.push(
        `${key}: ${shown} is refused: ${result.error.issues.map((issue) => issue.message).join('; ')}`,
      );
    }
  }
  if (faults.length === 0) faults.push(...contradictions(values as Settings));
  if (faults.length > 0) throw new OperationError('configuration', faults.join('\n'));
  const settings = values as Settings;
  return { ...settings, dataDir: resolve(settings.dataDir) };
}

/** Settings that are each allowed and together are not. */
function contradictions(settings: Settings): string[] {
  const faults: string[] = [];
  if (settings.demo && !onLoopback(settings)) {
    faults.push(
      `BAUHINIA_HOST: ${JSON.stringify(settings.host)} offers the demo, whose passwords are public, to other machines; ` +
        'set BAUHINIA_HOST to 127.0.0.1, ::1 or localhost, or BAUHINIA_DEMO to 0',
    );
  }
  if (settings.insecurePasswordOnlyForConfidential === true && !settings.demo) {
    faults.push(
      'BAUHINIA_INSECURE_PASSWORD_ONLY_FOR_CONFIDENTIAL: only the demo may set it; systems that handle CONFIDENTIAL require ' +
        'a second factor or a certificate',
    );
  }
  return faults;
}

/** True when every listener binds an address that only this machine reaches. A name other than localhost may be any. */
export function onLoopback({ host }: Pick<Settings, 'host'>): boolean {
  return host === 'localhost' || isLoopbackAddress(host);
}

/** The OpenID Connect issuer that the settings amount to. */
export function issuerOf(settings: Settings): string {
  if (settings.issuer !== null) return settings.issuer.replace(/\/$/, '');
  if (settings.demo && onLoopback(settings)) return `http://localhost:${settings.httpPort}`;
  return `https://${settings.tlsNames[0] ?? settings.host}:${settings.httpsPort}`;
}

/** Whether a password alone opens systems that handle CONFIDENTIAL: no second factor exists yet for the demo's staff. */
export function passwordOnlyForConfidential(settings: Settings): boolean {
  return settings.demo && (settings.insecurePasswordOnlyForConfidential ?? true);
}

/** The address that certificates name for CRLs and CA certificates. */
export function pkiBaseUrlOf(settings: Settings): string {
  return settings.pkiBaseUrl?.replace(/\/$/, '') ?? `http://localhost:${settings.httpPort}`;
}
