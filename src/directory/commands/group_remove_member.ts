// Takes a person or a group out of a group, a membership that has ended too: a reinstatement could give it back. The change
// keeps the record; the row goes.
import { OperationError } from '../../errors.ts';
import type { Command } from '../ports.ts';
import { groupToList, type Member, memberColumns } from './group_add_member.ts';

export interface RemoveMemberInput {
  group: string;
  member: Member;
}

/** Errors: not_found, when it is no member; invalid_state for a group whose members follow a rule. */
export const removeMember: Command<RemoveMemberInput, { removed: number }> = {
  name: 'group.remove_member',
  async execute(context, input) {
    const { tx } = context;
    const group = await groupToList(context, input.group);
    const found = await tx.find('group_member', { group: group.uuid, ...memberColumns(input.member) });
    if (found.length === 0) throw new OperationError('not_found', 'member is not in the group');
    for (const one of found) await tx.remove('group_member', one.uuid);
    return { removed: found.length };
  },
};
