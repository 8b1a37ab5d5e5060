// Roles hang on posts, so whoever fills a post, changes it or takes over the account of its holder could obtain its roles.
// Each of these acts requires the right to grant every one of them (S17 7.1.3: no single person holds all functions).
import { isOpen } from '../assignment.ts';
import type { CommandContext } from '../ports.ts';
import type { AccountRow, PostRoleRow, PostRow } from '../tables.ts';
import { authorise, authoriseFor } from './authorise.ts';

/** Error: access_denied, naming the first role of the post that the identity may not grant. `act`: 'appointing to post X'. */
export async function requireRolesOfPost(
  context: CommandContext,
  post: Pick<PostRow, 'uuid'>,
  act: string,
): Promise<void> {
  for (const role of await context.tx.find('post_role', { post: post.uuid })) {
    await requireGrantable(context, role, act);
  }
}

/** Error: access_denied, unless the identity may appoint in the post's organisation and grant every role of the post. */
export async function requireAppointment(context: CommandContext, post: PostRow): Promise<void> {
  await authorise(context, 'assignment.manage', post.organisation);
  await requireRolesOfPost(context, post, `appointing to post ${post.number}`);
}

/** As requireRolesOfPost, for every post that the person holds or is to hold. */
export async function requireRolesOfPerson(
  context: CommandContext,
  person: string,
  act: string,
): Promise<void> {
  const { tx, now } = context;
  const held = (await tx.find('assignment', { person })).filter((one) => isOpen(one, now));
  for (const post of new Set(held.map((one) => one.post))) {
    await requireRolesOfPost(context, { uuid: post }, act);
  }
}

/** As requireRolesOfPerson, for the person of an account; an account of nobody has no roles. */
export async function requireRolesOfAccount(
  context: CommandContext,
  account: AccountRow,
  act: string,
): Promise<void> {
  if (account.person !== null) await requireRolesOfPerson(context, account.person, act);
}

/**
 * A role over an organisation holds for everything below it. Error: access_denied, when moving `organisation` below
 * `parent` brings it under roles that the identity may not grant.
 */
export async function requireRolesAbove(
  context: CommandContext,
  organisation: string,
  parent: string,
): Promise<void> {
  const before = await context.tx.organisationAncestors(organisation);
  const added = (await context.tx.organisationAncestors(parent)).filter((one) => !before.includes(one));
  for (const scope of added) {
    for (const role of await context.tx.find('post_role', { organisation: scope })) {
      await requireGrantable(context, role, 'moving an organisation into the scope of a role');
    }
  }
}

function requireGrantable(context: CommandContext, role: PostRoleRow, act: string): Promise<void> {
  const explain = () => `${act} requires role.grant for ${role.role}`;
  return authoriseFor(context, 'role.grant', role.organisation, explain);
}
