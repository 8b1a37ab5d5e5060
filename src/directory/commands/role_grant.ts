// Hangs a role on a post, over one organisation or the whole government.
import { OperationError } from '../../errors.ts';
import { isOpen } from '../assignment.ts';
import { parseOptionalReference, parseReference, parseWord } from '../field.ts';
import type { Command, CommandContext } from '../ports.ts';
import type { PostRoleRow } from '../tables.ts';
import { type Role, roles } from '../vocabulary.ts';
import { authorise, existing, present } from './authorise.ts';

export interface GrantRoleInput {
  post: string;
  role: Role;
  organisation: string | null; // the scope; null is the whole government
}

/** Errors: access_denied for a post that the asker holds; already_exists. */
export const grantRole: Command<GrantRoleInput, { post_role: PostRoleRow }> = {
  name: 'role.grant',
  async execute(context, input) {
    const post = await existing(context, 'post', parseReference('post', input.post));
    const organisation = parseOptionalReference('organisation', input.organisation);
    const role = parseWord('role', input.role, roles);
    await authorise(context, 'role.grant', organisation);
    await authorise(context, 'role.grant', post.organisation);
    await requireNotOwnPost(context, post.uuid);
    if (organisation !== null) await present(context, 'organisation', organisation);
    const post_role = { uuid: context.newUuid(), post: post.uuid, role, organisation };
    await context.tx.insert('post_role', post_role);
    return { post_role };
  },
};

async function requireNotOwnPost({ tx, identity, now }: CommandContext, post: string): Promise<void> {
  if (identity.person === null) return;
  const held = await tx.find('assignment', { post, person: identity.person });
  if (held.some((one) => isOpen(one, now))) {
    throw new OperationError('access_denied', 'roles of the own post are for somebody else to grant');
  }
}
