// What every command asks first: does the object exist, whose is it, may this identity act there.
import { isOperationError, OperationError } from '../../errors.ts';
import { type Action, requireAction } from '../access.ts';
import { isCurrent } from '../assignment.ts';
import { isBuiltin } from '../builtin.ts';
import { currentEmployment } from '../employment.ts';
import { parseReference } from '../field.ts';
import type { CommandContext } from '../ports.ts';
import type { AccountRow, OrganisationRow, TableName, Tables } from '../tables.ts';
import { withLiveGrants } from './live_grants.ts';
import { requireSettledProof } from './settled_proof.ts';

/**
 * Error: access_denied, unless the identity may do `action` over `scope` (null: the whole government). The change records
 * the post that the first right asked for hangs on.
 */
export async function authorise(
  context: CommandContext,
  action: Action,
  scope: string | null,
): Promise<void> {
  const ancestors = scope === null ? [] : await context.tx.organisationAncestors(scope);
  const identity = await withLiveGrants(context, context.policy.actions[action]);
  const grant = requireAction(identity, action, scope, context.policy, ancestors);
  if (grant !== null && grant.post !== null) context.actIn(grant.post);
  if (context.policy.weighty.includes(action)) await requireSettledProof(context, action);
}

/** As authorise; a refusal says first what it refuses: `explain` is asked for the words only then. */
export async function authoriseFor(
  context: CommandContext,
  action: Action,
  scope: string | null,
  explain: () => string | Promise<string>,
): Promise<void> {
  try {
    await authorise(context, action, scope);
  } catch (error) {
    if (!isOperationError(error, 'access_denied')) throw error;
    throw new OperationError('access_denied', `${await explain()}: ${error.detail}`, { cause: error });
  }
}

/** What a scope is called in a refusal: the organisation's code. Error: not_found. */
export async function scopeName(context: CommandContext, scope: string | null): Promise<string> {
  return scope === null ? 'the whole government' : (await present(context, 'organisation', scope)).code;
}

/** As authorise, for a rule that names what it refuses in its own words. */
export async function isAuthorised(
  context: CommandContext,
  action: Action,
  scope: string | null,
): Promise<boolean> {
  try {
    await authorise(context, action, scope);
    return true;
  } catch (error) {
    if (isOperationError(error, 'access_denied')) return false;
    throw error;
  }
}

/** The row, locked. Error: not_found. */
export async function existing<T extends TableName>(
  { tx }: CommandContext,
  table: T,
  uuid: string,
): Promise<Tables[T]> {
  const row = await tx.get(table, parseReference(table, uuid));
  if (row === undefined) throw new OperationError('not_found', `${table} ${uuid} does not exist`);
  return row;
}

/** The account, locked. Error: not_found; the built-in ones, which nobody has, are no object of any command. */
export async function existingAccount(context: CommandContext, uuid: string): Promise<AccountRow> {
  const account = await existing(context, 'account', uuid);
  if (!isBuiltin(account.uuid)) return account;
  throw new OperationError('not_found', `account ${account.uid} is built in and belongs to nobody`);
}

/** The row as it stands, not locked: for what is only referred to. Error: not_found. */
export async function present<T extends TableName>(
  { tx }: CommandContext,
  table: T,
  uuid: string,
): Promise<Tables[T]> {
  const where: Partial<Tables[TableName]> = { uuid: parseReference(table, uuid) };
  const [row] = await tx.find(table, where as Partial<Tables[T]>); // every table has the column uuid
  if (row === undefined) throw new OperationError('not_found', `${table} ${uuid} does not exist`);
  return row;
}

/** Of `organisations`, the one named and all above it, nearest first; none for null. */
export async function rowsAbove(
  { tx }: CommandContext,
  organisations: readonly OrganisationRow[],
  organisation: string | null,
): Promise<OrganisationRow[]> {
  const uuids = organisation === null ? [] : await tx.organisationAncestors(organisation);
  return uuids.flatMap((uuid) => organisations.find((one) => one.uuid === uuid) ?? []);
}

/** The organisation that answers for a person now: of the primary post, else of the employment. */
export async function organisationOfPerson(context: CommandContext, person: string): Promise<string | null> {
  const { tx, now } = context;
  const assignments = await tx.find('assignment', { person, is_primary: true });
  const primary = assignments.find((one) => isCurrent(one, now));
  if (primary !== undefined) return (await present(context, 'post', primary.post)).organisation;
  return currentEmployment(await tx.find('employment', { person }), now)?.organisation ?? null;
}

/** The organisation that answers for an account: of its person, of its relying system, else the whole government. */
export async function organisationOfAccount(
  context: CommandContext,
  account: AccountRow,
): Promise<string | null> {
  if (account.person !== null) return organisationOfPerson(context, account.person);
  if (account.relying_system === null) return null;
  return (await present(context, 'relying_system', account.relying_system)).organisation;
}

/** Nobody raises their own rights (S17 7.1.3). Error: access_denied. */
export function requireAnother({ identity }: CommandContext, person: string, what: string): void {
  if (identity.person === person) {
    throw new OperationError('access_denied', `${what} of oneself is for somebody else to change`);
  }
}
