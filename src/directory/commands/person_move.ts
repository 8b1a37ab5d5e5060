// A posting: the primary assignment ends and another begins at the same instant, in the same B/D or another.
// Person, uid, account, clearance and mail alias survive; need-to-know groups of the B/D left behind do not.
import { OperationError } from '../../errors.ts';
import { isOpen, requireRoom } from '../assignment.ts';
import { currentEmployment } from '../employment.ts';
import { parseInstant, parseReference } from '../field.ts';
import { standingOf } from '../lifecycle.ts';
import type { Command, CommandContext } from '../ports.ts';
import type { AssignmentRow, EmploymentRow } from '../tables.ts';
import { authorise, existing, organisationOfPerson, present, requireAnother } from './authorise.ts';
import { endPeriod } from './period_end.ts';
import { changePrimaryAddress } from './person_change.ts';
import { requireAppointment } from './role_rights.ts';

export interface MovePersonInput {
  person: string;
  post: string;
  /** Omitted: now. */
  at?: Date;
  /** The new primary address, with a move that takes effect now. */
  mail?: string;
}

/**
 * The B/D left and the one joined consent: the asker needs assignment.manage over both. Further appointments end with the
 * posting; the B/D left may end them anyway.
 */
export const movePerson: Command<MovePersonInput, { assignment: AssignmentRow }> = {
  name: 'person.move',
  async execute(context, input) {
    const { tx, now } = context;
    const person = await existing(context, 'person', input.person);
    const post = await existing(context, 'post', parseReference('post', input.post));
    requireAnother(context, person.uuid, 'the post');
    await authorise(context, 'assignment.manage', await organisationOfPerson(context, person.uuid));
    await requireAppointment(context, post);
    const at = parseInstant('at', input.at ?? now);
    if (at < now) throw new OperationError('invalid_value', 'at must not be in the past');

    const employment = currentEmployment(await tx.find('employment', { person: person.uuid }), now);
    if (employment === undefined) throw new OperationError('invalid_state', 'the person has no employment');
    for (const held of await tx.find('assignment', { person: person.uuid })) {
      // An acting appointment goes with the post it was made from.
      if (isOpen(held, at)) await endPeriod(context, 'assignment', held, at);
    }
    const assignment: AssignmentRow = {
      uuid: context.newUuid(),
      person: person.uuid,
      employment: employment.uuid,
      post: post.uuid,
      kind: 'substantive',
      is_primary: true,
      valid_from: at,
      valid_to: null,
    };
    requireRoom(assignment, await tx.find('assignment', { post: post.uuid }));
    await tx.insert('assignment', assignment);

    if (at <= now) await arrive(context, employment, post.organisation);
    if (input.mail !== undefined) {
      if (at > now) throw new OperationError('invalid_request', 'mail changes when the posting takes effect');
      const { organisation } = post;
      await changePrimaryAddress(context, { person: person.uuid, organisation, address: input.mail });
    }
    return { assignment };
  },
};

/** What follows once the person works in the organisation; the job of effective dates calls it for postings to come. */
export async function arrive(
  context: CommandContext,
  employment: EmploymentRow,
  organisation: string,
): Promise<void> {
  const { tx, now } = context;
  if (employment.organisation === organisation) return;
  const left = await tx.organisationAncestors(employment.organisation);
  const joined = await tx.organisationAncestors(organisation);
  await tx.update('employment', employment.uuid, { organisation });
  // What ended with duty would come back with a reinstatement.
  const accounts = await tx.find('account', { person: employment.person });
  const gone = accounts.filter(({ state }) => standingOf(state) === 'left');
  const closed = gone.map((account) => account.sessions_valid_from.getTime());
  for (const membership of await tx.find('group_member', { person: employment.person })) {
    const comesBack = membership.valid_to !== null && closed.includes(membership.valid_to.getTime());
    if (!isOpen(membership, now) && !comesBack) continue;
    const owner = (await present(context, 'group', membership.group)).organisation;
    const leftBehind = owner !== null && left.includes(owner) && !joined.includes(owner);
    if (!leftBehind) continue;
    if (comesBack) await tx.remove('group_member', membership.uuid);
    else await endPeriod(context, 'group_member', membership, now);
  }
}
