// The one place where a secret is checked. Refusals look alike and take alike: `invalid_credentials`, always after one
// whole password hash, whether the account is unknown, locked, expired, leaving or the password is wrong.
import type { AuditTrail } from '../audit/event.ts';
import type { Clock } from '../clock.ts';
import type { Identity, Origin } from '../directory/identity.ts';
import { mayAuthenticate } from '../directory/lifecycle.ts';
import { canonicalPassword, maxPasswordOctets } from '../directory/password_policy.ts';
import { OperationError } from '../errors.ts';
import type { AccountRecord, ReadModel } from '../x500/read_model.ts';
import type { FailureGuard } from './failure_guard.ts';
import { identify } from './identify.ts';
import type { PasswordHasher } from './password.ts';
import type { ProofCache } from './proof_cache.ts';

export interface PasswordAttempt {
  /** What the client named: a login name, or the DN of an entry. */
  name: { uid: string } | { dn: string };
  password: string;
  origin: Origin;
  address: string | null;
  request: string;
  /** The relying system it comes through (uuid), where one is known. */
  relyingSystem: string | null;
}

export interface Authenticator {
  /**
   * Proves a password. Errors: invalid_credentials (and nothing else for any fault of the asker),
   * rate_limited (too many hashes waiting).
   */
  password(attempt: PasswordAttempt): Promise<{
    identity: Identity;
    /** Somebody else set the password, or it is too old: it opens nothing until it is changed. */
    mustChange: boolean;
  }>;
  /**
   * The identity of an account proved earlier (a session, a token), as of now; undefined when the account may not
   * authenticate any more or what was proved at `proved.at` counts no more.
   */
  current(
    account: string,
    proved: { at: Date; origin: Origin; address: string | null },
  ): Identity | undefined;
}

export interface AuthenticatorPorts {
  readModel: Pick<ReadModel, 'accountByUid' | 'accountByDn' | 'accountByUuid'>;
  hasher: PasswordHasher;
  proofs: ProofCache;
  failures: FailureGuard;
  audit: AuditTrail;
  clock: Clock;
}

/** One a process: all its faces share the attempts under way and the proofs. */
export function createAuthenticator(ports: AuthenticatorPorts): Authenticator {
  const { readModel, hasher, proofs, failures, audit, clock } = ports;
  const underWay = new Map<string, Promise<boolean>>();

  // Equal attempts under way share one hash: a mail server opening eight connections at once counts as one attempt.
  function verify(storedHash: string, password: string, mayBeFresh: boolean): Promise<boolean> {
    const key = proofs.keyOf(storedHash, password);
    if (mayBeFresh && proofs.has(key)) return Promise.resolve(true);
    const running = underWay.get(key);
    if (running !== undefined) return running;
    const started = hasher
      .verify(storedHash, password)
      .then((proved) => {
        if (proved) proofs.add(key);
        return proved;
      })
      .finally(() => underWay.delete(key));
    underWay.set(key, started);
    return started;
  }

  function refusal(account: AccountRecord | undefined, proved: boolean): string | null {
    const now = clock.now();
    if (account === undefined) return 'unknown account';
    if (account.password === null) return 'no password is set';
    if (!mayAuthenticate(account.state, account.locked_until, account.expires_at, now))
      return `account is ${account.state}${account.locked_until ? ', locked' : ''}`;
    if (failures.blocked(account.uuid)) return 'too many failures';
    if (!proved) return 'wrong password';
    return null;
  }

  /** Set by somebody else, or too old: it proves who asks, and opens nothing but its own change. */
  function mustChange(account: AccountRecord | undefined): boolean {
    const password = account?.password ?? null;
    if (password === null) return false;
    return password.must_change || (password.expires_at !== null && password.expires_at <= clock.now());
  }

  function record(attempt: PasswordAttempt, account: AccountRecord | undefined, reason: string | null): void {
    audit.record({
      at: clock.now(),
      origin: attempt.origin,
      address: attempt.address,
      account: account?.uuid ?? null,
      uid: account?.uid ?? null,
      relying_system: account?.relying_system ?? attempt.relyingSystem,
      request: attempt.request,
      act:
        reason === null
          ? { act: 'authentication.success', method: 'password' }
          : { act: 'authentication.failure', method: 'password', uid: account?.uid ?? null, reason },
    });
  }

  /** Services have no browser: guesses on a page that everybody can reach must not lock the mail system out. */
  function named({ name, origin }: PasswordAttempt): AccountRecord | undefined {
    const account = 'uid' in name ? readModel.accountByUid(name.uid) : readModel.accountByDn(name.dn);
    return account?.kind === 'service' && origin === 'oidc' ? undefined : account;
  }

  return {
    async password(attempt) {
      const account = named(attempt);
      const usable = attempt.password !== '' && Buffer.byteLength(attempt.password) <= maxPasswordOctets;
      // The hash is always paid, before anything is known of the account, so that time tells nothing. A fresh proof
      // spares it only where the right password opens: a swift refusal would tell who guesses on through a lock.
      const opens = refusal(account, true) === null && !mustChange(account);
      const hash = account?.password?.hash ?? hasher.decoy;
      const proved = await verify(hash, usable ? canonicalPassword(attempt.password) : '-', opens);
      const reason = refusal(account, proved && usable);
      record(attempt, account, reason);
      if (reason !== null || account === undefined) {
        if (account !== undefined && reason === 'wrong password') failures.failed(account.uuid);
        throw new OperationError('invalid_credentials', 'the name or the password is wrong', {
          cause: reason,
        });
      }
      failures.succeeded(account.uuid);
      const { origin, address, relyingSystem } = attempt;
      return {
        identity: identify(account, { strength: 'password', origin, address, relyingSystem }),
        mustChange: mustChange(account),
      };
    },

    current(uuid, proved) {
      const account = readModel.accountByUuid(uuid);
      if (account === undefined) return undefined;
      // A lock after wrong passwords passes by itself: a stranger's guesses must not end what its owner proved.
      if (!mayAuthenticate(account.state, null, account.expires_at, clock.now())) return undefined;
      if (proved.at < account.sessions_valid_from) return undefined;
      const { origin, address } = proved;
      return identify(account, { strength: 'password', origin, address, relyingSystem: null });
    },
  };
}
