// A new bureau, branch, department or office.
import { isAtLeast } from '../clearance.ts';
import { parseFields, parseInstant, parseOptionalInstant, requirePeriod } from '../field.ts';
import { type OrganisationColumns, organisationFields } from '../organisation.ts';
import type { Command } from '../ports.ts';
import type { OrganisationRow } from '../tables.ts';
import { authorise, present } from './authorise.ts';

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
    await authorise(context, 'organisation.manage', columns.parent);
    if (isAtLeast(columns.clearance_ceiling, 'CONFIDENTIAL')) {
      await authorise(context, 'clearance.grant', columns.parent);
    }
    if (columns.parent !== null) await present(context, 'organisation', columns.parent);
    const valid_from = parseInstant('valid_from', input.valid_from ?? context.now);
    const valid_to = parseOptionalInstant('valid_to', input.valid_to);
    requirePeriod(valid_from, valid_to);

    const organisation = { uuid: context.newUuid(), ...columns, valid_from, valid_to };
    await context.tx.insert('organisation', organisation);
    return { organisation };
  },
};
