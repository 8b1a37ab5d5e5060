// Records a clearance. It takes the place of the one before; a lower one ends sessions.
import { OperationError } from '../../errors.ts';
import { isOpen } from '../assignment.ts';
import { isAtLeast, recordedLevel, requireGrantable } from '../clearance.ts';
import { currentEmployment } from '../employment.ts';
import { parseOptionalInstant, parseText, parseWord, requirePeriod } from '../field.ts';
import type { Command } from '../ports.ts';
import type { ClearanceRow } from '../tables.ts';
import { type CheckType, type ClearanceLevel, checkTypes, clearanceLevels } from '../vocabulary.ts';
import { authorise, existing, organisationOfPerson, requireAnother } from './authorise.ts';
import { endSessions } from './clearance_withdraw.ts';
import { endPeriod } from './period_end.ts';

export interface GrantClearanceInput {
  person: string;
  level: ClearanceLevel;
  check_type: CheckType;
  basis: string; // the officer's reference
  valid_to?: Date | null;
}

/** Errors: access_denied (also for oneself); invalid_value above RESTRICTED without civil service or integrity check. */
export const grantClearance: Command<GrantClearanceInput, { clearance: ClearanceRow }> = {
  name: 'clearance.grant',
  async execute(context, input) {
    const { tx, now, identity } = context;
    const person = await existing(context, 'person', input.person);
    await authorise(context, 'clearance.grant', await organisationOfPerson(context, person.uuid));
    requireAnother(context, person.uuid, 'the clearance');
    if (identity.account === null)
      throw new OperationError('access_denied', 'a clearance names who granted it');
    const level = parseWord('level', input.level, clearanceLevels);
    const check_type = parseWord('check_type', input.check_type, checkTypes);
    const basis = parseText('basis', input.basis, { max: 200 });
    const valid_to = parseOptionalInstant('valid_to', input.valid_to);
    requirePeriod(now, valid_to);
    const employment = currentEmployment(await tx.find('employment', { person: person.uuid }), now);
    requireGrantable(level, employment?.category ?? null, check_type);

    const before = await tx.find('clearance', { person: person.uuid, status: 'active' });
    const lowered = !isAtLeast(level, recordedLevel(before, now));
    for (const one of before) if (isOpen(one, now)) await endPeriod(context, 'clearance', one, now);
    const clearance: ClearanceRow = {
      uuid: context.newUuid(),
      person: person.uuid,
      level,
      check_type,
      basis,
      granted_by: identity.account,
      valid_from: now,
      valid_to,
      status: 'active',
    };
    await tx.insert('clearance', clearance);
    if (lowered) await endSessions(context, person.uuid);
    return { clearance };
  },
};
