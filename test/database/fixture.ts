// A database of one suite, opened as the server opens it, and rows with only what a test cares about spelled out.
import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Clock } from '../../src/clock.ts';
import { createCommandRunner } from '../../src/database/command_runner.ts';
import { type Database, openPool } from '../../src/database/pool.ts';
import { parseAccessPolicy } from '../../src/directory/access.ts';
import type { Change } from '../../src/directory/change.ts';
import { anonymous } from '../../src/directory/identity.ts';
import type { CommandContext, CommandRunner, RequestOrigin, Transaction } from '../../src/directory/ports.ts';
import { defaultRules } from '../../src/directory/rules.ts';
import type {
  AccountRow,
  AssignmentRow,
  EmploymentRow,
  GroupMemberRow,
  GroupRow,
  OrganisationRow,
  PersonRow,
  PostRow,
  UnitRow,
} from '../../src/directory/tables.ts';
import { silentLog } from '../../src/log.ts';
import { packageRoot } from '../../src/package_root.ts';
import { testDatabase } from './postgres.ts';

export const policy = parseAccessPolicy(
  JSON.parse(readFileSync(join(packageRoot, 'schema/access.json'), 'utf8')),
);

/** A clock that stands still until it is moved. */
export interface StoppedClock extends Clock {
  set(now: Date): void;
}

export const newYear = new Date('2026-01-01T00:00:00.000Z');

export function stoppedClock(start: Date = newYear): StoppedClock {
  let current = start;
  return {
    now: () => current,
    elapsed: () => current.getTime(),
    set: (now) => {
      current = now;
    },
  };
}

export interface Fixture {
  readonly url: string;
  readonly database: Database;
  /** As the owner of the tables: for what the application may not do, such as altering the trail. */
  readonly owner: Database;
  readonly runner: CommandRunner;
  readonly clock: StoppedClock;
  /** Changes in the order in which their runners came back. */
  readonly applied: Change[];
  /** Runs an ad hoc command. */
  run<Output>(
    work: (tx: Transaction, context: CommandContext) => Promise<Output>,
  ): Promise<{ output: Output; change: number | null }>;
  /** A second runner with a pool of its own, as another worker has. Closed with the fixture. */
  secondRunner(): CommandRunner;
  close(): Promise<void>;
}

export const origin: RequestOrigin = {
  identity: { ...anonymous('cli', null), strength: 'console' },
  request: 'test-request',
};

/** Runs an ad hoc command on any runner. */
export function runOn<Output>(
  runner: CommandRunner,
  work: (tx: Transaction, context: CommandContext) => Promise<Output>,
): Promise<{ output: Output; change: number | null }> {
  const command = { name: 'test.write', execute: (context: CommandContext) => work(context.tx, context) };
  return runner.run(command, undefined, origin);
}

export async function openFixture(): Promise<Fixture> {
  const { url, ownerUrl, drop } = await testDatabase();
  const clock = stoppedClock();
  const applied: Change[] = [];
  const pools: Database[] = [];
  const openRunner = () => {
    const database = openPool({ url, applicationName: 'bauhinia test' });
    pools.push(database);
    const runner = createCommandRunner({
      database,
      clock,
      policy,
      rules: defaultRules,
      log: silentLog,
      applied: async (change) => {
        applied.push(change);
      },
    });
    return { database, runner };
  };
  const { database, runner } = openRunner();
  const owner = openPool({ url: ownerUrl, applicationName: 'bauhinia test owner' });
  pools.push(owner);
  return {
    url,
    database,
    owner,
    runner,
    clock,
    applied,
    run: (work) => runOn(runner, work),
    secondRunner: () => openRunner().runner,
    async close() {
      for (const pool of pools) await pool.close();
      await drop();
    },
  };
}

let serial = 0;
const next = (): number => ++serial;
const always = { valid_from: new Date('2020-01-01T00:00:00.000Z'), valid_to: null };

export const organisationRow = (row: Partial<OrganisationRow> = {}): OrganisationRow => ({
  uuid: randomUUID(),
  code: `ORG${next()}`,
  name_en: 'Civil Service Bureau',
  name_zh: '公務員事務局',
  kind: 'bureau',
  parent: null,
  mail_domain: null,
  help_contact_en: null,
  help_contact_zh: null,
  stroke_order: 4,
  clearance_ceiling: 'CONFIDENTIAL',
  extension: {},
  ...always,
  ...row,
});

export const unitRow = (row: Partial<UnitRow> & Pick<UnitRow, 'organisation'>): UnitRow => ({
  uuid: randomUUID(),
  parent: null,
  code: `U${next()}`,
  name_en: 'Division',
  name_zh: null,
  kind: 'division',
  ...always,
  ...row,
});

export const postRow = (row: Partial<PostRow> & Pick<PostRow, 'organisation'>): PostRow => ({
  uuid: randomUUID(),
  unit: null,
  number: `P${next()}`,
  title_en: 'Executive Officer',
  title_zh: null,
  rank: null,
  kind: 'permanent',
  required_clearance: 'NONE',
  telephone: null,
  fax: null,
  room: null,
  mail: null,
  extension: {},
  ...always,
  ...row,
});

export const personRow = (row: Partial<PersonRow> = {}): PersonRow => ({
  uuid: randomUUID(),
  surname: 'Chan',
  given_name: 'Tai-man',
  english_name: null,
  name_zh: '陳大文',
  aliases: [],
  preferred_language: 'zh-Hant',
  extension: {},
  ...row,
});

export const accountRow = (row: Partial<AccountRow> = {}): AccountRow => ({
  uuid: randomUUID(),
  uid: `u${next()}`,
  kind: 'personal',
  person: null,
  relying_system: null,
  state: 'ACTIVE',
  locked_until: null,
  expires_at: null,
  sessions_valid_from: newYear,
  credential_reset_at: null,
  created_at: newYear,
  ...row,
});

export const employmentRow = (
  row: Partial<EmploymentRow> & Pick<EmploymentRow, 'person' | 'organisation'>,
): EmploymentRow => ({
  uuid: randomUUID(),
  source: 'hr',
  staff_number: `S${next()}`,
  category: 'civil_servant',
  start_date: '2020-01-01',
  last_duty_date: null,
  last_service_date: null,
  ...row,
});

export const assignmentRow = (
  row: Partial<AssignmentRow> & Pick<AssignmentRow, 'person' | 'employment' | 'post'>,
): AssignmentRow => ({ uuid: randomUUID(), kind: 'substantive', is_primary: true, ...always, ...row });

export const groupRow = (row: Partial<GroupRow> = {}): GroupRow => ({
  uuid: randomUUID(),
  name: `group ${next()}`,
  description: null,
  organisation: null,
  kind: 'static',
  rule: null,
  gid_number: null,
  mail: null,
  ...row,
});

export const memberRow = (row: Partial<GroupMemberRow> & Pick<GroupMemberRow, 'group'>): GroupMemberRow => ({
  uuid: randomUUID(),
  person: null,
  member_group: null,
  ...always,
  ...row,
});
