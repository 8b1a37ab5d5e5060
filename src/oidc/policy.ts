// When a person is asked something: the library's own prompts (login, consent) with our conditions, and `admission`,
// which tells someone who is signed in that this system is not for them.
import { interactionPolicy, type KoaContextWithOIDC } from 'oidc-provider';
import { isFirstParty } from './clients.ts';
import { lifetimes, type SignOnModel } from './ports.ts';
import { accountOfSubject, isInPopulation } from './subject.ts';

const { Check, Prompt, base } = interactionPolicy;

/** A session whose account left, was suspended or withdrawn since: signing in again decides. */
const accountIsCurrent = new Check(
  'account_current',
  'End-User authentication counts no more',
  'login_required',
  ({ oidc }) => oidc.session?.accountId !== undefined && oidc.account === undefined,
);

const sessionAge = new Check(
  'session_age',
  'End-User authentication is too old',
  'login_required',
  ({ oidc }) =>
    oidc.session?.accountId !== undefined &&
    oidc.result?.login === undefined &&
    oidc.session.past(lifetimes.sessionAbsolute),
);

/** `prompt=consent`, which relying parties send for offline_access: the government consented for its own systems. */
const consentRequested = new Check(
  'consent_prompt',
  'consent prompt was not resolved',
  'consent_required',
  ({ oidc }) => oidc.promptPending('consent') && !(oidc.client !== undefined && isFirstParty(oidc.client)),
);

function isAdmitted(readModel: SignOnModel, { oidc }: KoaContextWithOIDC): boolean {
  const system = oidc.client === undefined ? undefined : readModel.systemByCode(oidc.client.clientId);
  const account =
    oidc.session?.accountId === undefined ? undefined : accountOfSubject(readModel, oidc.session.accountId);
  return system !== undefined && account !== undefined && isInPopulation(system, account);
}

export function createPolicy(readModel: SignOnModel): interactionPolicy.DefaultPolicy {
  const policy = base();
  const login = policy.get('login');
  const consent = policy.get('consent');
  if (login === undefined || consent === undefined) throw new Error('oidc-provider has no login and consent');
  login.checks.add(accountIsCurrent);
  login.checks.add(sessionAge);
  consent.checks.remove('consent_prompt');
  consent.checks.add(consentRequested);
  // Between the two: who is not admitted is not asked for consent.
  const admission = new Check(
    'population',
    'this system is not for the End-User',
    'access_denied',
    (ctx) => !isAdmitted(readModel, ctx),
  );
  policy.add(new Prompt({ name: 'admission', requestable: false }, admission), 1);
  return policy;
}
