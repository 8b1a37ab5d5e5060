// What a stranger's address may ask of the OpenID Provider. Every request is paid for before it is answered; what turns
// out to be somebody signed in, or a client that proved itself, is paid back. Counted for the whole node (limits/).
import type Provider from 'oidc-provider';
import { OperationError } from '../errors.ts';
import type { WebContext } from '../http/request_identity.ts';
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
  const signedIn = rate('signed in', requests);

  /** The cookie names a stored session of an account that may go on. A signed cookie alone says nothing. */
  async function isSignedIn(ctx: WebContext): Promise<boolean> {
    const session = await sessionOf(provider, ctx);
    if (session.accountId === undefined) return false;
    return (
      currentAccount(ports, session.accountId, signInInstant(session.loginTs), ctx.state.address) !==
      undefined
    );
  }

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

  return {
    async spend(ctx, route, work) {
      const { address } = ctx.state;
      const rate = rates[route.budget];
      const paid = rate.take(address);
      if (!paid) {
        const mayBePerson = route.budget === 'sign_on' || route.budget === 'page';
        if (!mayBePerson || !signedIn.take(address) || !(await isSignedIn(ctx))) refuse(ctx, rate);
      }
      await work();
      if (paid || route.name === 'resume') settle(ctx, route);
    },
  };
}
