// Mail domains belong to organisations. An address vouches for its holder, in certificates too, so an administrator gives
// addresses of the own organisation's domains, and others only with a right over the organisation they belong to. What speaks
// for a whole domain (postmaster, security: RFC 2142) is given by who manages its organisation. What is given up goes to
// no other holder for a year: the database sees to it (mail_name).
import { OperationError } from '../../errors.ts';
import type { Action } from '../access.ts';
import { parseMailAddress } from '../field.ts';
import type { CommandContext } from '../ports.ts';
import { isFunctionOfDomain } from '../reserved_name.ts';
import type { OrganisationRow } from '../tables.ts';
import { isAuthorised, rowsAbove } from './authorise.ts';

/**
 * The address, checked. `organisation` is the one that the person serves in. Errors: invalid_value; access_denied, for an
 * address of another organisation's domain, or of a domain that belongs to none.
 */
export async function requireMailAddress(
  context: CommandContext,
  organisation: string | null,
  value: unknown,
): Promise<string> {
  const address = parseMailAddress('mail', value);
  await requireAddress(context, organisation, address, 'person.manage');
  return address;
}

/** The same of a post or a group of `organisation`, where an address was given; `action` is the right over its owner. */
export async function requireSharedAddress(
  context: CommandContext,
  organisation: string | null,
  address: string | null | undefined,
  action: 'post.manage' | 'group.manage',
): Promise<void> {
  if (address === undefined || address === null) return;
  await requireAddress(context, organisation, address, action);
}

/**
 * Error: access_denied, when giving `domain` to an organisation below `parent` would let its administrators give out
 * addresses of somebody else.
 */
export async function requireMailDomain(
  context: CommandContext,
  parent: string | null,
  domain: string | null | undefined,
): Promise<void> {
  if (domain === undefined || domain === null) return;
  const organisations = await context.tx.find('organisation', {});
  const inherited = (await domainHolder(context, organisations, parent))?.mail_domain;
  if (inherited?.toLowerCase() === domain.toLowerCase()) return; // a branch may share its bureau's, not take a part of it
  const owners = ownersOf(organisations, domain);
  await requireOwners(context, owners, `the mail domain ${domain}`, 'organisation.manage');
}

/**
 * As requireMailDomain, for an organisation that there is; `domain` is undefined where it stays. A domain that it has is
 * given up for the whole government only: addresses are held in it, and once it is nobody's the next to take it would
 * speak for their holders.
 */
export async function requireChangedDomain(
  context: CommandContext,
  before: OrganisationRow,
  domain: string | null | undefined,
): Promise<void> {
  const current = before.mail_domain;
  if (domain === undefined || domain?.toLowerCase() === current?.toLowerCase()) return;
  await requireMailDomain(context, before.parent, domain);
  if (current === null || (await isAuthorised(context, 'organisation.manage', null))) return;
  throw new OperationError(
    'access_denied',
    `giving up the mail domain ${current} requires organisation.manage for the whole government`,
  );
}

async function requireAddress(
  context: CommandContext,
  organisation: string | null,
  address: string,
  action: Action,
): Promise<void> {
  const at = address.lastIndexOf('@');
  const domain = address.slice(at + 1);
  const organisations = await context.tx.find('organisation', {});
  const owners = ownersOf(organisations, domain);
  if (isFunctionOfDomain(address.slice(0, at))) {
    // Of several that share the domain each is spoken for.
    const each = owners.length === 0 ? [[]] : owners.map((owner) => [owner]);
    for (const one of each) {
      await requireOwners(context, one, `the address ${address}`, 'organisation.manage');
    }
    return;
  }
  const holder = await domainHolder(context, organisations, organisation);
  if (holder !== undefined && owners.includes(holder)) return;
  await requireOwners(context, owners, `the mail domain ${domain}`, action);
}

async function requireOwners(
  context: CommandContext,
  owners: readonly OrganisationRow[],
  what: string,
  action: Action,
): Promise<void> {
  const scopes = owners.length === 0 ? [null] : owners.map(({ uuid }) => uuid);
  for (const scope of scopes) if (await isAuthorised(context, action, scope)) return;
  const owner = owners.map(({ code }) => code).join(' or ') || 'no organisation';
  const where = owners.length === 0 ? 'the whole government' : owner;
  throw new OperationError(
    'access_denied',
    `${what} belongs to ${owner}: using it requires ${action} for ${where}`,
  );
}

/**
 * The organisation whose domain the people of `organisation` have: itself, else the nearest above it that has one. Those
 * further up speak for themselves.
 */
async function domainHolder(
  context: CommandContext,
  organisations: readonly OrganisationRow[],
  organisation: string | null,
): Promise<OrganisationRow | undefined> {
  const nearestFirst = await rowsAbove(context, organisations, organisation);
  return nearestFirst.find((one) => one.mail_domain !== null);
}

/** Organisations with the longest domain that is `domain` or lies above it. */
function ownersOf(organisations: readonly OrganisationRow[], domain: string): OrganisationRow[] {
  const wanted = `.${domain.toLowerCase()}`;
  const dotted = ({ mail_domain }: OrganisationRow) => `.${mail_domain?.toLowerCase()}`;
  const above = organisations.filter((one) => one.mail_domain !== null && wanted.endsWith(dotted(one)));
  const longest = Math.max(0, ...above.map((one) => dotted(one).length));
  return above.filter((one) => dotted(one).length === longest);
}
