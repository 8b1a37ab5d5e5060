// Adds a person or a group to a group. A group never becomes a member of itself, however many groups lie between, and nobody
// adds themselves: systems take the name of a group for what its members may do.
import { OperationError } from '../../errors.ts';
import { isOpen, overlap } from '../assignment.ts';
import { parseOptionalInstant, parseReference, requirePeriod } from '../field.ts';
import type { Command, CommandContext } from '../ports.ts';
import type { GroupMemberRow, GroupRow } from '../tables.ts';
import { authorise, existing, requireAnother } from './authorise.ts';
import { requireRoomForMember } from './group_room.ts';

/** Exactly one of the two. */
export type Member = { person: string } | { group: string };

export interface AddMemberInput {
  group: string;
  member: Member;
  valid_to?: Date | null;
}

/** Errors: already_exists; invalid_value for a cycle; invalid_state for a group whose members follow a rule. */
export const addMember: Command<AddMemberInput, { group_member: GroupMemberRow }> = {
  name: 'group.add_member',
  async execute(context, input) {
    const { tx, now } = context;
    const group = await groupToList(context, input.group);
    const valid_to = parseOptionalInstant('valid_to', input.valid_to);
    requirePeriod(now, valid_to);

    const columns = await requireMember(context, group.uuid, input.member);
    const group_member = {
      uuid: context.newUuid(),
      group: group.uuid,
      ...columns,
      valid_from: now,
      valid_to,
    };
    const present = await tx.find('group_member', { group: group.uuid, ...columns });
    if (present.some((one) => overlap(one, group_member))) {
      throw new OperationError('already_exists', 'member is in the group already');
    }
    await requireRoomForMember(context, group);
    await tx.insert('group_member', group_member);
    return { group_member };
  },
};

/** A group whose members the identity may list. Errors: access_denied; invalid_state for one that follows a rule. */
export async function groupToList(context: CommandContext, uuid: string): Promise<GroupRow> {
  const group = await existing(context, 'group', uuid);
  await authorise(context, 'group.manage', group.organisation);
  if (group.kind !== 'rule') return group;
  throw new OperationError('invalid_state', 'the members of the group follow its rule');
}

/** The columns that name a member. */
export function memberColumns(member: Member): Pick<GroupMemberRow, 'person' | 'member_group'> {
  return 'person' in member
    ? { person: parseReference('member.person', member.person), member_group: null }
    : { person: null, member_group: parseReference('member.group', member.group) };
}

async function requireMember(
  context: CommandContext,
  group: string,
  member: Member,
): Promise<Pick<GroupMemberRow, 'person' | 'member_group'>> {
  const columns = memberColumns(member);
  if (columns.person !== null) {
    await existing(context, 'person', columns.person);
    requireAnother(context, columns.person, 'the membership');
  }
  if (columns.member_group !== null) {
    await existing(context, 'group', columns.member_group);
    const above = await context.tx.groupAncestors(group);
    if (above.includes(columns.member_group)) {
      throw new OperationError('invalid_value', 'member would make the group a member of itself');
    }
    await requireNotAmongMembers(context, columns.member_group);
  }
  return columns;
}

/** Error: access_denied, for a group that lists whoever asks, itself or through groups in it. */
async function requireNotAmongMembers(context: CommandContext, group: string): Promise<void> {
  const { tx, identity, now } = context;
  const { person } = identity;
  if (person === null) return;
  for (const membership of await tx.find('group_member', { person })) {
    if (!isOpen(membership, now)) continue;
    if (!(await tx.groupAncestors(membership.group)).includes(group)) continue;
    requireAnother(context, person, 'the membership');
  }
}
