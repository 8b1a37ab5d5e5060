// Signing in with user name and password. Refusals look alike for whoever is unknown, locked, leaving or mistyped.
import type { Identity } from '../../directory/identity.ts';
import { isOperationError } from '../../errors.ts';
import { retryAfterSeconds } from '../../http/problem.ts';
import type { RateLimit } from '../../limits/limits.ts';
import type { AccountRecord } from '../../x500/read_model.ts';
import { recordAct } from '../audit.ts';
import { subjectOf } from '../subject.ts';
import { finish, type InteractionPorts, type OpenInteraction, show } from './interaction.ts';
import { type LoginProblem, loginPage, refusalPage } from './pages.ts';

export interface LoginLimits {
  address: RateLimit;
  account: RateLimit;
}

export function openLoginLimits({ settings, limits }: InteractionPorts): LoginLimits {
  return {
    address: limits.rate('web login by address', settings.loginPerAddress),
    account: limits.rate('web login by account', settings.loginPerAccount),
  };
}

const statusOfProblem = { blank: 422, wrong: 422, tooMany: 429, busy: 503 } as const satisfies Record<
  LoginProblem,
  number
>;

function hintedUid({ interaction }: OpenInteraction): string {
  const hint = interaction.params.login_hint;
  return typeof hint === 'string' ? hint.slice(0, 256) : '';
}

export function showLogin(open: OpenInteraction): void {
  show(open, loginPage(open.page, hintedUid(open), null));
}

function showProblem(open: OpenInteraction, uid: string, problem: LoginProblem): void {
  show(open, loginPage(open.page, uid, problem), statusOfProblem[problem]);
}

/** What was proved, or why not. */
async function prove(
  ports: InteractionPorts,
  open: OpenInteraction,
  uid: string,
  password: string,
): Promise<{ identity: Identity; mustChange: boolean } | LoginProblem> {
  const { ctx, client } = open;
  try {
    return await ports.authenticator.password({
      name: { uid },
      password,
      origin: 'oidc',
      address: ctx.state.address,
      request: ctx.state.request,
      relyingSystem: ports.readModel.systemByCode(client.clientId)?.uuid ?? null,
    });
  } catch (error) {
    if (isOperationError(error, 'invalid_credentials')) return 'wrong';
    if (isOperationError(error, 'rate_limited', 'unavailable')) return 'busy';
    throw error;
  }
}

/** Takes an attempt from both limits; what fails for want of one has Retry-After set to its whole seconds. */
function withinLimits(limits: LoginLimits, open: OpenInteraction, uid: string): boolean {
  const { address } = open.ctx.state;
  // The address first: one that is over its limit must not use up the account's.
  if (!limits.address.take(address)) return tooMany(open, limits.address.retryAfter(address));
  if (limits.account.take(uid.toLowerCase())) return true;
  limits.address.refund(address);
  return tooMany(open, limits.account.retryAfter(uid.toLowerCase()));
}

function tooMany({ ctx }: OpenInteraction, seconds: number): false {
  ctx.set('Retry-After', String(seconds));
  return false;
}

/** Failures alone count: a right password, and one that could not be looked at, give their attempt back. */
function giveBack(limits: LoginLimits, open: OpenInteraction, uid: string): void {
  limits.address.refund(open.ctx.state.address);
  limits.account.refund(uid.toLowerCase());
}

async function begin(
  ports: InteractionPorts,
  open: OpenInteraction,
  account: AccountRecord,
  identity: Identity,
): Promise<void> {
  const subject = subjectOf(account);
  if (subject === undefined) return show(open, refusalPage(open.page, 'notPersonal'), 403);
  await finish(ports, open, {
    login: {
      accountId: subject,
      acr: identity.strength,
      amr: ['pwd'],
      remember: false, // the session ends with the browser; others may sit at this computer next
      ts: Math.floor(ports.clock.now().getTime() / 1000),
    },
  });
  const { address, request } = open.ctx.state;
  const { clientId } = open.client;
  recordAct(ports, { subject, clientId, address, request }, { act: 'session.start', client: clientId });
}

export async function logIn(
  ports: InteractionPorts,
  limits: LoginLimits,
  open: OpenInteraction,
  form: URLSearchParams,
): Promise<void> {
  const uid = (form.get('uid') ?? '').trim().slice(0, 256);
  const password = form.get('password') ?? '';
  if (uid === '' || password === '') return showProblem(open, uid, 'blank');
  if (!withinLimits(limits, open, uid)) return showProblem(open, uid, 'tooMany');
  const proof = await prove(ports, open, uid, password);
  if (proof !== 'wrong') giveBack(limits, open, uid);
  if (proof === 'busy') open.ctx.set('Retry-After', String(retryAfterSeconds));
  if (typeof proof === 'string') return showProblem(open, uid, proof);
  const { identity, mustChange } = proof;
  if (mustChange) return show(open, refusalPage(open.page, 'mustChange'), 403);
  const account = identity.account === null ? undefined : ports.readModel.accountByUuid(identity.account);
  // Gone between the proof and now: as if it had never been.
  if (account === undefined) return showProblem(open, uid, 'wrong');
  await begin(ports, open, account, identity);
}
