// A change of password as a form asks for it: its fields, the same limits as signing in, and what came of it.
import { z } from 'zod';
import type { ChangeOutcome, PasswordChanges } from '../authentication/change_password.ts';
import type { Origin } from '../directory/identity.ts';
import { passwordRules } from '../directory/password_policy.ts';
import { isOperationError } from '../errors.ts';
import { mostLoginName } from './form.ts';
import type { LoginLimits } from './login_limits.ts';
import { type ChangeProblem, changeProblems } from './password_texts.ts';
import { retryAfterSeconds } from './problem.ts';
import type { WebContext } from './request_identity.ts';

export interface ChangeRequest {
  uid: string;
  form: URLSearchParams;
  origin: Origin;
  address: string;
  request: string;
}

const changeRefusal = z.object({
  problem: z.enum(changeProblems),
  /** Where the problem is `broken`. */
  broken: z.array(z.enum(passwordRules)).readonly(),
  /** Of Retry-After, where the problem is one of time. */
  seconds: z.int().min(0),
});
export type ChangeRefusal = z.infer<typeof changeRefusal>;

/** What is remembered of a change that was refused, or that is still to be made (last_problem.ts). */
export const lastChange = z.object({
  uid: z.string().max(mostLoginName),
  refused: changeRefusal.nullable(),
});
export type LastChange = z.infer<typeof lastChange>;

export type ChangeResult =
  | ({ done: true } & NonNullable<ChangeOutcome['changed']>)
  | ({ done: false } & ChangeRefusal);

const statusOfProblem = {
  blank: 422,
  unequal: 422,
  wrong: 422,
  broken: 422,
  tooMany: 429,
  busy: 503,
} as const satisfies Record<ChangeProblem, number>;

/** The status of the page that shows the refusal; sets Retry-After where it is one of time. */
export function statusOfRefusal(ctx: WebContext, { problem, seconds }: ChangeRefusal): number {
  const status = statusOfProblem[problem];
  if (status === 429 || status === 503) ctx.set('Retry-After', String(seconds));
  return status;
}

const refused = (problem: ChangeProblem, seconds = retryAfterSeconds): ChangeResult => ({
  done: false,
  problem,
  broken: [],
  seconds,
});

/** Failures alone count: what was not looked at, or was right, gives its attempt back. */
export async function changeByForm(
  passwords: PasswordChanges,
  limits: LoginLimits,
  { uid, form, origin, address, request }: ChangeRequest,
): Promise<ChangeResult> {
  const [current, chosen, repeated] = ['current', 'chosen', 'repeated'].map((name) => form.get(name) ?? '');
  if (uid === '' || !current || !chosen || !repeated) return refused('blank');
  if (chosen !== repeated) return refused('unequal');
  const wait = limits.take(address, uid);
  if (wait > 0) return refused('tooMany', wait);
  let outcome: ChangeOutcome;
  try {
    outcome = await passwords.change({ name: { uid }, current, chosen, origin, address, request });
  } catch (error) {
    if (isOperationError(error, 'invalid_credentials', 'unsupported')) return refused('wrong');
    limits.giveBack(address, uid);
    if (isOperationError(error, 'rate_limited', 'unavailable', 'time_limit_exceeded')) return refused('busy');
    throw error;
  }
  limits.giveBack(address, uid);
  if (outcome.changed !== null) return { done: true, ...outcome.changed };
  return { done: false, problem: 'broken', broken: outcome.broken, seconds: retryAfterSeconds };
}
