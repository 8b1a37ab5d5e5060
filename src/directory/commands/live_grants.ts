// An identity and its grants come from a replica, which may be behind: its feed lost, its worker slow. That it may act at
// all, and by which right, is therefore read again in the transaction that acts, from the rows that make it true. They are
// held until it ends, so that whoever takes the right away waits: no act is numbered after the end of its right.
import { OperationError } from '../../errors.ts';
import { isCurrent } from '../assignment.ts';
import type { Identity, RoleGrant } from '../identity.ts';
import { mayAuthenticate } from '../lifecycle.ts';
import type { CommandContext } from '../ports.ts';
import type { Role } from '../vocabulary.ts';

/** The identity with those of its grants of `allowing` roles that hold now: post and appointment valid, account open. */
export async function withLiveGrants(context: CommandContext, allowing: readonly Role[]): Promise<Identity> {
  const { identity } = context;
  const grants: RoleGrant[] = [];
  for (const grant of identity.grants) {
    if (allowing.includes(grant.role) && (await isLive(context, grant))) grants.push(grant);
  }
  return { ...identity, grants };
}

/**
 * Error: access_denied, unless the account that acts is open now. For what people do with what is their own, where no right
 * is asked for. `act` names what was asked for, as the sentence's subject.
 */
export async function requireOpenAccount(context: CommandContext, act: string): Promise<void> {
  const found = await obstacle(context);
  if (found === null) return;
  throw new OperationError(
    'access_denied',
    `${act} requires an account that is ACTIVE now: this one is ${found}`,
  );
}

/** Why the account that acts may not act any more; null when it may. */
async function obstacle({ tx, identity, instant }: CommandContext): Promise<string | null> {
  const { account, person } = identity;
  if (account === null || person === null) return 'nobody’s';
  const [row] = await tx.hold('account', { uuid: account, person });
  if (row === undefined) return 'missing';
  const now = instant(); // what ended while we waited for the row ended after the command began
  // A lock after wrong passwords answers guesses, not the owner who is signed in.
  if (mayAuthenticate(row.state, null, row.expires_at, now)) return null;
  return row.state === 'ACTIVE' ? 'expired' : row.state;
}

async function isLive(context: CommandContext, grant: RoleGrant): Promise<boolean> {
  const { tx, identity } = context;
  const { post, role, organisation } = grant;
  if (post === null) return true; // the console's and the jobs': it hangs on nothing that could be taken away
  const { person } = identity;
  if (person === null || (await obstacle(context)) !== null) return false;
  if ((await tx.hold('post_role', { post, role, organisation })).length === 0) return false;
  const [held] = await tx.hold('post', { uuid: post });
  const appointments = await tx.hold('assignment', { post, person });
  const now = context.instant(); // as above
  return held !== undefined && isCurrent(held, now) && appointments.some((one) => isCurrent(one, now));
}
