// Headers that every answer carries. The content security policy admits nothing but our own style sheet, script and
// pictures (oidc-provider adds the hash of its one auto-submit script to script-src where it needs it).
import type { WebContext, WebMiddleware } from './request_identity.ts';

/**
 * The policy of a page whose forms may be redirected to `formTargets` (origins or `scheme:`), this origin apart.
 * Chromium applies form-action to every redirect that answers a form, so a sign-in form must name the relying
 * party's origin or the browser drops the last hop of a successful sign-in.
 */
export function contentSecurityPolicy(formTargets: readonly string[] = []): string {
  return [
    "default-src 'none'",
    "style-src 'self'",
    "img-src 'self'",
    "script-src 'self'",
    ["form-action 'self'", ...new Set(formTargets)].join(' '),
    "frame-ancestors 'none'",
    "base-uri 'none'",
  ].join('; ');
}

/** CSP sources for redirect URIs: their origins; a private-use scheme (RFC 8252 7.1) as `scheme:`. */
export function formTargetsOf(uris: readonly string[]): string[] {
  return uris.flatMap((uri) => {
    if (!URL.canParse(uri)) return [];
    const url = new URL(uri);
    return [url.origin === 'null' ? url.protocol : url.origin];
  });
}

/** Lets this answer's forms be redirected to those origins; keeps what else the policy says. */
export function allowFormTargets(ctx: WebContext, formTargets: readonly string[]): void {
  const policy = ctx.response.get('content-security-policy');
  const names = [...new Set(formTargets)].join(' ');
  if (names !== '') ctx.set('Content-Security-Policy', policy.replace("form-action 'self'", `$& ${names}`));
}

export const securityHeaders: WebMiddleware = async function securityHeaders(ctx, next) {
  ctx.set({
    'Content-Security-Policy': contentSecurityPolicy(),
    'X-Content-Type-Options': 'nosniff',
    'X-Frame-Options': 'DENY',
    // Not `no-referrer`: browsers then send `Origin: null` with our own forms, which the same-origin check refuses.
    'Referrer-Policy': 'same-origin',
    'Permissions-Policy': 'camera=(), geolocation=(), microphone=()',
    'Cross-Origin-Opener-Policy': 'same-origin',
  });
  if (ctx.state.secure) ctx.set('Strict-Transport-Security', 'max-age=31536000; includeSubDomains');
  await next();
};
