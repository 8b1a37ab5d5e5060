// Discovery and keys are asked for at every start of a relying party, and by some at every sign-in: they may keep them
// (RFC 9111). Five minutes, so that a new signing key, which is published before it signs, is known in time.
import { createHash } from 'node:crypto';
import type { WebContext } from '../http/request_identity.ts';

const maxAgeSeconds = 300;

export function allowCaching(ctx: WebContext): void {
  if (ctx.status !== 200 || (ctx.method !== 'GET' && ctx.method !== 'HEAD')) return;
  ctx.set('Cache-Control', `public, max-age=${maxAgeSeconds}`);
  ctx.etag = createHash('sha256').update(JSON.stringify(ctx.body)).digest('base64url').slice(0, 22);
  if (ctx.fresh) ctx.status = 304;
}
