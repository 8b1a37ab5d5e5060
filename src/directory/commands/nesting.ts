// Where organisations, units and posts hang in the tree: not too deep, and never longer than what they hang below. An entry
// whose superior has ended has no place in the directory, so nothing ends while something below it goes on.
import { OperationError } from '../../errors.ts';
import { isOpen } from '../assignment.ts';
import type { CommandContext } from '../ports.ts';
import type { OrganisationRow, PostRow, UnitRow } from '../tables.ts';
import { existing } from './authorise.ts';

/**
 * How many organisations, and how many units inside one, may lie one below the other, the highest and the lowest counted.
 * A name is read up to 64 RDNs (x500/dn_text.ts): with twice this, a post and the containers, half of them stay unused.
 */
export const deepestNesting = 16;

/**
 * For an organisation that is to stand below `parent`; `moved` is its uuid when there is one, so that what is below it
 * counts. Error: admin_limit_exceeded.
 */
export async function requireNesting(
  { tx }: CommandContext,
  parent: string | null,
  moved: string | null,
): Promise<void> {
  await tx.alone('nesting of organisations'); // else two moves, each allowed, are too deep together
  const above = parent === null ? 0 : (await tx.organisationAncestors(parent)).length;
  const levels = moved === null ? 1 : levelsOf(moved, await tx.find('organisation', {}));
  requireLevels('organisations', above + levels);
}

/** For a unit that is to stand below `parent`, a unit of the same organisation. Error: admin_limit_exceeded. */
export async function requireUnitNesting({ tx }: CommandContext, parent: UnitRow): Promise<void> {
  const units = await tx.find('unit', { organisation: parent.organisation });
  const byUuid = new Map(units.map((one) => [one.uuid, one]));
  let levels = 1;
  for (let at: UnitRow | undefined = parent; at !== undefined && levels <= deepestNesting; levels++) {
    at = at.parent === null ? undefined : byUuid.get(at.parent);
  }
  requireLevels('units', levels);
}

function requireLevels(what: string, levels: number): void {
  if (levels <= deepestNesting) return;
  throw new OperationError(
    'admin_limit_exceeded',
    `${what} may lie at most ${deepestNesting} below one another`,
  );
}

/** The organisation and the levels of organisations below it. */
function levelsOf(top: string, organisations: readonly OrganisationRow[]): number {
  let level = new Set([top]);
  let levels = 0;
  // No organisation lies above itself (hierarchy.ts); bounded all the same.
  for (; level.size > 0 && levels <= deepestNesting; levels++) {
    const above = level;
    level = new Set(
      organisations.filter((one) => one.parent !== null && above.has(one.parent)).map((one) => one.uuid),
    );
  }
  return levels;
}

/** True when `one` ends after `other`, or does not end. */
export function goesOnLonger(
  one: Pick<OrganisationRow, 'valid_to'>,
  other: Pick<OrganisationRow, 'valid_to'>,
): boolean {
  if (other.valid_to === null) return false;
  return one.valid_to === null || one.valid_to > other.valid_to;
}

/**
 * For what is to hang below an organisation or a unit, which is locked against ending meanwhile. Error: invalid_value, when
 * it would go on after that has ended.
 */
export async function requireWithin(
  context: CommandContext,
  table: 'organisation' | 'unit',
  uuid: string | null,
  valid_to: Date | null,
): Promise<void> {
  if (uuid === null) return;
  const above = await existing(context, table, uuid);
  if (above.valid_to === null || !isOpen({ valid_from: above.valid_from, valid_to }, above.valid_to)) return;
  throw new OperationError(
    'invalid_value',
    `valid_to must not be after ${table} ${above.code} ends (${above.valid_to.toISOString()})`,
  );
}

/** For an organisation, locked, that is to end at `at`. Error: has_dependents, naming one of what goes on below it. */
export async function requireNothingBelow(
  { tx }: CommandContext,
  organisation: OrganisationRow,
  at: Date,
): Promise<void> {
  const { uuid } = organisation;
  const below = [
    ...(await tx.find('organisation', { parent: uuid })).map(named('organisation')),
    ...(await tx.find('unit', { organisation: uuid })).map(named('unit')),
    ...(await tx.find('post', { organisation: uuid })).map(named('post')),
  ];
  requireAllEnded(`organisation ${organisation.code}`, below, at);
}

/** The same for a unit. */
export async function requireNothingBelowUnit(
  { tx }: CommandContext,
  unit: UnitRow,
  at: Date,
): Promise<void> {
  const below = [
    ...(await tx.find('unit', { parent: unit.uuid })).map(named('unit')),
    ...(await tx.find('post', { unit: unit.uuid })).map(named('post')),
  ];
  requireAllEnded(`unit ${unit.code}`, below, at);
}

interface Below {
  name: string;
  valid_from: Date;
  valid_to: Date | null;
}

const named =
  (table: string) =>
  (row: OrganisationRow | UnitRow | PostRow): Below => ({
    name: `${table} ${'number' in row ? row.number : row.code}`,
    valid_from: row.valid_from,
    valid_to: row.valid_to,
  });

function requireAllEnded(above: string, below: readonly Below[], at: Date): void {
  const open = below.filter((one) => isOpen(one, at));
  const [first] = open;
  if (first === undefined) return;
  const others = open.length === 1 ? '' : ` and ${open.length - 1} more`;
  throw new OperationError(
    'has_dependents',
    `${first.name}${others} below ${above} would go on after it: end or move what is below first`,
  );
}
