// A whole LDAP face on ports of the system's choice: real replica, real projection, real authenticator, real sockets.
// Only the database is left out: its records come from memory.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Registry } from 'prom-client';
import type { AuditEvent } from '../../src/audit/event.ts';
import type { PasswordChanges } from '../../src/authentication/change_password.ts';
import { createPasswordHasher } from '../../src/authentication/password.ts';
import { type Clock, systemClock } from '../../src/clock.ts';
import { parseAccessPolicy } from '../../src/directory/access.ts';
import type { Change } from '../../src/directory/change.ts';
import { defaultPasswordNumbers, passwordPolicies } from '../../src/directory/password_policy.ts';
import { createVisibilities } from '../../src/directory/visibility.ts';
import { OperationError } from '../../src/errors.ts';
import { type LdapListenerOptions, type LdapListeners, openLdapListeners } from '../../src/ldap/listener.ts';
import { createHourlyReadings } from '../../src/ldap/readings.ts';
import type { LdapSettings } from '../../src/ldap/session.ts';
import { createLocalLimits } from '../../src/limits/limits.ts';
import { silentLog } from '../../src/log.ts';
import { packageRoot } from '../../src/package_root.ts';
import { openReplica, type Replica } from '../../src/replica/replica.ts';
import { loadSettings } from '../../src/settings.ts';
import { loadSchema } from '../../src/x500/load_schema.ts';
import type { PublishedRecord, PublishedSource } from '../../src/x500/published.ts';
import { type LocalPorts, localAuthentication } from '../authentication/local.ts';
import { closeAfterAllTests } from '../setup.ts';
import { memberships, publishedRecords } from './staff.ts';

export const password = 'Correct-Horse-1';
export const suffix = 'dc=gov,dc=hk';
export const dnOf = (uid: string): string => `uid=${uid},ou=people,${suffix}`;
export const mailDn = `cn=mail,ou=systems,${suffix}`;
export const imDn = `cn=im,ou=systems,${suffix}`;

export interface World {
  readonly listeners: LdapListeners;
  readonly ldap: number;
  readonly ldaps: number;
  readonly url: string;
  readonly events: AuditEvent[];
  readonly registry: Registry;
  readonly replica: Replica;
  readonly hash: string;
  /** Publishes a record anew, as a committed change would; resolves when it is applied. */
  publish(record: PublishedRecord): Promise<void>;
  close(): Promise<void>;
}

export interface WorldOptions {
  settings?: Partial<LdapSettings>;
  listener?: Partial<LdapListenerOptions>;
  clock?: Clock;
  records?: (hash: string) => PublishedRecord[];
  authentication?: Partial<LocalPorts>;
}

/** Settings as they are by default. */
function ldapSettings(change: Partial<LdapSettings>): LdapSettings {
  return { ...loadSettings({}), ...change };
}

/** Records in memory; each publication is the next change. */
class RecordSource implements PublishedSource {
  readonly #records: readonly PublishedRecord[];
  readonly #published: PublishedRecord[] = [];
  #wake: () => void = () => undefined;

  constructor(records: readonly PublishedRecord[]) {
    this.#records = records;
  }

  publish(record: PublishedRecord): number {
    const number = this.#published.push(record);
    this.#wake();
    return number;
  }

  async *snapshot(): ReturnType<PublishedSource['snapshot']> {
    yield { change: 0 };
    yield { records: [...this.#records] };
    yield { members: memberships };
  }

  async changes(after: number, limit: number): Promise<Change[]> {
    return this.#published.slice(after, after + limit).map((_, index) => ({
      number: after + index + 1,
      at: new Date('2026-11-22T00:00:00Z'),
      command: 'test',
      account: null,
      post: null,
      origin: 'job',
      request: 'test',
      rows: [],
    }));
  }

  async touched(changes: readonly Change[]): ReturnType<PublishedSource['touched']> {
    const records = changes.flatMap(({ number }) => this.#published[number - 1] ?? []);
    return { records, gone: [], members: [], ruleGroups: [] };
  }

  async listen(wake: () => void): Promise<{ close(): Promise<void> }> {
    this.#wake = wake;
    return { close: async () => undefined };
  }
}

const schema = loadSchema();
const policy = parseAccessPolicy(
  JSON.parse(readFileSync(join(packageRoot, 'schema', 'access.json'), 'utf8')),
);
const hasher = createPasswordHasher({ memoryKib: 7168, passes: 1, maxWaiting: 64 });
const hashed = hasher.hash(password);

/** The hash of a password that no cache knows. */
export const hashOf = (other: string): Promise<string> => hasher.hash(other);

const away = (): Promise<never> =>
  Promise.reject(new OperationError('unavailable', 'the directory database is unavailable'));
/** There is no database here to store a password in: as a worker answers while it is away. */
const withoutDatabase: PasswordChanges = {
  policyOf: (kind) => passwordPolicies(defaultPasswordNumbers)[kind],
  change: away,
  reset: away,
};

export async function openWorld(options: WorldOptions = {}): Promise<World> {
  const clock = options.clock ?? systemClock;
  const settings = ldapSettings(options.settings ?? {});
  const hash = await hashed;
  const source = new RecordSource((options.records ?? publishedRecords)(hash));
  const replica = await openReplica({ source, schema, suffix, clock: systemClock, log: silentLog });
  closeAfterAllTests(() => replica.close()); // also when the listeners cannot be opened
  const events: AuditEvent[] = [];
  const audit = { record: (event: AuditEvent) => void events.push(event) };
  const { authenticator } = localAuthentication({
    ...{ readModel: replica, hasher, audit, clock },
    ...options.authentication,
  });
  const visibilities = createVisibilities(policy, {
    anonymousReads: settings.anonymousSearch,
    organisationsUnder: (tops) => replica.organisationsUnder(tops),
  });
  const registry = new Registry();
  const listeners = await openLdapListeners({
    ports: {
      readModel: replica,
      authenticator,
      passwords: withoutDatabase,
      visibilityOf: (identity) => {
        const { relyingSystem } = identity;
        return visibilities(identity, relyingSystem === null ? undefined : replica.system(relyingSystem));
      },
      audit,
      limits: createLocalLimits(clock),
      hourlyReadings: createHourlyReadings(clock, settings.ldapRecordedEntries),
      clock,
      log: silentLog,
    },
    registry,
    settings,
    host: '127.0.0.1',
    ldapPort: 0,
    ldapsPort: 0,
    tls: null,
    vendorVersion: 'test',
    ...options.listener,
  });
  let closed: Promise<void> | null = null;
  const close = (): Promise<void> => {
    closed ??= listeners.drain(2_000).then(() => replica.close());
    return closed;
  };
  closeAfterAllTests(close);
  return {
    listeners,
    ldap: listeners.ports.ldap,
    ldaps: listeners.ports.ldaps ?? 0,
    url: `ldap://127.0.0.1:${listeners.ports.ldap}`,
    events,
    registry,
    replica,
    hash,
    publish: (record) => replica.reached(source.publish(record), 5_000),
    close,
  };
}
