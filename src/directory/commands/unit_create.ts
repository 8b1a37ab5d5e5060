// A new branch, division, section or team inside an organisation.
import { OperationError } from '../../errors.ts';
import { parseFields } from '../field.ts';
import { type UnitColumns, unitFields } from '../organisation.ts';
import type { Command } from '../ports.ts';
import type { UnitRow } from '../tables.ts';
import { authorise, existing } from './authorise.ts';
import { requireCodePrefix } from './code_prefix.ts';
import { requireUnitNesting, requireWithin } from './nesting.ts';
import { requireFreeCode } from './organisation_create.ts';
import { requireFreeNames } from './organisation_name.ts';

export type CreateUnitInput = Partial<UnitColumns> &
  Pick<UnitColumns, 'organisation' | 'code' | 'name_en' | 'kind'>;

export const createUnit: Command<CreateUnitInput, { unit: UnitRow }> = {
  name: 'unit.create',
  async execute(context, input) {
    const columns = parseFields(unitFields, input);
    await authorise(context, 'organisation.manage', columns.organisation);
    await requireWithin(context, 'organisation', columns.organisation, null); // locked: one code below it at a time
    if (columns.parent === null) await requireFreeCode(context, columns.organisation, columns.code);
    await requireCodePrefix(context, columns.code);
    await requireFreeNames(context, { ...columns, of: columns.organisation });
    if (columns.parent !== null) {
      const parent = await existing(context, 'unit', columns.parent);
      if (parent.organisation !== columns.organisation) {
        throw new OperationError('invalid_value', 'parent must be a unit of the same organisation');
      }
      await requireWithin(context, 'unit', columns.parent, null);
      await requireUnitNesting(context, parent);
    }
    const unit = { uuid: context.newUuid(), ...columns, valid_from: context.now, valid_to: null };
    await context.tx.insert('unit', unit);
    return { unit };
  },
};
