// What an address may cost that is answered with nothing but refusals: beyond a number of them a minute it is turned away
// before anything is looked at, and before that its refusals fill no log. Counted for the whole node (limits/).
import type { Limits } from '../limits/limits.ts';
import type { WebMiddleware, WebState } from './request_identity.ts';

export interface Crowd {
  /** Answers 429 to an address that is over its refusals; counts those of the others. */
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
      if (!refusals.allows(address)) {
        ctx.status = 429;
        ctx.set({ 'Retry-After': String(refusals.retryAfter(address)), Connection: 'close' });
        ctx.body = 'too many refused requests from this address\n';
        return;
      }
      await next();
      if (ctx.status >= 400 && ctx.status < 500) refusals.charge(address, 1);
    },
    mayLog: ({ address }, status) => status < 400 || lines.take(address),
  };
}
