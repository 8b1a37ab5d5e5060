// A refusal over HTTP: the status of every error code, and the answer as problem details (RFC 9457) or as a page,
// whichever the client would rather read. A fault is answered with a fixed text and logged whole.
import { type ErrorCode, OperationError } from '../errors.ts';
import { errorPage } from './error_page.ts';
import type { FaultLog } from './fault_log.ts';
import type { WebContext, WebMiddleware } from './request_identity.ts';

const statusOfCode = {
  invalid_request: 400,
  invalid_value: 400,
  invalid_dn: 400,
  undefined_type: 400,
  schema_violation: 400,
  not_found: 404,
  already_exists: 409,
  has_dependents: 409,
  invalid_state: 409,
  conflict: 409,
  invalid_credentials: 401,
  stronger_proof_required: 403,
  access_denied: 403,
  size_limit_exceeded: 413,
  time_limit_exceeded: 503,
  admin_limit_exceeded: 413,
  rate_limited: 429,
  unsupported: 415,
  unavailable: 503,
  configuration: 500,
} as const satisfies Record<ErrorCode, number>;

interface Refusal {
  status: number;
  code: string;
  detail: string;
}

const fault: Refusal = { status: 500, code: 'fault', detail: 'The service could not answer this request.' };

/** Nobody reads it: the client broke the connection off before its body had come. */
const brokenOff: Refusal = { status: 400, code: 'invalid_request', detail: 'The request was broken off.' };

function refusalOf(error: unknown, ctx: WebContext): Refusal {
  if (error instanceof Error && error === ctx.req.errored) return brokenOff;
  if (!(error instanceof OperationError)) return fault;
  // What keeps the service from working is told to the operator, not to the client.
  if (error.code === 'configuration') return fault;
  return { status: statusOfCode[error.code], code: error.code, detail: error.detail };
}

/** When to ask again a service that is busy or without its database, in seconds. */
export const retryAfterSeconds = 5;

/** What is not offered is a media type, unless the answer lists the methods that are (RFC 9110 15.5.6). */
function statusOf(ctx: WebContext, { status }: Refusal): number {
  return status === statusOfCode.unsupported && ctx.response.get('Allow') !== '' ? 405 : status;
}

function answer(ctx: WebContext, refusal: Refusal): void {
  const status = statusOf(ctx, refusal);
  ctx.status = status;
  if (status === 503) ctx.set('Retry-After', String(retryAfterSeconds));
  ctx.set('Cache-Control', 'no-store');
  if (ctx.accepts('application/problem+json', 'json', 'html') === 'html') {
    ctx.type = 'html';
    ctx.body = errorPage(ctx.state.language, {
      ...refusal,
      status,
      request: ctx.state.request,
      retryAfter: ctx.response.get('Retry-After'),
    });
    return;
  }
  ctx.body = {
    type: 'about:blank',
    title: refusal.code,
    status,
    detail: refusal.detail,
    request: ctx.state.request,
  };
  ctx.type = 'application/problem+json';
}

/** Turns whatever is thrown further in, and a request that nobody answered, into an answer. */
export function errorBoundary(logFault: FaultLog): WebMiddleware {
  return async function boundary(ctx, next) {
    try {
      await next();
    } catch (error) {
      const refusal = refusalOf(error, ctx);
      if (refusal.status >= 500) logFault(error, ctx.state, 'request failed');
      answer(ctx, refusal);
      return;
    }
    if (ctx.status === 404 && (ctx.body === undefined || ctx.body === null)) {
      answer(ctx, { status: 404, code: 'not_found', detail: 'There is nothing at this address.' });
    }
  };
}
