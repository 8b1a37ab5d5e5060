// Takes a role off a post; whoever holds the post loses it with the same change.
import type { Command } from '../ports.ts';
import { authorise, existing } from './authorise.ts';

export interface WithdrawRoleInput {
  post_role: string;
}

export const withdrawRole: Command<WithdrawRoleInput, Record<never, never>> = {
  name: 'role.withdraw',
  async execute(context, input) {
    const role = await existing(context, 'post_role', input.post_role);
    await authorise(context, 'role.grant', role.organisation);
    await context.tx.remove('post_role', role.uuid);
    return {};
  },
};
