// Whose people a relying system sees, and what it is told of them beyond the address book: a matter of the organisations that
// they serve in, not of the one that runs the system.
import type { CommandContext } from '../ports.ts';
import type { RelyingSystemColumns } from '../relying_system.ts';
import type { RelyingSystemRow } from '../tables.ts';
import { authorise, authoriseFor, present, scopeName } from './authorise.ts';

/**
 * Whoever a new or changed system newly sees, or newly learns more of, lies within the right of who asks. To see less is
 * free, and so is what every reader of the address book is told. `before` is null for a new one. Errors: not_found;
 * access_denied, naming the organisation.
 */
export async function requirePopulation(
  context: CommandContext,
  before: RelyingSystemRow | null,
  changed: Partial<RelyingSystemColumns>,
): Promise<void> {
  const population = (changed.population === undefined ? before?.population : changed.population) ?? null;
  for (const organisation of changed.population ?? []) await present(context, 'organisation', organisation);
  const asked = learnsMore(context, before, changed) ? scopesOf(population) : added(before, population);
  for (const scope of asked) await requireScope(context, scope);
  // An approval was given for those whom the system saw then.
  const approved = before?.clearance_approved === true && added(before, population).length > 0;
  if (approved) await authorise(context, 'clearance.grant', null);
}

/** What a right must cover: each organisation, or null, the whole government. */
function scopesOf(population: readonly string[] | null): readonly (string | null)[] {
  return population ?? [null];
}

function added(
  before: RelyingSystemRow | null,
  population: readonly string[] | null,
): readonly (string | null)[] {
  if (before === null) return scopesOf(population);
  if (before.population === null) return [];
  const seen: readonly (string | null)[] = before.population;
  return scopesOf(population).filter((scope) => !seen.includes(scope));
}

/** Whether it is told an attribute that it was not told before and that the address book does not show. */
function learnsMore(
  { policy }: CommandContext,
  before: RelyingSystemRow | null,
  changed: Partial<RelyingSystemColumns>,
): boolean {
  const { address_book, operational } = policy.audiences;
  const known = [...address_book, ...operational, ...(before?.released_attributes ?? [])];
  const told = new Set(known.map((name) => name.toLowerCase()));
  return (changed.released_attributes ?? []).some((name) => !told.has(name.toLowerCase()));
}

function requireScope(context: CommandContext, scope: string | null): Promise<void> {
  const explain = async () => `a system for the people of ${await scopeName(context, scope)}`;
  return authoriseFor(context, 'relying_system.manage', scope, explain);
}
