// The library's errors that cannot be told to the relying party (unknown client, foreign redirect URI, expired sign-in),
// as a page of ours.
import type { ErrorOut, KoaContextWithOIDC } from 'oidc-provider';
import { errorPage } from '../../http/error_page.ts';

export function showError(ctx: KoaContextWithOIDC, out: ErrorOut): void {
  ctx.type = 'html';
  ctx.body = errorPage(ctx.state.language ?? 'en', {
    status: ctx.status,
    code: out.error,
    detail: out.error_description,
    request: ctx.state.request ?? '',
  });
}
