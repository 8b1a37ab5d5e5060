// Changes an organisation in place: names, place in the tree, domain, ceiling, end. A rename is no new key.
import { OperationError } from '../../errors.ts';
import { isAtLeast, lowest } from '../clearance.ts';
import { parseChanges, parseOptionalInstant, requirePeriod } from '../field.ts';
import { type OrganisationColumns, organisationFields } from '../organisation.ts';
import type { Command, CommandContext } from '../ports.ts';
import type { OrganisationRow } from '../tables.ts';
import type { ClearanceLevel } from '../vocabulary.ts';
import { authorise, existing, present, rowsAbove } from './authorise.ts';
import { requireExtension } from './extension_check.ts';
import { requireChangedDomain } from './mail_address.ts';
import { goesOnLonger, requireNesting, requireNothingBelow, requireWithin } from './nesting.ts';
import { requirePlaceBelow } from './organisation_create.ts';
import { requireRename } from './organisation_name.ts';
import { requireRolesAbove } from './role_rights.ts';

export interface ChangeOrganisationInput {
  organisation: string;
  changes: Partial<OrganisationColumns> & { valid_to?: Date | null };
}

/**
 * The clearance ceiling takes the right to grant clearances; a new name or code takes the right over the organisation
 * above. Errors: invalid_value for a parent that lies below or ends earlier; already_exists for a name or code in use;
 * has_dependents for an end that something below outlasts; admin_limit_exceeded for a place too deep.
 */
export const changeOrganisation: Command<ChangeOrganisationInput, { organisation: OrganisationRow }> = {
  name: 'organisation.change',
  async execute(context, input) {
    const before = await existing(context, 'organisation', input.organisation);
    await authorise(context, 'organisation.manage', before.uuid);
    const columns = parseChanges(organisationFields, input.changes);
    requireExtension(context, 'organisation', columns.extension);
    if (columns.clearance_ceiling !== undefined) await authorise(context, 'clearance.grant', before.uuid);
    await requireChangedDomain(context, before, columns.mail_domain);
    if (columns.parent !== undefined) await requirePlace(context, before, { ...before, ...columns });
    const { parent, code } = { ...before, ...columns };
    if (parent !== before.parent || code !== before.code)
      await requirePlaceBelow(context, parent, code, before.uuid);
    const valid_to =
      input.changes.valid_to === undefined
        ? before.valid_to
        : parseOptionalInstant('valid_to', input.changes.valid_to);
    requirePeriod(before.valid_from, valid_to);
    const after = { ...before, ...columns, valid_to };
    if (parent !== before.parent || goesOnLonger(after, before))
      await requireWithin(context, 'organisation', parent, valid_to);
    if (valid_to !== null && goesOnLonger(before, after)) await requireNothingBelow(context, after, valid_to);
    await requireRename(context, before, after);
    const organisation = await context.tx.update('organisation', before.uuid, { ...columns, valid_to });
    return { organisation };
  },
};

/** A move is a matter of both ends: the right is needed over where it was and over where it goes. */
async function requirePlace(
  context: CommandContext,
  moved: OrganisationRow,
  { parent, clearance_ceiling }: OrganisationRow,
): Promise<void> {
  await authorise(context, 'organisation.manage', moved.parent);
  await authorise(context, 'organisation.manage', parent);
  await requireCeilings(context, moved.parent, parent, clearance_ceiling);
  if (parent === null || parent === moved.parent) return;
  await present(context, 'organisation', parent);
  const above = await context.tx.organisationAncestors(parent);
  if (above.includes(moved.uuid)) {
    throw new OperationError('invalid_value', 'parent must not lie below the organisation itself');
  }
  await requireNesting(context, parent, moved.uuid);
  await requireRolesAbove(context, moved.uuid, parent);
}

/**
 * The lowest ceiling of an organisation and all above it holds. Error: access_denied, when a move from below `left` to
 * below `joined` lifts one that the identity could not raise.
 */
async function requireCeilings(
  context: CommandContext,
  left: string | null,
  joined: string | null,
  own: ClearanceLevel,
): Promise<void> {
  const organisations = await context.tx.find('organisation', {});
  const ceilings = (await rowsAbove(context, organisations, joined)).map((one) => one.clearance_ceiling);
  const after = lowest(own, ...ceilings);
  for (const bound of await rowsAbove(context, organisations, left)) {
    if (!isAtLeast(bound.clearance_ceiling, after)) await authorise(context, 'clearance.grant', bound.uuid);
  }
}
