// What each prompt of the policy shows and which actions of its form it takes.
import { type Barrier, barriers } from '../../directory/admission.ts';
import { OperationError } from '../../errors.ts';
import { answerPage, requireMethod } from '../../http/answer_page.ts';
import { readForm } from '../../http/form.ts';
import { type LoginLimits, openLoginLimits } from '../../http/login_limits.ts';
import type { WebContext } from '../../http/request_identity.ts';
import { barrierTexts } from '../policy.ts';
import { accountOfSubject } from '../subject.ts';
import { consent, showConsent } from './consent.ts';
import { helpContactOf } from './help_contact.ts';
import { finish, type InteractionPorts, type OpenInteraction, openInteraction } from './interaction.ts';
import { changePassword, logIn, showLogin } from './login.ts';
import { type RefusalReason, refusalPage } from './pages.ts';

interface Step {
  show(open: OpenInteraction): void;
  /** Actions of the form, `abort` apart, which every step takes. */
  actions: Record<string, (open: OpenInteraction, form: URLSearchParams) => Promise<void>>;
  /** What the relying party is told when the person gives up here (OIDC Core 3.1.2.6). */
  error: string;
  /** More about the error; where there is none, the person cancelled. */
  description?: (open: OpenInteraction) => string;
}

/** The page that a person sees who is kept out. */
const barrierPages = {
  population: 'notAdmitted',
  clearance: 'notCleared',
  strength: 'unmet',
} as const satisfies Record<Barrier, RefusalReason>;

function barrierOf({ interaction }: OpenInteraction): Barrier {
  return barriers.find((barrier) => interaction.prompt.reasons.includes(barrier)) ?? 'population';
}

/** Of the person who is signed in; nobody else is told a department's. */
function contactOf(ports: InteractionPorts, open: OpenInteraction): string | null {
  const subject = open.interaction.session?.accountId;
  const account = subject === undefined ? undefined : accountOfSubject(ports.readModel, subject);
  return helpContactOf(ports, account, open.page.language);
}

function stepsOf(ports: InteractionPorts, limits: LoginLimits) {
  return {
    login: {
      show: (open) => showLogin(ports, open),
      actions: {
        login: (open, form) => logIn(ports, limits, open, form),
        change: (open, form) => changePassword(ports, limits, open, form),
      },
      error: 'access_denied',
    },
    admission: {
      show: (open) =>
        answerPage(
          open.ctx,
          refusalPage(open.page, barrierPages[barrierOf(open)], contactOf(ports, open)),
          403,
        ),
      actions: {},
      error: 'access_denied',
      description: (open) => barrierTexts[barrierOf(open)],
    },
    consent: {
      show: (open) => showConsent(ports, open),
      actions: { consent: (open) => consent(ports, open) },
      error: 'access_denied',
    },
    unmet: {
      show: (open) => answerPage(open.ctx, refusalPage(open.page, 'unmet', contactOf(ports, open)), 403),
      actions: {},
      error: 'unmet_authentication_requirements',
    },
  } as const satisfies Record<string, Step>;
}

/** An essential `acr` that a password cannot give would ask for the password for ever. */
function asksForMore({ interaction }: OpenInteraction): boolean {
  const { reasons, details } = interaction.prompt;
  if (!reasons.some((reason) => reason === 'essential_acr' || reason === 'essential_acrs')) return false;
  const acr: unknown = details.acr;
  const wanted = typeof acr === 'object' && acr !== null ? { ...acr } : {};
  const { value, values } = wanted as { value?: unknown; values?: unknown };
  return value !== 'password' && !(Array.isArray(values) && values.includes('password'));
}

/** Answers a request for the interaction `uid`. */
export function createInteractions(ports: InteractionPorts): (ctx: WebContext, uid: string) => Promise<void> {
  const steps: Record<string, Step | undefined> = stepsOf(
    ports,
    openLoginLimits(ports.limits, ports.settings),
  );
  const { origin } = new URL(ports.settings.issuer);

  return async function interact(ctx, uid) {
    requireMethod(ctx, 'GET', 'HEAD', 'POST');
    const open = await openInteraction(ports, ctx, uid);
    const step = steps[asksForMore(open) ? 'unmet' : open.interaction.prompt.name];
    if (step === undefined) throw new Error(`no step for prompt ${open.interaction.prompt.name}`);
    if (ctx.method !== 'POST') return step.show(open);
    const form = await readForm(ctx, origin);
    const action = form.get('action') ?? '';
    if (action === 'abort') {
      return finish(ports, open, {
        error: step.error,
        error_description: step.description?.(open) ?? 'the End-User did not go on',
      });
    }
    const act = Object.hasOwn(step.actions, action) ? step.actions[action] : undefined;
    if (act === undefined)
      throw new OperationError('invalid_request', 'the form names no action of this page');
    await act(open, form);
  };
}
