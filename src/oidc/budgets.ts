// What a stranger's address may ask of the OpenID Provider. Every request is paid for before it is answered; what turns
// out to be somebody signed in, or a client that proved itself, is paid back. Where strangers have spent what the address
// has, persons signed in go on, and so do clients that proved themselves before. Counted for the whole node (limits/).
import { createHash } from 'node:crypto';
import type Provider from 'oidc-provider';
import { OperationError } from '../errors.ts';
import type { WebContext } from '../http/request_identity.ts';
import { putLast } from '../limits/last_used.ts';
import type { Limits, RateLimit } from '../limits/limits.ts';
import { type AccountPorts, currentAccount, signInInstant } from './account.ts';
import { lifetimes, type OidcSettings } from './ports.ts';
import type { Budget, Route } from './routes.ts';
import { sessionOf } from './strangers.ts';

/** What the library leaves on the context of a request that it answered (ctx.oidc). */
export interface Answered {
  oidc?: {
    session?: { accountId?: string };
    client?: { clientAuthMethod?: string };
    params?: unknown;
    entities?: { Interaction?: { uid: string } };
  };
}

export interface Budgets {
  /** Answers by `work` when the address can pay for it. Error: rate_limited, with Retry-After set. */
  spend(ctx: WebContext & Answered, route: Route, work: () => Promise<void>): Promise<void>;
}

/** Documents cost next to nothing: many times the requests of a page. */
const documentsPerRequest = 4;
/** Proofs of clients that a worker remembers; relying systems are some dozens. */
const mostProofs = 1_000;
/** How long the row of a sign-on lives. */
const minutesOfSignOn = lifetimes.interaction / 60;

export function createBudgets(
  ports: AccountPorts & { limits: Limits; settings: OidcSettings },
  provider: Provider,
): Budgets {
  const { limits, settings } = ports;
  const requests = settings.requestsPerAddress;
  const rate = (name: string, burst: number, perMinute = burst) =>
    limits.rate(`web ${name}`, { burst, perMinute });
  const rates = {
    // Rows that one address can have at a time: twice this, the second half over their whole life.
    sign_on: rate('sign-ons', settings.signOnsPerAddress, settings.signOnsPerAddress / minutesOfSignOn),
    page: rate('pages', requests),
    client: rate('clients', requests),
    document: rate('documents', requests * documentsPerRequest),
  } satisfies Record<Budget, RateLimit>;
  /** Of a session, not of an address: whoever shares the address has no part in it. */
  const ofSession = rate('signed in', requests);
  /** Digests of what proved a client, in the Authorization header. */
  const proofs = new Map<string, true>();

  /** The cookie names a stored session of an account that may go on. A signed cookie alone says nothing. */
  async function isSignedIn(ctx: WebContext): Promise<boolean> {
    // A cookie that nobody signed costs no query.
    const named = ctx.cookies.get(provider.cookieName('session'), { signed: true });
    if (named === undefined || !ofSession.take(named)) return false;
    const { accountId, loginTs } = await sessionOf(provider, ctx);
    const account =
      accountId === undefined
        ? undefined
        : currentAccount(ports, accountId, signInInstant(loginTs), ctx.state.address);
    // Of a session that has ended, a query a minute.
    if (account === undefined) ofSession.charge(named, 2 * requests);
    return account !== undefined;
  }

  function proofOf(ctx: WebContext): string | undefined {
    const { authorization } = ctx.req.headers;
    return authorization === undefined
      ? undefined
      : createHash('sha256').update(authorization).digest('base64');
  }

  function isProvedClient(ctx: WebContext): boolean {
    const proof = proofOf(ctx);
    return proof !== undefined && proofs.has(proof);
  }

  function rememberProof(ctx: WebContext, succeeded: boolean): void {
    const proof = proofOf(ctx);
    if (proof === undefined) return;
    if (succeeded) putLast(proofs, proof, true, mostProofs);
    else if (ctx.status === 401) proofs.delete(proof);
  }

  /** One row a budget: who is no stranger, whatever others behind the address have spent. */
  const goesOn = {
    sign_on: (ctx, { name }) =>
      name === 'pushed_authorization_request' ? isProvedClient(ctx) : isSignedIn(ctx),
    page: isSignedIn,
    client: isProvedClient,
    document: () => false,
  } satisfies Record<Budget, (ctx: WebContext, route: Route) => boolean | Promise<boolean>>;

  function refuse(ctx: WebContext, rate: RateLimit): never {
    ctx.set('Retry-After', String(rate.retryAfter(ctx.state.address)));
    throw new OperationError('rate_limited', 'too many requests from this address; try again later');
  }

  /** What of the price comes back, and what an ended sign-on gives back of its own. */
  function settle(ctx: WebContext & Answered, { name, budget, uid }: Route): void {
    const { oidc, status } = ctx;
    const { address } = ctx.state;
    if (oidc === undefined) return;
    const interaction = oidc.entities?.Interaction;
    const isPerson = oidc.session?.accountId !== undefined;
    const isClient = oidc.client !== undefined && oidc.client.clientAuthMethod !== 'none' && status < 400;
    switch (name) {
      case 'authorization':
        if (isPerson && interaction === undefined) rates.sign_on.refund(address); // no row was kept
        break;
      case 'pushed_authorization_request':
        if (isClient) rates.sign_on.refund(address);
        break;
      case 'resume':
        // The library sets `params` once it has removed the row; what it then stored anew has another name.
        if (oidc.params !== undefined && interaction?.uid === uid) rates.sign_on.refund(address);
        break;
      default:
        if (budget === 'client' && status < 400) rates.client.refund(address);
    }
  }

  const provesClient = ({ name, budget }: Route): boolean =>
    budget === 'client' || name === 'pushed_authorization_request';

  return {
    async spend(ctx, route, work) {
      const { address } = ctx.state;
      const rate = rates[route.budget];
      const paid = rate.take(address);
      if (!paid && !(await goesOn[route.budget](ctx, route))) refuse(ctx, rate);
      await work();
      if (provesClient(route)) rememberProof(ctx, ctx.status < 400);
      if (paid || route.name === 'resume') settle(ctx, route);
    },
  };
}
