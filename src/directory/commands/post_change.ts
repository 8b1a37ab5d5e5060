// Changes a post in place: title, rank, unit, telephone, end. A transfer to another organisation requires the right in
// both; a post with roles also requires the right to grant them.
import { parseChanges, parseOptionalInstant, requirePeriod } from '../field.ts';
import type { Command } from '../ports.ts';
import { type PostColumns, postFields } from '../post.ts';
import type { PostRow } from '../tables.ts';
import { authorise, existing } from './authorise.ts';
import { requireExtension } from './extension_check.ts';
import { requireSharedAddress } from './mail_address.ts';
import { goesOnLonger, requireWithin } from './nesting.ts';
import { requireUnitOf } from './post_create.ts';
import { requireRolesOfPost } from './role_rights.ts';

export interface ChangePostInput {
  post: string;
  changes: Partial<PostColumns> & { valid_to?: Date | null };
}

export const changePost: Command<ChangePostInput, { post: PostRow }> = {
  name: 'post.change',
  async execute(context, input) {
    const before = await existing(context, 'post', input.post);
    await authorise(context, 'post.manage', before.organisation);
    await requireRolesOfPost(context, before, `changing post ${before.number}`);
    const columns = parseChanges(postFields, input.changes);
    requireExtension(context, 'post', columns.extension);
    const after = { ...before, ...columns };
    if (after.organisation !== before.organisation) {
      await authorise(context, 'post.manage', after.organisation);
    }
    const given = columns.mail === before.mail ? undefined : columns.mail;
    await requireSharedAddress(context, after.organisation, given, 'post.manage');
    if (after.unit !== null) await requireUnitOf(context, after.unit, after.organisation);
    const { valid_to: sent } = input.changes;
    const valid_to = sent === undefined ? before.valid_to : parseOptionalInstant('valid_to', sent);
    requirePeriod(before.valid_from, valid_to);
    const moved = after.organisation !== before.organisation || after.unit !== before.unit;
    if (moved || goesOnLonger({ ...before, valid_to }, before)) {
      await requireWithin(context, 'organisation', after.organisation, valid_to);
      await requireWithin(context, 'unit', after.unit, valid_to);
    }
    const post = await context.tx.update('post', before.uuid, { ...columns, valid_to });
    return { post };
  },
};
