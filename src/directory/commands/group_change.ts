// Changes a group in place. A change of owner is a matter of both owners.
import { OperationError } from '../../errors.ts';
import { parseChanges } from '../field.ts';
import { type GroupColumns, groupFields, requireRuleOfKind } from '../group.ts';
import type { Command } from '../ports.ts';
import type { GroupRow } from '../tables.ts';
import { authorise, existing, present } from './authorise.ts';
import { requireGidNumber } from './group_create.ts';
import { requireGroupName } from './group_name.ts';
import { requireRoomForGroup } from './group_room.ts';
import { requireRuleRights } from './group_rule.ts';
import { requireSharedAddress } from './mail_address.ts';

export interface ChangeGroupInput {
  group: string;
  changes: Partial<GroupColumns>;
}

/** Error: has_dependents, when a group with members is to follow a rule. */
export const changeGroup: Command<ChangeGroupInput, { group: GroupRow }> = {
  name: 'group.change',
  async execute(context, input) {
    const { tx } = context;
    const before = await existing(context, 'group', input.group);
    await authorise(context, 'group.manage', before.organisation);
    const columns = parseChanges(groupFields, input.changes);
    const after = { ...before, ...columns };
    if (after.name !== before.name) await requireGroupName(context, after.name);
    if (after.gid_number !== before.gid_number) await requireGidNumber(context, after.gid_number);
    requireRuleOfKind(after);
    if (columns.rule !== undefined) await requireRuleRights(context, columns.rule);
    if (after.organisation !== before.organisation) {
      await authorise(context, 'group.manage', after.organisation);
      if (after.organisation !== null) await present(context, 'organisation', after.organisation);
    }
    const given = columns.mail === before.mail ? undefined : columns.mail;
    await requireSharedAddress(context, after.organisation, given, 'group.manage');
    if (after.organisation !== before.organisation || after.kind !== before.kind) {
      await requireRoomForGroup(context, after);
    }
    if (after.kind === 'rule' && before.kind !== 'rule') {
      const members = await tx.count('group_member', { group: before.uuid });
      if (members > 0) throw new OperationError('has_dependents', 'the group has listed members');
    }
    return { group: await tx.update('group', before.uuid, columns) };
  },
};
