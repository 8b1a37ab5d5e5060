// When a person is asked something: the library's own prompts (login, consent) with our conditions, and `admission`,
// which tells someone who is signed in that this system is not for them.
import { interactionPolicy, type KoaContextWithOIDC } from 'oidc-provider';
import { type AdmissionRules, type Barrier, barriers, barrierTo } from '../directory/admission.ts';
import { lifetimes, type SignOnModel } from './ports.ts';
import { accountOfSubject, strengthOf } from './subject.ts';

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

/** What relying parties are told of each barrier; the person reads a page (interactions/steps.ts). */
export const barrierTexts = {
  population: 'this system is not for the End-User',
  clearance: 'the clearance of the End-User is below what this system requires',
  strength: 'this system requires a stronger proof of identity than the End-User gave',
} as const satisfies Record<Barrier, string>;

function barrierOf(ports: PolicyPorts, { oidc }: KoaContextWithOIDC): Barrier | null {
  const { session } = oidc;
  const system = oidc.client === undefined ? undefined : ports.readModel.systemByCode(oidc.client.clientId);
  const account =
    session?.accountId === undefined ? undefined : accountOfSubject(ports.readModel, session.accountId);
  if (system === undefined || account === undefined) return 'population';
  return barrierTo(system, account, strengthOf(session?.acr), ports.settings);
}

export interface PolicyPorts {
  readModel: SignOnModel;
  settings: AdmissionRules;
}

export function createPolicy(ports: PolicyPorts): interactionPolicy.DefaultPolicy {
  const policy = base();
  const login = policy.get('login');
  if (login === undefined) throw new Error('oidc-provider has no login prompt');
  login.checks.add(accountIsCurrent);
  login.checks.add(sessionAge);
  // Between the two: who is not admitted is not asked for consent.
  const checks = barriers.map(
    (barrier) =>
      new Check(barrier, barrierTexts[barrier], 'access_denied', (ctx) => barrierOf(ports, ctx) === barrier),
  );
  policy.add(new Prompt({ name: 'admission', requestable: false }, ...checks), 1);
  return policy;
}
