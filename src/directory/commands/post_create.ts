// A new post, with or without a holder to come.
import { OperationError } from '../../errors.ts';
import { parseFields, parseInstant, parseOptionalInstant, requirePeriod } from '../field.ts';
import type { Command, CommandContext } from '../ports.ts';
import { type PostColumns, postFields } from '../post.ts';
import type { PostRow } from '../tables.ts';
import { authorise, present } from './authorise.ts';
import { requireExtension } from './extension_check.ts';
import { requireSharedAddress } from './mail_address.ts';
import { requireWithin } from './nesting.ts';

export type CreatePostInput = Partial<PostColumns> &
  Pick<PostColumns, 'organisation' | 'number' | 'title_en'> & {
    valid_from?: Date; // omitted: now
    valid_to?: Date | null; // supernumerary and time-limited posts lapse
  };

export const createPost: Command<CreatePostInput, { post: PostRow }> = {
  name: 'post.create',
  async execute(context, input) {
    const columns = parseFields(postFields, input);
    requireExtension(context, 'post', columns.extension);
    await authorise(context, 'post.manage', columns.organisation);
    await requireSharedAddress(context, columns.organisation, columns.mail, 'post.manage');
    if (columns.unit !== null) await requireUnitOf(context, columns.unit, columns.organisation);
    const valid_from = parseInstant('valid_from', input.valid_from ?? context.now);
    const valid_to = parseOptionalInstant('valid_to', input.valid_to);
    requirePeriod(valid_from, valid_to);
    await requireWithin(context, 'organisation', columns.organisation, valid_to);
    await requireWithin(context, 'unit', columns.unit, valid_to);
    if (columns.kind !== 'permanent' && valid_to === null) {
      throw new OperationError('invalid_value', `valid_to is required: a ${columns.kind} post lapses`);
    }
    const post = { uuid: context.newUuid(), ...columns, valid_from, valid_to };
    await context.tx.insert('post', post);
    return { post };
  },
};

/** Error: invalid_value, unless the unit belongs to the organisation. */
export async function requireUnitOf(
  context: CommandContext,
  unit: string,
  organisation: string,
): Promise<void> {
  if ((await present(context, 'unit', unit)).organisation !== organisation) {
    throw new OperationError('invalid_value', 'unit must be of the organisation of the post');
  }
}
