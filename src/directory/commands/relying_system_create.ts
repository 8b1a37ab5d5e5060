// A new relying system. Its secret comes with its service account (service_account_create.ts).
import { OperationError } from '../../errors.ts';
import { parseFields } from '../field.ts';
import { skeleton } from '../name.ts';
import type { Command, CommandContext } from '../ports.ts';
import { type RelyingSystemColumns, relyingSystemFields, requireConsistentEntry } from '../relying_system.ts';
import type { RelyingSystemRow } from '../tables.ts';
import { authorise, present } from './authorise.ts';
import { requirePopulation } from './population_rights.ts';

export type CreateRelyingSystemInput = Partial<RelyingSystemColumns> &
  Pick<
    RelyingSystemColumns,
    'code' | 'name_en' | 'name_zh' | 'organisation' | 'information_owner' | 'classification'
  >;

/**
 * Approving it for clearances takes the right to grant them, over the whole government; whose people it sees, the right to
 * manage systems over each of their organisations.
 */
export const createRelyingSystem: Command<CreateRelyingSystemInput, { relying_system: RelyingSystemRow }> = {
  name: 'relying_system.create',
  async execute(context, input) {
    const columns = parseFields(relyingSystemFields, input);
    await authorise(context, 'relying_system.manage', columns.organisation);
    requireConsistentEntry(columns);
    await requireConsents(context, null, columns);
    const relying_system = { uuid: context.newUuid(), ...columns };
    await requireFreeSystemNames(context, null, relying_system);
    await context.tx.insert('relying_system', relying_system);
    return { relying_system };
  },
};

/** What a new or changed system refers to exists, and who must agree agrees. `before` is null for a new one. */
export async function requireConsents(
  context: CommandContext,
  before: RelyingSystemRow | null,
  changed: Partial<RelyingSystemColumns>,
): Promise<void> {
  if (changed.organisation !== undefined) {
    await authorise(context, 'relying_system.manage', changed.organisation);
    await present(context, 'organisation', changed.organisation);
  }
  if (changed.clearance_approved === true) await authorise(context, 'clearance.grant', null);
  await requirePopulation(context, before, changed);
}

/**
 * People are asked to sign on to a system by its name. Error: already_exists, for a new name or code that is read as a name
 * or code of another system. `before` is null for a new one.
 */
export async function requireFreeSystemNames(
  { tx }: CommandContext,
  before: RelyingSystemRow | null,
  named: RelyingSystemRow,
): Promise<void> {
  const columns = (['code', 'name_en', 'name_zh'] as const).filter((one) => named[one] !== before?.[one]);
  if (columns.length === 0) return;
  await tx.alone('names of relying systems'); // else two that begin at once both find a name free
  for (const other of await tx.find('relying_system', {})) {
    if (other.uuid === named.uuid) continue;
    const borne = [other.code, other.name_en, other.name_zh].map(skeleton);
    const read = columns.find((column) => borne.includes(skeleton(named[column])));
    if (read === undefined) continue;
    throw new OperationError('already_exists', `${read} is read as the system ${other.code}: choose another`);
  }
}
