// A new relying system. Its secret comes with its service account (service_account_create.ts).
import { parseFields } from '../field.ts';
import type { Command, CommandContext } from '../ports.ts';
import { type RelyingSystemColumns, relyingSystemFields, requireConsistentEntry } from '../relying_system.ts';
import type { RelyingSystemRow } from '../tables.ts';
import { authorise, present } from './authorise.ts';

export type CreateRelyingSystemInput = Partial<RelyingSystemColumns> &
  Pick<
    RelyingSystemColumns,
    'code' | 'name_en' | 'name_zh' | 'organisation' | 'information_owner' | 'classification'
  >;

/** Approving it for clearances takes the right to grant them, over the whole government. */
export const createRelyingSystem: Command<CreateRelyingSystemInput, { relying_system: RelyingSystemRow }> = {
  name: 'relying_system.create',
  async execute(context, input) {
    const columns = parseFields(relyingSystemFields, input);
    await authorise(context, 'relying_system.manage', columns.organisation);
    requireConsistentEntry(columns);
    await requireConsents(context, columns);
    const relying_system = { uuid: context.newUuid(), ...columns };
    await context.tx.insert('relying_system', relying_system);
    return { relying_system };
  },
};

/** What a new or changed system refers to exists, and who must agree agrees. */
export async function requireConsents(
  context: CommandContext,
  changed: Partial<RelyingSystemColumns>,
): Promise<void> {
  if (changed.organisation !== undefined) {
    await authorise(context, 'relying_system.manage', changed.organisation);
    await present(context, 'organisation', changed.organisation);
  }
  for (const organisation of changed.population ?? []) await present(context, 'organisation', organisation);
  if (changed.clearance_approved === true) await authorise(context, 'clearance.grant', null);
}
