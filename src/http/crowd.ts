// What an address may cost that asks for what does not exist: beyond a number of such requests a minute it is answered in a
// word, and has to connect anew. Whatever exists is answered all the same: others stand behind the same address, and the
// OpenID Provider has budgets of its own (oidc/budgets.ts). Refusals fill no log. Counted for the whole node (limits/).
import type { Limits } from '../limits/limits.ts';
import type { WebMiddleware, WebState } from './request_identity.ts';

export interface Crowd {
  /** The last middleware: nobody knows the path. 429 for an address that has asked too often, 404 for the others. */
  turnAway: WebMiddleware;
  /** Whether an answer is worth a line of the log: all that succeeded, and a line a second of what one address is refused. */
  mayLog(state: WebState, status: number): boolean;
}

const loggedPerMinute = 60;

export function createCrowd(limits: Limits, refusalsPerMinute: number): Crowd {
  const refusals = limits.rate('web refusals', { burst: refusalsPerMinute, perMinute: refusalsPerMinute });
  const lines = limits.rate('web log', { burst: loggedPerMinute, perMinute: loggedPerMinute });
  return {
    async turnAway(ctx, next) {
      const { address } = ctx.state;
      if (refusals.take(address)) return next();
      ctx.status = 429;
      ctx.set({ 'Retry-After': String(refusals.retryAfter(address)), Connection: 'close' });
      ctx.body = 'too many refused requests from this address\n';
    },
    mayLog: ({ address }, status) => status < 400 || lines.take(address),
  };
}
