// Bodies of our own forms (application/x-www-form-urlencoded): small, from our own origin, without NUL.
import { OperationError } from '../errors.ts';
import type { WebContext } from './request_identity.ts';

const formLimit = 16 * 1024;

/** Refuses a form that another site's page posted: browsers name the origin of every cross-site POST. */
function requireOwnOrigin(ctx: WebContext, origin: string): void {
  const claimed = ctx.get('origin');
  const site = ctx.get('sec-fetch-site');
  if ((claimed !== '' && claimed !== origin) || (site !== '' && site !== 'same-origin' && site !== 'none')) {
    throw new OperationError('access_denied', 'the form was not sent from a page of this service');
  }
}

/** Longest login name that a form takes, in UTF-16 units. */
export const mostLoginName = 256;

/** The login name that a form gives, as typed but for the spaces around it; empty when there is none. */
export function loginName(form: URLSearchParams): string {
  return (form.get('uid') ?? '').trim().slice(0, mostLoginName);
}

/**
 * Reads the whole form. `origin` is the origin that serves our pages.
 * Errors: access_denied (another origin), unsupported (another media type), admin_limit_exceeded, invalid_request.
 */
export async function readForm(ctx: WebContext, origin: string): Promise<URLSearchParams> {
  requireOwnOrigin(ctx, origin);
  if (!ctx.is('application/x-www-form-urlencoded')) {
    throw new OperationError('unsupported', 'the body must be application/x-www-form-urlencoded');
  }
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of ctx.req as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > formLimit) {
      throw new OperationError('admin_limit_exceeded', `the form is longer than ${formLimit} octets`);
    }
    chunks.push(chunk);
  }
  const form = new URLSearchParams(Buffer.concat(chunks).toString('utf8'));
  for (const [name, value] of form) {
    if (name.includes('\0') || value.includes('\0')) {
      throw new OperationError('invalid_request', 'the form holds a NUL character');
    }
  }
  return form;
}
