// The grants of an identity come from a replica, which may be behind: its feed lost, its worker slow. A right to change
// something is therefore read again in the transaction that uses it, from the rows that make it true.
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

async function isLive({ tx, identity, now }: CommandContext, grant: RoleGrant): Promise<boolean> {
  const { post, role, organisation } = grant;
  if (post === null) return true; // the console's and the jobs': it hangs on nothing that could be taken away
  const { account, person } = identity;
  if (account === null || person === null) return false;
  const [open] = await tx.find('account', { uuid: account, person });
  // A lock after wrong passwords answers guesses, not the owner who is signed in.
  if (open === undefined || !mayAuthenticate(open.state, null, open.expires_at, now)) return false;
  if ((await tx.find('post_role', { post, role, organisation })).length === 0) return false;
  const [held] = await tx.find('post', { uuid: post });
  if (held === undefined || !isCurrent(held, now)) return false;
  return (await tx.find('assignment', { post, person })).some((one) => isCurrent(one, now));
}
