// Changes a relying system: what it may learn, whom it may see, its client metadata.
import { OperationError } from '../../errors.ts';
import { parseChanges } from '../field.ts';
import type { Command, CommandContext } from '../ports.ts';
import { type RelyingSystemColumns, relyingSystemFields, requireConsistentEntry } from '../relying_system.ts';
import type { RelyingSystemRow } from '../tables.ts';
import { authorise, existing } from './authorise.ts';
import { requireConsents, requireFreeSystemNames } from './relying_system_create.ts';

export interface ChangeRelyingSystemInput {
  relying_system: string;
  changes: Partial<RelyingSystemColumns>;
}

export const changeRelyingSystem: Command<ChangeRelyingSystemInput, { relying_system: RelyingSystemRow }> = {
  name: 'relying_system.change',
  async execute(context, input) {
    const before = await existing(context, 'relying_system', input.relying_system);
    await authorise(context, 'relying_system.manage', before.organisation);
    const columns = parseChanges(relyingSystemFields, input.changes);
    requireConsistentEntry({ ...before, ...columns });
    await requireConsents(context, before, columns);
    // A higher classification lets an approved system learn more of clearances; who may enter decides of whom; and an
    // approval was given to the owner of then.
    const rated = [columns.classification, columns.minimum_clearance, columns.minimum_strength];
    const given = columns.organisation !== undefined && columns.organisation !== before.organisation;
    if (before.clearance_approved && (given || rated.some((value) => value !== undefined))) {
      await authorise(context, 'clearance.grant', null);
    }
    const after = { ...before, ...columns };
    if (after.code !== before.code) await requireNoBoundSecret(context, before);
    await requireFreeSystemNames(context, before, after);
    const relying_system = await context.tx.update('relying_system', before.uuid, columns);
    return { relying_system };
  },
};

/** Its client secret was wrapped for its code (clientSecretContext) and would open no more. Error: has_dependents. */
async function requireNoBoundSecret({ tx }: CommandContext, system: RelyingSystemRow): Promise<void> {
  for (const account of await tx.find('account', { relying_system: system.uuid })) {
    if ((await tx.find('credential', { account: account.uuid, kind: 'client_secret' })).length === 0)
      continue;
    throw new OperationError(
      'has_dependents',
      `code ${system.code} stays: the secret of the system is bound to it. Make a new system instead`,
    );
  }
}
