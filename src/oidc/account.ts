// The library's view of a person (findAccount). It asks at every authorization, token, refresh and userinfo request, so
// that whoever may not authenticate any more has nothing from the moment the replica knows.
import type { Account, Client, KoaContextWithOIDC } from 'oidc-provider';
import type { Authenticator } from '../authentication/authenticator.ts';
import { type AdmissionRules, barrierTo } from '../directory/admission.ts';
import type { Strength } from '../directory/identity.ts';
import type { AccountRecord } from '../x500/read_model.ts';
import { claimsOf } from './claims.ts';
import type { SignOnModel } from './ports.ts';
import { accountOfSubject, issuedAt, strengthOf } from './subject.ts';

export interface AccountPorts {
  readModel: SignOnModel;
  authenticator: Pick<Authenticator, 'current'>;
  settings: AdmissionRules;
}

/** What a code, a token or a session tells of the proof it came from. */
export interface ProofSource {
  authTime?: number | undefined;
  iat?: number | undefined;
  acr?: string | undefined;
  extra?: Record<string, unknown> | undefined;
}

/** The instant of a sign-in, noted in whole seconds by signedInAt(). */
export function signInInstant(seconds: number | undefined): Date | undefined {
  return seconds === undefined ? undefined : new Date(seconds * 1000);
}

/** Of a code or token: the sign-in behind it, or where it does not tell, its issue. */
export function proofInstant({ authTime, iat }: ProofSource): Date | undefined {
  return signInInstant(authTime) ?? (iat === undefined ? undefined : issuedAt(iat));
}

/** The account, while what was proved at that instant still counts; nothing does under a password that somebody else set. */
export function currentAccount(
  ports: AccountPorts,
  subject: string,
  at: Date | undefined,
  address: string | null,
): AccountRecord | undefined {
  const account = accountOfSubject(ports.readModel, subject);
  if (account === undefined || at === undefined || account.password?.must_change === true) return undefined;
  const proof = { at, origin: 'oidc' as const, address };
  return ports.authenticator.current(account.uuid, proof) === undefined ? undefined : account;
}

/** What a token's or code's proof was; a token holds it among what introspection tells besides. */
export function strengthOfSource(source: ProofSource): Strength {
  return strengthOf(source.acr ?? source.extra?.acr);
}

/** Whether a token of the client, from a proof of this strength, is still worth something. */
export function isAdmitted(
  ports: AccountPorts,
  clientId: string | undefined,
  account: AccountRecord,
  strength: Strength,
): boolean {
  const system = clientId === undefined ? undefined : ports.readModel.systemByCode(clientId);
  return system !== undefined && barrierTo(system, account, strength, ports.settings) === null;
}

function registeredScopes(client: Client | undefined): string[] {
  return client?.scope?.split(' ') ?? [];
}

/** `source` is the code or token in use; without one the person's session is. */
export function findAccount(
  ports: AccountPorts,
  ctx: KoaContextWithOIDC,
  subject: string,
  source: ProofSource | undefined,
): Account | undefined {
  const session = ctx.oidc.session;
  const proven = source === undefined ? signInInstant(session?.loginTs) : proofInstant(source);
  const account = currentAccount(ports, subject, proven, ctx.state.address ?? null);
  if (account === undefined) return undefined;
  const client = ctx.oidc.client;
  const system = client === undefined ? undefined : ports.readModel.systemByCode(client.clientId);
  const strength = source === undefined ? strengthOf(session?.acr) : strengthOfSource(source);
  // Who is not admitted keeps the session and is told so on a page (policy.ts); a token is worth nothing.
  if (source !== undefined && !isAdmitted(ports, client?.clientId, account, strength)) return undefined;
  return {
    accountId: subject,
    claims: (_use, scope) => ({
      ...claimsOf(
        ports.readModel,
        { account, system, strength },
        { registered: registeredScopes(client), granted: scope.split(' ') },
      ),
      sub: subject,
    }),
  };
}
