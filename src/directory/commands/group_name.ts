// Systems take the name of a group for what it may do, wherever in the government it comes from. So a name is given within
// an organisation's own prefix (code_prefix.ts), unless by who manages groups of the whole government.
import { OperationError } from '../../errors.ts';
import type { CommandContext } from '../ports.ts';
import { isAuthorised } from './authorise.ts';
import { prefixOf } from './code_prefix.ts';

/** Error: access_denied, for a name that does not begin with the code of an organisation whose groups the identity manages. */
export async function requireGroupName(context: CommandContext, name: string): Promise<void> {
  if (await isAuthorised(context, 'group.manage', null)) return;
  const { owner, allowed } = await prefixOf(context, name, 'group.manage');
  if (allowed) return;
  throw new OperationError(
    'access_denied',
    `the name ${name} requires group.manage for ${owner?.code ?? 'the whole government'}: begin it with the code of the own organisation and a hyphen`,
  );
}
