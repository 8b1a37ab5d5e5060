// A new bureau, branch, department or office.
import { OperationError } from '../../errors.ts';
import { isAtLeast } from '../clearance.ts';
import { parseFields, parseInstant, parseOptionalInstant, requirePeriod } from '../field.ts';
import { type OrganisationColumns, organisationFields } from '../organisation.ts';
import type { Command, CommandContext } from '../ports.ts';
import type { OrganisationRow } from '../tables.ts';
import { authorise, existing } from './authorise.ts';
import { requireExtension } from './extension_check.ts';
import { requireMailDomain } from './mail_address.ts';
import { requireNesting, requireWithin } from './nesting.ts';
import { requireNames } from './organisation_name.ts';

export type CreateOrganisationInput = Partial<OrganisationColumns> &
  Pick<OrganisationColumns, 'code' | 'name_en' | 'name_zh' | 'kind'> & {
    valid_from?: Date; // omitted: now
    valid_to?: Date | null;
  };

/** A clearance ceiling above RESTRICTED takes the right to grant clearances. */
export const createOrganisation: Command<CreateOrganisationInput, { organisation: OrganisationRow }> = {
  name: 'organisation.create',
  async execute(context, input) {
    const columns = parseFields(organisationFields, input);
    requireExtension(context, 'organisation', columns.extension);
    await authorise(context, 'organisation.manage', columns.parent);
    if (isAtLeast(columns.clearance_ceiling, 'CONFIDENTIAL')) {
      await authorise(context, 'clearance.grant', columns.parent);
    }
    await requireMailDomain(context, columns.parent, columns.mail_domain);
    await requirePlaceBelow(context, columns.parent, columns.code);
    const valid_from = parseInstant('valid_from', input.valid_from ?? context.now);
    const valid_to = parseOptionalInstant('valid_to', input.valid_to);
    requirePeriod(valid_from, valid_to);
    await requireWithin(context, 'organisation', columns.parent, valid_to);
    await requireNesting(context, columns.parent, null);

    const organisation = { uuid: context.newUuid(), ...columns, valid_from, valid_to };
    await requireNames(context, organisation);
    await context.tx.insert('organisation', organisation);
    return { organisation };
  },
};

/**
 * Units and organisations below one organisation share their names in the directory (`ou=CODE`).
 * Errors: not_found; already_exists, for the code of a unit or organisation that stands there.
 */
export async function requirePlaceBelow(
  context: CommandContext,
  parent: string | null,
  code: string,
  self?: string,
): Promise<void> {
  if (parent === null) return;
  await existing(context, 'organisation', parent); // locked: one code below it at a time
  await requireFreeCode(context, parent, code, self);
}

/** Error: already_exists. Among units and among organisations the database sees to it. */
export async function requireFreeCode(
  { tx }: CommandContext,
  parent: string,
  code: string,
  self?: string,
): Promise<void> {
  const units = await tx.find('unit', { organisation: parent, parent: null });
  const organisations = await tx.find('organisation', { parent });
  const same = [...units, ...organisations].some(
    (one) => one.uuid !== self && one.code.toLowerCase() === code.toLowerCase(),
  );
  if (same) throw new OperationError('already_exists', `code ${code} is in use below that organisation`);
}
