// A further assignment beside the primary one: acting appointment, doubling-up, secondment.
// While it lasts its holder has the roles of that post as well, and their entry shows it. So it takes the consent of the
// organisation that answers for the person too, as a posting does.
import { OperationError } from '../../errors.ts';
import { requireAssignmentPeriod, requireRoom } from '../assignment.ts';
import { currentEmployment } from '../employment.ts';
import { parseInstant, parseOptionalInstant, parseReference, parseWord } from '../field.ts';
import type { Command } from '../ports.ts';
import type { AssignmentRow } from '../tables.ts';
import { authorise, existing, organisationOfPerson, requireAnother } from './authorise.ts';
import { requireAppointment } from './role_rights.ts';

const furtherKinds = ['acting', 'doubling_up', 'secondment'] as const;

export interface AssignInput {
  person: string;
  post: string;
  kind: (typeof furtherKinds)[number];
  valid_from?: Date; // omitted: now
  valid_to?: Date | null; // required for acting appointments and secondments
}

export const assign: Command<AssignInput, { assignment: AssignmentRow }> = {
  name: 'person.assign',
  async execute(context, input) {
    const { tx, now } = context;
    const person = await existing(context, 'person', input.person);
    const post = await existing(context, 'post', parseReference('post', input.post));
    requireAnother(context, person.uuid, 'the post');
    await authorise(context, 'assignment.manage', await organisationOfPerson(context, person.uuid));
    await requireAppointment(context, post);
    const kind = parseWord('kind', input.kind, furtherKinds);
    const valid_from = parseInstant('valid_from', input.valid_from ?? now);
    const valid_to = parseOptionalInstant('valid_to', input.valid_to);
    requireAssignmentPeriod(kind, valid_from, valid_to);
    const employment = currentEmployment(await tx.find('employment', { person: person.uuid }), now);
    if (employment === undefined) throw new OperationError('invalid_state', 'the person has no employment');

    const assignment: AssignmentRow = {
      uuid: context.newUuid(),
      person: person.uuid,
      employment: employment.uuid,
      post: post.uuid,
      kind,
      is_primary: false,
      valid_from,
      valid_to,
    };
    requireRoom(assignment, await tx.find('assignment', { post: post.uuid }));
    await tx.insert('assignment', assignment);
    return { assignment };
  },
};
