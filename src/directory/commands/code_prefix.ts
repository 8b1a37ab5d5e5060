// The code of an organisation and a hyphen begin what is its own: codes below it, and names of its groups, which systems
// take for what a group may do. A prefix belongs to the organisation with the shortest code that makes it, and stays so:
// no code given later takes it away.
import { OperationError } from '../../errors.ts';
import type { Action } from '../access.ts';
import type { CommandContext } from '../ports.ts';
import type { OrganisationRow } from '../tables.ts';
import { isAuthorised } from './authorise.ts';

const begins = (text: string, code: string): boolean =>
  text.toLowerCase().startsWith(`${code.toLowerCase()}-`);

/**
 * The organisations whose prefixes the text begins with, the owner first, and whether the identity has `action` over the
 * owner, or over another of them that lies below the owner.
 */
export async function prefixOf(
  context: CommandContext,
  text: string,
  action: Action,
  self?: string,
): Promise<{ owner: OrganisationRow | undefined; allowed: boolean }> {
  const matching = (await context.tx.find('organisation', {}))
    .filter((one) => one.uuid !== self && begins(text, one.code))
    .sort((a, b) => a.code.length - b.code.length);
  const [owner] = matching;
  for (const one of matching) {
    const below = (await context.tx.organisationAncestors(one.uuid)).includes(owner?.uuid ?? '');
    if (below && (await isAuthorised(context, action, one.uuid))) return { owner, allowed: true };
  }
  return { owner, allowed: false };
}

/**
 * Error: access_denied, for a code of an organisation or unit that begins with another's prefix, or makes one that others
 * have, without organisation.manage for them. `self` is the organisation that gets the code.
 */
export async function requireCodePrefix(context: CommandContext, code: string, self?: string): Promise<void> {
  const { owner, allowed } = await prefixOf(context, code, 'organisation.manage', self);
  if (owner !== undefined && !allowed) throw denied(code, owner);
  if (self === undefined) return;
  for (const other of await context.tx.find('organisation', {})) {
    if (other.uuid === self || !begins(other.code, code)) continue;
    if (!(await isAuthorised(context, 'organisation.manage', other.uuid))) throw denied(code, other);
  }
}

function denied(code: string, other: OrganisationRow): OperationError {
  return new OperationError(
    'access_denied',
    `the code ${code} requires organisation.manage for ${other.code}, whose codes and groups it would be read as`,
  );
}
