// Hangs a role on a post, over one organisation or the whole government.
import { OperationError } from '../../errors.ts';
import { isOpen } from '../assignment.ts';
import { parseOptionalReference, parseReference, parseWord } from '../field.ts';
import type { Command, CommandContext } from '../ports.ts';
import type { PostRoleRow, PostRow } from '../tables.ts';
import { type Role, roles } from '../vocabulary.ts';
import { authorise, authoriseFor, existing, organisationOfPerson, present } from './authorise.ts';

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
    await requireRightOverHolders(context, post);
    if (organisation !== null) await present(context, 'organisation', organisation);
    const post_role = { uuid: context.newUuid(), post: post.uuid, role, organisation };
    await context.tx.insert('post_role', post_role);
    return { post_role };
  },
};

/**
 * Roles bind who may manage their holder, so a role of a holder that another organisation answers for takes the right
 * there too. Error: access_denied, also for the own post.
 */
async function requireRightOverHolders(context: CommandContext, post: PostRow): Promise<void> {
  const { tx, identity, now } = context;
  const held = (await tx.find('assignment', { post: post.uuid })).filter((one) => isOpen(one, now));
  if (held.some(({ person }) => person === identity.person)) {
    throw new OperationError('access_denied', 'roles of the own post are for somebody else to grant');
  }
  for (const person of new Set(held.map((one) => one.person))) {
    const organisation = await organisationOfPerson(context, person);
    if (organisation === post.organisation) continue;
    const act = `a role of post ${post.number}, whose holder another organisation answers for`;
    await authoriseFor(context, 'role.grant', organisation, () => act);
  }
}
