// Names and codes of organisations stand in certificates and address books: they vouch for everybody who serves there. So
// an organisation is renamed by who answers for the one above it, and what an organisation or a unit is called is read as
// no other organisation.
import { OperationError } from '../../errors.ts';
import { isOpen } from '../assignment.ts';
import { nameByCode, skeleton, skeletonOfCode } from '../name.ts';
import type { CommandContext } from '../ports.ts';
import type { OrganisationRow } from '../tables.ts';
import { authorise } from './authorise.ts';
import { requireCodePrefix } from './code_prefix.ts';

type Named = Pick<OrganisationRow, 'uuid' | 'code' | 'name_en' | 'name_zh' | 'valid_from' | 'valid_to'>;

/** What an organisation, or a unit of it, is called. */
export interface Names {
  /** The organisation, whose own names are no obstacle. */
  of: string;
  code: string;
  name_en: string;
  name_zh: string | null;
}

/**
 * Error: already_exists, for a name or code that is read as a name or code of another organisation, now or from a later
 * day. Names of units are free to repeat: most bureaux have an Administration Division.
 */
export async function requireFreeNames({ tx, now }: CommandContext, names: Names): Promise<void> {
  await tx.alone('names of organisations'); // else two that begin at once both find a name free
  for (const one of await tx.find('organisation', {})) {
    if (one.uuid === names.of || !isOpen(one, now)) continue;
    const borne = [one.name_en, one.name_zh].map(skeleton);
    const codes = [one.code, nameByCode(one.code)].map(skeleton);
    const isRead = (name: string | null) => name !== null && [...borne, ...codes].includes(skeleton(name));
    const readCode = skeletonOfCode(names.code) === skeletonOfCode(one.code);
    if (isRead(names.name_en)) throw inUse('name_en', 'name', one);
    if (isRead(names.name_zh)) throw inUse('name_zh', 'name', one);
    if (readCode || borne.includes(skeleton(names.code)))
      throw inUse('code', readCode ? 'code' : 'name', one);
  }
}

function inUse(column: keyof Names, what: string, { code }: Named): OperationError {
  return new OperationError('already_exists', `${column} is the ${what} of ${code}: choose another`);
}

/** For a new organisation. Errors: access_denied, as requireCodePrefix; already_exists, as requireFreeNames. */
export async function requireNames(context: CommandContext, named: Named): Promise<void> {
  await requireCodePrefix(context, named.code, named.uuid);
  await requireFreeNames(context, { ...named, of: named.uuid });
}

/**
 * For a change of `before` into `after`. Errors: access_denied, for a new name or code without organisation.manage over
 * the organisation above, and as requireCodePrefix; already_exists, as requireFreeNames.
 */
export async function requireRename(
  context: CommandContext,
  before: Named & Pick<OrganisationRow, 'parent'>,
  after: Named,
): Promise<void> {
  const recoded = after.code !== before.code;
  const renamed = recoded || after.name_en !== before.name_en || after.name_zh !== before.name_zh;
  if (renamed) await authorise(context, 'organisation.manage', before.parent);
  if (recoded) await requireCodePrefix(context, after.code, after.uuid);
  const revived = !isOpen(before, context.now) && isOpen(after, context.now);
  if (renamed || revived) await requireFreeNames(context, { ...after, of: after.uuid });
}
