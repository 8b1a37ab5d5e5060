// How our own pages are answered.
import { OperationError } from '../errors.ts';
import type { WebContext } from './request_identity.ts';

export function answerPage(ctx: WebContext, page: string, status = 200): void {
  ctx.status = status;
  ctx.type = 'html';
  ctx.set('Cache-Control', 'no-store');
  ctx.body = page;
}

/** Error: unsupported, with Allow set. */
export function requireMethod(ctx: WebContext, ...methods: string[]): void {
  if (methods.includes(ctx.method)) return;
  ctx.set('Allow', methods.join(', '));
  throw new OperationError('unsupported', `${ctx.method} is not answered here`);
}
