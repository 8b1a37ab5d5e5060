// How many groups an organisation has and how many members a group lists (rules.ts says why). Two commands at once may
// each take the last place for a group: the bound is there to keep replicas small, not to be met exactly.
import { OperationError } from '../../errors.ts';
import type { CommandContext } from '../ports.ts';
import type { GroupRow } from '../tables.ts';

/** For a group that its owner does not have yet, or not of that kind. Error: invalid_state. */
export async function requireRoomForGroup(
  { tx, rules }: CommandContext,
  { organisation, kind }: Pick<GroupRow, 'organisation' | 'kind'>,
): Promise<void> {
  const { mostOfOwner, mostByRule } = rules.groups;
  if ((await tx.count('group', { organisation })) >= mostOfOwner) {
    throw new OperationError('invalid_state', `the owner has ${mostOfOwner} groups, which is the most`);
  }
  if (kind !== 'rule' || (await tx.count('group', { organisation, kind })) < mostByRule) return;
  throw new OperationError('invalid_state', `the owner has ${mostByRule} groups by rule, which is the most`);
}

/** Error: invalid_state. */
export async function requireRoomForMember(
  { tx, rules }: CommandContext,
  { uuid, name }: Pick<GroupRow, 'uuid' | 'name'>,
): Promise<void> {
  const { mostListed } = rules.groups;
  if ((await tx.count('group_member', { group: uuid })) < mostListed) return;
  throw new OperationError('invalid_state', `group ${name} lists ${mostListed} members, which is the most`);
}
