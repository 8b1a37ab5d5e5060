// A directory with one department and its staff on a database of its own, and the certificate authorities above them.
// The clock stands still until a test moves it.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { AuditEvent } from '../../src/audit/event.ts';
import type { Clock } from '../../src/clock.ts';
import { createChangeFeed } from '../../src/database/change_feed.ts';
import { createCommandRunner } from '../../src/database/command_runner.ts';
import { type Database, openPool } from '../../src/database/pool.ts';
import { createRevocationInventory } from '../../src/database/revocation_inventory.ts';
import { createTableReader } from '../../src/database/table_reader.ts';
import { parseAccessPolicy } from '../../src/directory/access.ts';
import { builtinIdentity } from '../../src/directory/builtin.ts';
import { createOrganisation } from '../../src/directory/commands/organisation_create.ts';
import { createPerson } from '../../src/directory/commands/person_create.ts';
import type { Identity } from '../../src/directory/identity.ts';
import type { CheckedHash } from '../../src/directory/password_policy.ts';
import type {
  ChangeFeed,
  CommandRunner,
  RequestOrigin,
  RevocationInventory,
  TableReader,
} from '../../src/directory/ports.ts';
import { defaultRules } from '../../src/directory/rules.ts';
import { silentLog } from '../../src/log.ts';
import { packageRoot } from '../../src/package_root.ts';
import type { Pki } from '../../src/pki/authority.ts';
import { ensureHierarchy, type HierarchyPorts } from '../../src/pki/hierarchy.ts';
import { openKeyWrap } from '../../src/pki/key_wrap.ts';
import { loadProfiles } from '../../src/pki/profile.ts';
import { testDatabase } from '../database/postgres.ts';

export const start = new Date('2026-11-22T01:00:00.250Z');
export const masterKey = Buffer.alloc(32, 7);
export const pkiBaseUrl = 'http://pki.gov.example';

export interface MovableClock extends Clock {
  move(to: Date): void;
}

function movableClock(): MovableClock {
  let instant = start;
  return {
    now: () => instant,
    elapsed: () => performance.now() + instant.getTime() - start.getTime(),
    move(to) {
      instant = to;
    },
  };
}

export interface Registry {
  readonly clock: MovableClock;
  readonly ports: HierarchyPorts & { revocations: RevocationInventory };
  readonly runner: CommandRunner;
  readonly reader: TableReader;
  readonly feed: ChangeFeed;
  readonly audited: AuditEvent[];
  readonly console: RequestOrigin;
  readonly database: Database;
  /** The authorities, made when first asked for. */
  pki(): Promise<Pki>;
  officer(input?: Officer): Promise<{ person: string; mail: string; origin: RequestOrigin }>;
  close(): Promise<void>;
}

export interface Officer {
  uid?: string;
  surname?: string;
  given_name?: string;
  name_zh?: string | null;
  mail?: string | null;
  /** False: no password yet, and so an account that is not ACTIVE. */
  active?: boolean;
}

const anyHash = `$argon2id$v=19$m=19456,t=2,p=1$${'A'.repeat(22)}$${'B'.repeat(43)}` as CheckedHash;

export async function openRegistry(): Promise<Registry> {
  const { url, drop } = await testDatabase();
  const database = openPool({ url, applicationName: 'bauhinia test pki' });
  const clock = movableClock();
  const policy = parseAccessPolicy(JSON.parse(readFileSync(join(packageRoot, 'schema/access.json'), 'utf8')));
  const runner = createCommandRunner({
    database,
    clock,
    policy,
    rules: defaultRules,
    log: silentLog,
    applied: async () => undefined,
  });
  const reader = createTableReader(database);
  const feed = createChangeFeed({ database, applicationName: 'bauhinia test pki', log: silentLog });
  const origin: RequestOrigin = { identity: builtinIdentity('console'), request: 'test' };
  const { organisation } = (
    await runner.run(
      createOrganisation,
      {
        code: 'DPO',
        name_en: 'Digital Policy Office',
        name_zh: '數字政策辦公室',
        kind: 'office',
        mail_domain: 'DPO.gov.example',
      },
      origin,
    )
  ).output;
  const ports = {
    runner,
    reader,
    revocations: createRevocationInventory(database),
    keyWrap: openKeyWrap(masterKey),
    clock,
    profiles: loadProfiles(),
    pkiBaseUrl,
  };
  const audited: AuditEvent[] = [];
  const audit = { record: (event: AuditEvent) => void audited.push(event), flush: async () => undefined };
  let people = 0;

  return {
    clock,
    ports,
    runner,
    reader,
    feed,
    audited,
    console: origin,
    database,
    async pki() {
      return { ...ports, audit, authorities: await ensureHierarchy(ports, origin) };
    },
    async officer(input = {}) {
      people++;
      const uid = input.uid ?? `officer${people}`;
      const created = (
        await runner.run(
          createPerson,
          {
            uid,
            surname: input.surname ?? 'CHAN',
            given_name: input.given_name ?? 'Tai-man',
            name_zh: input.name_zh === undefined ? '陳大文' : input.name_zh,
            ...(input.mail === undefined ? {} : { mail: input.mail }),
            employment: {
              organisation: organisation.uuid,
              source: 'test-hr',
              staff_number: `S${people}`,
              category: 'civil_servant',
              start_date: '2020-01-01',
            },
            password: input.active === false ? null : { hash: anyHash, must_change: false },
          },
          origin,
        )
      ).output;
      const identity: Identity = {
        account: created.account.uuid,
        uid,
        kind: 'personal',
        person: created.person.uuid,
        strength: 'password',
        origin: 'est',
        address: null,
        relyingSystem: null,
        grants: [],
        organisation: organisation.uuid,
        category: 'civil_servant',
        clearance: 'NONE',
      };
      return {
        person: created.person.uuid,
        mail: created.mail?.address ?? '',
        origin: { identity, request: 'test' },
      };
    },
    async close() {
      await database.close();
      await drop();
    },
  };
}
