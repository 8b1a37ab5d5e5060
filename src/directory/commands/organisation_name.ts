// Names and codes of organisations stand in certificates and address books: they vouch for everybody who serves there. So
// an organisation is renamed by who answers for the one above it, and no two that exist bear one name.
import { OperationError } from '../../errors.ts';
import { isOpen } from '../assignment.ts';
import type { CommandContext } from '../ports.ts';
import type { OrganisationRow } from '../tables.ts';
import { authorise } from './authorise.ts';

type Named = Pick<OrganisationRow, 'uuid' | 'code' | 'name_en' | 'name_zh' | 'valid_from' | 'valid_to'>;

/** What a reader takes for the same name: regardless of case, width, the number of spaces, and variants of an ideograph. */
const folded = (name: string): string =>
  name
    .normalize('NFKC')
    .replace(/\p{VS}/gu, '')
    .toLowerCase()
    .replace(/\s+/g, ' ')
    .trim();

/** Error: already_exists, for a name in either language that another organisation bears, now or from a later day. */
export async function requireFreeNames({ tx, now }: CommandContext, named: Named): Promise<void> {
  await tx.alone('names of organisations'); // else two that begin at once both find a name free
  const taken = new Map<string, string>();
  for (const one of await tx.find('organisation', {})) {
    if (one.uuid === named.uuid || !isOpen(one, now)) continue;
    for (const name of [one.name_en, one.name_zh]) taken.set(folded(name), one.code);
  }
  for (const column of ['name_en', 'name_zh'] as const) {
    const holder = taken.get(folded(named[column]));
    if (holder === undefined) continue;
    throw new OperationError('already_exists', `${column} is the name of ${holder}: choose another`);
  }
}

/**
 * For a change of `before` into `after`. Errors: access_denied, for a new name or code without organisation.manage over
 * the organisation above; already_exists, as requireFreeNames.
 */
export async function requireRename(
  context: CommandContext,
  before: Named & Pick<OrganisationRow, 'parent'>,
  after: Named,
): Promise<void> {
  const renamed = after.name_en !== before.name_en || after.name_zh !== before.name_zh;
  if (renamed || after.code !== before.code) await authorise(context, 'organisation.manage', before.parent);
  const revived = !isOpen(before, context.now) && isOpen(after, context.now);
  if (renamed || revived) await requireFreeNames(context, after);
}
