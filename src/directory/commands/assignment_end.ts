// Ends an assignment, now or at an instant to come, never later than it would end anyway: that would prolong its roles.
// Either side may: the organisation of the post, and the one that answers for the person.
import { OperationError } from '../../errors.ts';
import { isOpen } from '../assignment.ts';
import { parseInstant } from '../field.ts';
import type { Command } from '../ports.ts';
import type { AssignmentRow } from '../tables.ts';
import { authorise, existing, isAuthorised, organisationOfPerson, requireAnother } from './authorise.ts';
import { endPeriod } from './period_end.ts';

export interface EndAssignmentInput {
  assignment: string;
  at?: Date; // omitted: now
}

export const endAssignment: Command<EndAssignmentInput, { assignment: AssignmentRow }> = {
  name: 'assignment.end',
  async execute(context, input) {
    const before = await existing(context, 'assignment', input.assignment);
    const post = await existing(context, 'post', before.post);
    const own = await organisationOfPerson(context, before.person);
    if (!(await isAuthorised(context, 'assignment.manage', own))) {
      await authorise(context, 'assignment.manage', post.organisation);
    }
    requireAnother(context, before.person, 'the post');
    const at = parseInstant('at', input.at ?? context.now);
    if (at < context.now) throw new OperationError('invalid_value', 'at must not be in the past');
    if (!isOpen(before, context.now)) throw new OperationError('invalid_state', 'the assignment has ended');
    if (before.valid_to !== null && at > before.valid_to) {
      throw new OperationError(
        'invalid_value',
        `at must not be later than ${before.valid_to.toISOString()}, when the assignment ends; to prolong it, assign the person again`,
      );
    }
    await endPeriod(context, 'assignment', before, at);
    return { assignment: await existing(context, 'assignment', before.uuid) };
  },
};
