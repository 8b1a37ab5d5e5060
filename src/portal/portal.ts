// The portal: the front page, and one's own account. A change of password proves the current one by itself and needs no
// session; its form must come from our own origin (http/form.ts), and counts as attempts to sign in do.
import type { PasswordChanges } from '../authentication/change_password.ts';
import { OperationError } from '../errors.ts';
import { readForm } from '../http/form.ts';
import { type LoginRates, openLoginLimits } from '../http/login_limits.ts';
import { changeByForm, statusOfChangeProblem } from '../http/password_change.ts';
import type { WebContext, WebMiddleware } from '../http/request_identity.ts';
import type { Limits } from '../limits/limits.ts';
import { frontPage, type PasswordPage, passwordChangedPage, passwordPage } from './pages.ts';

export interface PortalPorts {
  /** The origin that serves our pages. */
  issuer: string;
  passwords: PasswordChanges;
  limits: Limits;
  rates: LoginRates;
  /** Whom everybody may ask for help; null: pages name nobody. */
  helpContact: string | null;
}

function show(ctx: WebContext, body: string, status = 200): void {
  ctx.status = status;
  ctx.type = 'html';
  ctx.set('Cache-Control', 'no-store');
  ctx.body = body;
}

function requireMethod(ctx: WebContext, ...methods: string[]): void {
  if (methods.includes(ctx.method)) return;
  ctx.set('Allow', methods.join(', '));
  throw new OperationError('unsupported', `${ctx.method} is not answered here`);
}

export function createPortal(ports: PortalPorts): WebMiddleware {
  const { passwords, helpContact } = ports;
  const limits = openLoginLimits(ports.limits, ports.rates);
  const { origin } = new URL(ports.issuer);
  const policy = passwords.policyOf('personal');

  async function changePassword(ctx: WebContext): Promise<void> {
    const form = await readForm(ctx, origin);
    const uid = (form.get('uid') ?? '').trim().slice(0, 256);
    const { address, request, language } = ctx.state;
    const result = await changeByForm(passwords, limits, { uid, form, origin: 'portal', address, request });
    if (result.done) {
      ctx.redirect('/account/password/changed');
      ctx.status = 303;
      return;
    }
    const status = statusOfChangeProblem[result.problem];
    if (status === 429 || status === 503) ctx.set('Retry-After', String(result.seconds));
    const shown: PasswordPage = { uid, policy, refused: result };
    show(ctx, passwordPage(language, shown), status);
  }

  return async function portal(ctx, next) {
    const { language } = ctx.state;
    switch (ctx.path) {
      case '/':
        requireMethod(ctx, 'GET', 'HEAD');
        return show(ctx, frontPage(language, helpContact));
      case '/account':
        requireMethod(ctx, 'GET', 'HEAD');
        ctx.redirect('/account/password');
        return;
      case '/account/password':
        requireMethod(ctx, 'GET', 'HEAD', 'POST');
        if (ctx.method === 'POST') return changePassword(ctx);
        return show(ctx, passwordPage(language, { uid: '', policy, refused: null }));
      case '/account/password/changed':
        requireMethod(ctx, 'GET', 'HEAD');
        return show(ctx, passwordChangedPage(language));
      default:
        return next();
    }
  };
}
