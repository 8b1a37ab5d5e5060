// A new group.
import { parseFields } from '../field.ts';
import { firstDirectoryGid, type GroupColumns, groupFields, requireRuleOfKind } from '../group.ts';
import type { Command, CommandContext } from '../ports.ts';
import type { GroupRow } from '../tables.ts';
import { authorise, authoriseFor, present } from './authorise.ts';
import { requireGroupName } from './group_name.ts';
import { requireRoomForGroup } from './group_room.ts';
import { requireRuleRights } from './group_rule.ts';
import { requireSharedAddress } from './mail_address.ts';

export type CreateGroupInput = Partial<GroupColumns> & Pick<GroupColumns, 'name'>;

export const createGroup: Command<CreateGroupInput, { group: GroupRow }> = {
  name: 'group.create',
  async execute(context, input) {
    const columns = parseFields(groupFields, input);
    await authorise(context, 'group.manage', columns.organisation);
    await requireGroupName(context, columns.name);
    await requireGidNumber(context, columns.gid_number);
    requireRuleOfKind(columns);
    await requireRuleRights(context, columns.rule);
    if (columns.organisation !== null) await present(context, 'organisation', columns.organisation);
    await requireSharedAddress(context, columns.organisation, columns.mail, 'group.manage');
    await requireRoomForGroup(context, columns);
    const group = { uuid: context.newUuid(), ...columns };
    await context.tx.insert('group', group);
    return { group };
  },
};

/** A number that a machine may have given to a group of its own is for who manages groups of the whole government. */
export async function requireGidNumber(context: CommandContext, gid: number | null): Promise<void> {
  if (gid === null || gid >= firstDirectoryGid) return;
  await authoriseFor(context, 'group.manage', null, () => `gid_number below ${firstDirectoryGid}`);
}
