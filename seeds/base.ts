// What every installation starts from: built-in accounts, ranks, the B/Ds, three relying systems. Laid in one transaction;
// laying it again adds what is missing and changes nothing that stands.
import { randomUUID } from 'node:crypto';
import { builtinAccountRow, builtinAccounts } from '../src/directory/builtin.ts';
import { authorise } from '../src/directory/commands/authorise.ts';
import { effectiveDatesJob } from '../src/directory/commands/due_facts_apply.ts';
import { createOrganisation } from '../src/directory/commands/organisation_create.ts';
import { createRank } from '../src/directory/commands/rank_create.ts';
import { createRelyingSystem } from '../src/directory/commands/relying_system_create.ts';
import { createServiceAccount } from '../src/directory/commands/service_account_create.ts';
import { startOfDay } from '../src/directory/day.ts';
import type { CheckedHash } from '../src/directory/password_policy.ts';
import type { Command, CommandContext } from '../src/directory/ports.ts';
import { clientSecretContext } from '../src/directory/relying_system.ts';
import { OperationError } from '../src/errors.ts';
import type { SeedContext } from './context.ts';
import { seedOrganisations } from './organisations.ts';
import { seedRanks } from './ranks.ts';
import { type SystemCode, seedRelyingSystems, systemCodes } from './relying_systems.ts';

/** The day of the paper that the B/Ds are taken from. */
const asOf = startOfDay('2017-03-13');

interface SystemSecret {
  password_hash: CheckedHash;
  wrapped_client_secret: string;
}

/** `systemSecret`: the secret of a relying system, for LDAP binds and its OpenID Connect client alike. */
export async function seedBase(
  context: SeedContext,
  systemSecret: (code: SystemCode) => string,
): Promise<{ change: number | null }> {
  const origin = { identity: context.identity, request: randomUUID() };
  const { output: missing } = await context.runner.run(findMissingSystems, undefined, origin);
  const secrets = new Map<SystemCode, SystemSecret>();
  for (const code of missing) {
    secrets.set(code, {
      password_hash: await context.hashSecret(systemSecret(code)),
      wrapped_client_secret: context.wrapSecret(systemSecret(code), clientSecretContext(code)),
    });
  }
  const { change } = await context.runner.run(layBase, { secrets }, origin);
  return { change };
}

/** Asked first, so that a start of a directory that has them all computes no hash. */
const findMissingSystems: Command<void, SystemCode[]> = {
  name: 'seed.missing_systems',
  async execute({ tx }) {
    const standing = new Set((await tx.find('relying_system', {})).map((system) => system.code));
    return systemCodes.filter((code) => !standing.has(code));
  },
};

const layBase: Command<{ secrets: ReadonlyMap<SystemCode, SystemSecret> }, void> = {
  name: 'seed.base',
  async execute(context, input) {
    await authorise(context, 'organisation.manage', null);
    await layBuiltinAccounts(context);
    await layRanks(context);
    const organisations = await layOrganisations(context);
    for (const system of seedRelyingSystems) {
      const { owner, ...columns } = system;
      const standing = await context.tx.find('relying_system', { code: system.code });
      const secret = input.secrets.get(system.code);
      if (standing.length > 0 || secret === undefined) continue;
      const created = await createRelyingSystem.execute(context, {
        ...columns,
        organisation: referTo(organisations, owner),
      });
      await createServiceAccount.execute(context, {
        relying_system: created.relying_system.uuid,
        uid: system.code,
        ...secret,
      });
    }
  },
};

/** Dated facts recorded from here on are the job's to find; what was true before needs no effect. */
async function layBuiltinAccounts({ tx, now }: CommandContext): Promise<void> {
  for (const name of ['console', 'job'] as const) {
    if ((await tx.get('account', builtinAccounts[name].uuid)) !== undefined) continue;
    await tx.insert('account', builtinAccountRow(name, now));
    if (name === 'job') await tx.advanceCursor(effectiveDatesJob, now);
  }
}

async function layRanks(context: CommandContext): Promise<void> {
  const standing = new Set((await context.tx.find('rank', {})).map((rank) => rank.code));
  for (const [index, rank] of seedRanks.entries()) {
    if (standing.has(rank.code)) continue;
    await createRank.execute(context, { ...rank, seniority: (index + 1) * 10 });
  }
}

/** Returns the uuids by code. */
async function layOrganisations(context: CommandContext): Promise<Map<string, string>> {
  const standing = await context.tx.find('organisation', {});
  const uuids = new Map(standing.map((organisation) => [organisation.code, organisation.uuid]));
  for (const { order, annex: _annex, parent, ...columns } of seedOrganisations) {
    if (uuids.has(columns.code)) continue;
    const { organisation } = await createOrganisation.execute(context, {
      ...columns,
      parent: parent === null ? null : referTo(uuids, parent),
      stroke_order: order,
      clearance_ceiling: 'CONFIDENTIAL',
      valid_from: asOf,
    });
    uuids.set(organisation.code, organisation.uuid);
  }
  return uuids;
}

/** The uuid behind a code that the seeds use. Error: not_found, when the directory's own data took it away. */
export function referTo(uuids: ReadonlyMap<string, string>, code: string): string {
  const uuid = uuids.get(code);
  if (uuid === undefined) throw new OperationError('not_found', `organisation ${code} does not exist`);
  return uuid;
}
