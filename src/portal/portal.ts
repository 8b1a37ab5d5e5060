// The portal: the front page, and one's own account. A change of password proves the current one by itself and needs no
// session; its form must come from our own origin (http/form.ts), and counts as attempts to sign in do.
import type { PasswordChanges } from '../authentication/change_password.ts';
import { answerPage, requireMethod } from '../http/answer_page.ts';
import { loginName, readForm } from '../http/form.ts';
import { forgetProblem, rememberedProblem, rememberProblem } from '../http/last_problem.ts';
import { type LoginRates, openLoginLimits } from '../http/login_limits.ts';
import { changeByForm, type LastChange, lastChange, statusOfRefusal } from '../http/password_change.ts';
import type { WebContext, WebMiddleware } from '../http/request_identity.ts';
import type { Limits } from '../limits/limits.ts';
import { frontPage, passwordChangedPage, passwordPage } from './pages.ts';

export interface PortalPorts {
  /** The origin that serves our pages. */
  issuer: string;
  passwords: PasswordChanges;
  limits: Limits;
  rates: LoginRates;
  /** Whom everybody may ask for help; null: pages name nobody. */
  helpContact: string | null;
}

export function createPortal(ports: PortalPorts): WebMiddleware {
  const { passwords, helpContact } = ports;
  const limits = openLoginLimits(ports.limits, ports.rates);
  const { origin } = new URL(ports.issuer);
  const policy = passwords.policyOf('personal');

  async function changePassword(ctx: WebContext): Promise<void> {
    const form = await readForm(ctx, origin);
    const uid = loginName(form);
    const { address, request, language } = ctx.state;
    const result = await changeByForm(passwords, limits, { uid, form, origin: 'portal', address, request });
    if (result.done) {
      forgetProblem(ctx);
      ctx.redirect('/account/password/changed');
      ctx.status = 303;
      return;
    }
    const last: LastChange = { uid, refused: result };
    rememberProblem(ctx, last);
    answerPage(ctx, passwordPage(language, { ...last, policy }), statusOfRefusal(ctx, result));
  }

  return async function portal(ctx, next) {
    const { language } = ctx.state;
    switch (ctx.path) {
      case '/':
        requireMethod(ctx, 'GET', 'HEAD');
        return answerPage(ctx, frontPage(language, helpContact));
      case '/account':
        requireMethod(ctx, 'GET', 'HEAD');
        ctx.redirect('/account/password');
        return;
      case '/account/password': {
        requireMethod(ctx, 'GET', 'HEAD', 'POST');
        if (ctx.method === 'POST') return changePassword(ctx);
        const last = rememberedProblem(ctx, lastChange) ?? { uid: '', refused: null };
        return answerPage(ctx, passwordPage(language, { ...last, policy }));
      }
      case '/account/password/changed':
        requireMethod(ctx, 'GET', 'HEAD');
        return answerPage(ctx, passwordChangedPage(language));
      default:
        return next();
    }
  };
}
