// A directory of its own for a suite: commands on a real database, with a clock that stands still until it is moved.
import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { seedBase } from '../../seeds/base.ts';
import type { SeedContext } from '../../seeds/context.ts';
import { createCommandRunner } from '../../src/database/command_runner.ts';
import { createDueFacts, createJobCursor } from '../../src/database/due_facts.ts';
import { type Database, openPool } from '../../src/database/pool.ts';
import { createTableReader } from '../../src/database/table_reader.ts';
import { parseAccessPolicy } from '../../src/directory/access.ts';
import { builtinAccounts, builtinIdentity } from '../../src/directory/builtin.ts';
import type { Change } from '../../src/directory/change.ts';
import type { Identity, RoleGrant } from '../../src/directory/identity.ts';
import type { CheckedHash } from '../../src/directory/password_policy.ts';
import type { Command, CommandRunner, DueFacts, JobCursor, TableReader } from '../../src/directory/ports.ts';
import { defaultRules } from '../../src/directory/rules.ts';
import type { TableName, Tables } from '../../src/directory/tables.ts';
import type { Role } from '../../src/directory/vocabulary.ts';
import { silentLog } from '../../src/log.ts';
import { packageRoot } from '../../src/package_root.ts';
import { testDatabase } from '../database/postgres.ts';

export const accessPolicy = parseAccessPolicy(
  JSON.parse(readFileSync(join(packageRoot, 'schema/access.json'), 'utf8')),
);

/** Well-formed, and the hash of nothing: no suite here proves a password. */
export const someHash =
  '$argon2id$v=19$m=19456,t=2,p=1$c29tZXNhbHRzb21l$Zm9ydHktdGhyZWUtY2hhcmFjdGVycw' as CheckedHash;

export interface World {
  readonly database: Database;
  /** For what only the owner of the tables may do. */
  readonly ownerUrl: string;
  readonly runner: CommandRunner;
  readonly tables: TableReader;
  readonly dueFacts: DueFacts;
  readonly cursor: JobCursor;
  readonly clock: { now(): Date; elapsed(): number };
  /** Every change since the world began. */
  readonly changes: Change[];
  readonly seeds: SeedContext;
  moveTo(instant: string): void;
  /** As the console unless another identity is named. */
  run<Input, Output>(command: Command<Input, Output>, input: Input, identity?: Identity): Promise<Output>;
  /** The one row that matches. */
  one<T extends TableName>(table: T, where: Partial<Tables[T]>): Promise<Tables[T]>;
  /** The uuid of the organisation with this code. */
  organisation(code: string): Promise<string>;
  close(): Promise<void>;
}

/** `goesOn` stands in for the clock that stands still. */
export async function openWorld(now: string, goesOn?: () => Date): Promise<World> {
  const { url, ownerUrl, drop } = await testDatabase();
  const database = openPool({ url, applicationName: 'test', size: 4 });
  let instant = new Date(now);
  const clock = { now: () => goesOn?.() ?? new Date(instant), elapsed: () => instant.getTime() };
  const changes: Change[] = [];
  const runner = createCommandRunner({
    database,
    clock,
    policy: accessPolicy,
    rules: defaultRules,
    log: silentLog,
    applied: async (change) => {
      changes.push(change);
    },
  });
  const tables = createTableReader(database);
  const identity = builtinIdentity('console');
  async function one<T extends TableName>(table: T, where: Partial<Tables[T]>): Promise<Tables[T]> {
    const [row, ...others] = await tables.find(table, where);
    if (row === undefined || others.length > 0)
      throw new Error(`${table}: ${1 + others.length} rows, not one`);
    return row;
  }
  return {
    database,
    ownerUrl,
    runner,
    tables,
    dueFacts: createDueFacts(database),
    cursor: createJobCursor(database),
    clock,
    changes,
    seeds: {
      runner,
      identity,
      clock,
      newUuid: randomUUID,
      hashSecret: async () => someHash,
      hashPassword: async () => someHash,
      wrapSecret: () => Buffer.alloc(48, 7).toString('base64'),
    },
    moveTo: (to) => {
      instant = new Date(to);
    },
    run: async (command, input, by = identity) =>
      (await runner.run(command, input, { identity: by, request: randomUUID() })).output,
    one,
    organisation: async (code) => (await one('organisation', { code })).uuid,
    close: async () => {
      await database.close();
      await drop();
    },
  };
}

/** As openWorld, with the base data: B/Ds, ranks, and relying systems whose secrets are their codes. */
export async function openGovernment(now: string, goesOn?: () => Date): Promise<World> {
  const world = await openWorld(now, goesOn);
  await seedBase(world.seeds, (code) => code);
  return world;
}

/** Somebody with the role over each of these organisations; null is the whole government. Acts by the console's account. */
export function holderOf(role: Role, ...organisations: (string | null)[]): Identity {
  return personWith(
    organisations.map((organisation) => ({ role, organisation, post: null })),
    { account: builtinAccounts.console.uuid },
  );
}

/** A signed-in person with these grants. */
export function personWith(grants: RoleGrant[], known: Partial<Identity> = {}): Identity {
  return {
    account: '00000000-0000-4000-8000-00000000aaaa',
    uid: 'somebody',
    kind: 'personal',
    person: '00000000-0000-4000-8000-00000000bbbb',
    strength: 'password',
    origin: 'portal',
    address: null,
    relyingSystem: null,
    grants,
    organisation: null,
    category: 'civil_servant',
    clearance: 'NONE',
    ...known,
  };
}
