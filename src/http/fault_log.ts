// Faults in the log: whole, and so many a minute of one address that whoever finds a way to cause them does not fill it.
import type { Limits } from '../limits/limits.ts';
import type { Log } from '../log.ts';
import type { WebState } from './request_identity.ts';

export type FaultLog = (error: unknown, state: Partial<WebState> | undefined, message: string) => void;

const loggedPerMinute = 60;

/** All of one `limits` count together. */
export function createFaultLog(log: Log, limits: Limits): FaultLog {
  const lines = limits.rate('web faults', { burst: loggedPerMinute, perMinute: loggedPerMinute });
  return (error, state, message) => {
    if (lines.take(state?.address ?? null)) log.error({ err: error, request: state?.request }, message);
  };
}
