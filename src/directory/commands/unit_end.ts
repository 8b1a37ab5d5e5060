// A unit ends, now or on a day to come.
import { parseInstant, requirePeriod } from '../field.ts';
import type { Command } from '../ports.ts';
import type { UnitRow } from '../tables.ts';
import { authorise, existing } from './authorise.ts';
import { requireNothingBelowUnit } from './nesting.ts';

export interface EndUnitInput {
  unit: string;
  valid_to?: Date; // omitted: now
}

/** Only ever earlier than it was to end. Error: has_dependents, while a unit or post below it goes on. */
export const endUnit: Command<EndUnitInput, { unit: UnitRow }> = {
  name: 'unit.end',
  async execute(context, input) {
    const before = await existing(context, 'unit', input.unit);
    await authorise(context, 'organisation.manage', before.organisation);
    const sent = parseInstant('valid_to', input.valid_to ?? context.now);
    const valid_to = before.valid_to !== null && before.valid_to < sent ? before.valid_to : sent;
    requirePeriod(before.valid_from, valid_to);
    await requireNothingBelowUnit(context, before, valid_to);
    return { unit: await context.tx.update('unit', before.uuid, { valid_to }) };
  },
};
