// A new group.
import { parseFields } from '../field.ts';
import { type GroupColumns, groupFields, requireRuleOfKind } from '../group.ts';
import type { Command } from '../ports.ts';
import type { GroupRow } from '../tables.ts';
import { authorise, present } from './authorise.ts';
import { requireGroupName } from './group_name.ts';
import { requireSharedAddress } from './mail_address.ts';

export type CreateGroupInput = Partial<GroupColumns> & Pick<GroupColumns, 'name'>;

export const createGroup: Command<CreateGroupInput, { group: GroupRow }> = {
  name: 'group.create',
  async execute(context, input) {
    const columns = parseFields(groupFields, input);
    await authorise(context, 'group.manage', columns.organisation);
    await requireGroupName(context, columns.name);
    requireRuleOfKind(columns);
    if (columns.organisation !== null) await present(context, 'organisation', columns.organisation);
    await requireSharedAddress(context, columns.organisation, columns.mail, 'group.manage');
    const group = { uuid: context.newUuid(), ...columns };
    await context.tx.insert('group', group);
    return { group };
  },
};
