// What came of the last try of a form, for a page that is shown again: the language switch leads by GET to a page that was
// the answer to a POST. It lives two minutes in a cookie of the page's path and holds no secret; the person's own browser
// could write nothing into it but what it could type into the form.
import type { z } from 'zod';
import type { WebContext } from './request_identity.ts';

const cookie = 'bauhinia_last_problem';
const lifetimeMs = 120_000;
const mostOctets = 2_000;

function options(ctx: WebContext, maxAge: number) {
  const { secure } = ctx.state;
  return { signed: false, httpOnly: true, sameSite: 'lax', secure, path: ctx.path, maxAge } as const;
}

/** `problem`: anything that JSON can say. One that is too long for a cookie is not kept. */
export function rememberProblem(ctx: WebContext, problem: object): void {
  const value = Buffer.from(JSON.stringify(problem)).toString('base64url');
  if (value.length <= mostOctets) ctx.cookies.set(cookie, value, options(ctx, lifetimeMs));
}

export function forgetProblem(ctx: WebContext): void {
  if (ctx.cookies.get(cookie, { signed: false }) !== undefined) ctx.cookies.set(cookie, '', options(ctx, 0));
}

/** Null when there is none, or none of this shape. */
export function rememberedProblem<Shape extends z.ZodType>(
  ctx: WebContext,
  shape: Shape,
): z.infer<Shape> | null {
  const value = ctx.cookies.get(cookie, { signed: false }) ?? '';
  if (value === '' || value.length > mostOctets) return null;
  try {
    const json: unknown = JSON.parse(Buffer.from(value, 'base64url').toString('utf8'));
    return shape.safeParse(json).data ?? null;
  } catch {
    return null; // not JSON: not written here
  }
}
