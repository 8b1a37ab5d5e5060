// Signing in with user name and password, and the change of a password that must be changed first. Refusals look alike for
// whoever is unknown, locked, leaving or mistyped.
import { z } from 'zod';
import type { Identity } from '../../directory/identity.ts';
import { isOperationError } from '../../errors.ts';
import { answerPage } from '../../http/answer_page.ts';
import { loginName, mostLoginName } from '../../http/form.ts';
import { forgetProblem, rememberedProblem, rememberProblem } from '../../http/last_problem.ts';
import type { LoginLimits } from '../../http/login_limits.ts';
import { type ChangeRefusal, changeByForm, lastChange, statusOfRefusal } from '../../http/password_change.ts';
import { retryAfterSeconds } from '../../http/problem.ts';
import type { AccountRecord } from '../../x500/read_model.ts';
import { recordAct } from '../audit.ts';
import { signedInAt, subjectOf } from '../subject.ts';
import { helpContactOf } from './help_contact.ts';
import { finish, type InteractionPorts, type OpenInteraction } from './interaction.ts';
import { changePage, type LoginProblem, loginPage, loginProblems, refusalPage } from './pages.ts';

const statusOfProblem = { blank: 422, wrong: 422, tooMany: 429, busy: 503 } as const satisfies Record<
  LoginProblem,
  number
>;

/** Remembered of this page: the login form and what went wrong, or the form by which a password is changed. */
const lastLogin = z.object({
  uid: z.string().max(mostLoginName),
  problem: z.enum(loginProblems),
  seconds: z.int().min(0),
});
const lastShown = z.union([lastLogin, lastChange]);
type LastShown = z.infer<typeof lastShown>;

function hintedUid({ interaction }: OpenInteraction): string {
  const hint = interaction.params.login_hint;
  return typeof hint === 'string' ? hint.slice(0, 256) : '';
}

/** What went wrong a moment ago stays when the page is shown again in another language. */
export function showLogin(ports: InteractionPorts, open: OpenInteraction): void {
  answerPage(open.ctx, lastPage(ports, open));
}

function lastPage(ports: InteractionPorts, open: OpenInteraction): string {
  const last = rememberedProblem(open.ctx, lastShown);
  if (last === null) return loginPage(open.page, hintedUid(open), null, 0);
  if ('problem' in last) return loginPage(open.page, last.uid, last.problem, last.seconds);
  // A cookie proves nothing: the page names nobody's department, and the change asks for the password again.
  return changePage(open.page, { ...last, ...forChange(ports, open, undefined) });
}

function showProblem(open: OpenInteraction, uid: string, problem: LoginProblem, seconds = 0): void {
  if (seconds > 0) open.ctx.set('Retry-After', String(seconds));
  rememberProblem(open.ctx, { uid, problem, seconds } satisfies LastShown);
  answerPage(open.ctx, loginPage(open.page, uid, problem, seconds), statusOfProblem[problem]);
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

async function begin(
  ports: InteractionPorts,
  open: OpenInteraction,
  account: AccountRecord,
  identity: Identity,
  provedAt: Date,
): Promise<void> {
  const subject = subjectOf(account);
  if (subject === undefined) {
    const contact = helpContactOf(ports, account, open.page.language);
    return answerPage(open.ctx, refusalPage(open.page, 'notPersonal', contact), 403);
  }
  await finish(ports, open, {
    login: {
      accountId: subject,
      acr: identity.strength,
      amr: ['pwd'],
      remember: false, // the session ends with the browser; others may sit at this computer next
      ts: signedInAt(provedAt, account),
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
  const { address } = open.ctx.state;
  const uid = loginName(form);
  const password = form.get('password') ?? '';
  if (uid === '' || password === '') return showProblem(open, uid, 'blank');
  const wait = limits.take(address, uid);
  if (wait > 0) return showProblem(open, uid, 'tooMany', wait);
  const provedAt = ports.clock.now(); // before the proof: an end that comes during it counts
  const proof = await prove(ports, open, uid, password);
  if (proof !== 'wrong') limits.giveBack(address, uid);
  if (typeof proof === 'string')
    return showProblem(open, uid, proof, proof === 'busy' ? retryAfterSeconds : 0);
  forgetProblem(open.ctx);
  const { identity, mustChange } = proof;
  const account = identity.account === null ? undefined : ports.readModel.accountByUuid(identity.account);
  // Gone between the proof and now: as if it had never been.
  if (account === undefined) return showProblem(open, uid, 'wrong');
  if (mustChange) return showChange(ports, open, account.uid, account, null);
  await begin(ports, open, account, identity, provedAt);
}

/** What the page of a change shows besides the form's own state. */
function forChange(ports: InteractionPorts, open: OpenInteraction, proved: AccountRecord | undefined) {
  return {
    policy: ports.passwords.policyOf(proved?.kind ?? 'personal'),
    contact: helpContactOf(ports, proved, open.page.language),
  };
}

/** Who must change the password does it here and goes on to the system. `proved`: the person proved who they are just now. */
function showChange(
  ports: InteractionPorts,
  open: OpenInteraction,
  uid: string,
  proved: AccountRecord | undefined,
  refused: ChangeRefusal | null,
): void {
  const { policy, contact } = forChange(ports, open, proved);
  const status = refused === null ? 200 : statusOfRefusal(open.ctx, refused);
  rememberProblem(open.ctx, { uid, refused } satisfies LastShown);
  answerPage(open.ctx, changePage(open.page, { uid, policy, refused, contact }), status);
}

export async function changePassword(
  ports: InteractionPorts,
  limits: LoginLimits,
  open: OpenInteraction,
  form: URLSearchParams,
): Promise<void> {
  const { address, request } = open.ctx.state;
  const uid = loginName(form);
  const result = await changeByForm(ports.passwords, limits, { uid, form, origin: 'oidc', address, request });
  if (!result.done) {
    if (result.problem === 'wrong') return showProblem(open, uid, 'wrong');
    // Only a refusal by the policy says that the current password was right: before, nothing is told of the account.
    const account = ports.readModel.accountByUid(uid);
    return showChange(ports, open, uid, result.problem === 'broken' ? account : undefined, result);
  }
  forgetProblem(open.ctx);
  // Whose password was changed, from the instant of the change: whatever ended sessions after it ends this one.
  const { at } = result;
  const account = ports.readModel.accountByUuid(result.account);
  const identity = account && ports.authenticator.current(account.uuid, { at, origin: 'oidc', address });
  if (account === undefined || identity === undefined) return showProblem(open, uid, 'wrong');
  await begin(ports, open, account, identity, at);
}
