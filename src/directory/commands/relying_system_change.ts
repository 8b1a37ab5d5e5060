// Changes a relying system: what it may learn, whom it may see, its client metadata.
import { parseChanges } from '../field.ts';
import type { Command } from '../ports.ts';
import { type RelyingSystemColumns, relyingSystemFields, requireConsistentEntry } from '../relying_system.ts';
import type { RelyingSystemRow } from '../tables.ts';
import { authorise, existing } from './authorise.ts';
import { requireConsents } from './relying_system_create.ts';

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
    // A higher classification lets an approved system learn more of clearances; who may enter decides of whom.
    const rated = [columns.classification, columns.minimum_clearance, columns.minimum_strength];
    if (before.clearance_approved && rated.some((value) => value !== undefined)) {
      await authorise(context, 'clearance.grant', null);
    }
    const relying_system = await context.tx.update('relying_system', before.uuid, columns);
    return { relying_system };
  },
};
