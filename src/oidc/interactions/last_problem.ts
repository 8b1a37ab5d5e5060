// What came of the last attempt to sign in, for a page that is shown again: the language switch leads by GET to a page
// that was the answer to a POST. It lives two minutes in a cookie of the interaction and holds no secret; the person's own
// browser could write nothing into it but what it could type into the form.
import type { WebContext } from '../../http/request_identity.ts';
import { type LoginProblem, loginProblems } from './pages.ts';

const outcomes = [...loginProblems, 'mustChange'] as const;

export interface LastProblem {
  uid: string;
  /** `mustChange`: the password was right and must be changed. */
  problem: LoginProblem | 'mustChange';
  seconds: number;
}

const cookie = 'bauhinia_last_problem';
const lifetimeMs = 120_000;

function options(ctx: WebContext, maxAge: number) {
  const { secure } = ctx.state;
  return { signed: false, httpOnly: true, sameSite: 'lax', secure, path: ctx.path, maxAge } as const;
}

export function rememberProblem(ctx: WebContext, { uid, problem, seconds }: LastProblem): void {
  const value = `${problem}.${seconds}.${Buffer.from(uid).toString('base64url')}`;
  ctx.cookies.set(cookie, value, options(ctx, lifetimeMs));
}

export function forgetProblem(ctx: WebContext): void {
  if (ctx.cookies.get(cookie, { signed: false }) !== undefined) ctx.cookies.set(cookie, '', options(ctx, 0));
}

/** Null when there is none, or none that this service wrote. */
export function rememberedProblem(ctx: WebContext): LastProblem | null {
  const [name, seconds, uid = ''] = (ctx.cookies.get(cookie, { signed: false }) ?? '')
    .slice(0, 2_000)
    .split('.');
  const problem = outcomes.find((one) => one === name);
  if (problem === undefined || !/^\d{1,6}$/.test(seconds ?? '')) return null;
  return {
    problem,
    seconds: Number(seconds),
    uid: Buffer.from(uid, 'base64url').toString('utf8').slice(0, 256),
  };
}
