// The one place where a secret is checked. Refusals look alike and take alike: `invalid_credentials`, always after one
// whole password hash, whether the account is unknown, locked, expired, leaving or the password is wrong.
import type { Identity, Origin } from '../directory/identity.ts';

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
   * rate_limited (too many hashes waiting), unavailable.
   */
  password(attempt: PasswordAttempt): Promise<{ identity: Identity; mustChange: boolean }>;
  /**
   * The identity of an account proved earlier (a session, a token), as of now; undefined when the account may not
   * authenticate any more or what was proved at `provedAt` counts no more.
   */
  current(
    account: string,
    proved: { at: Date; origin: Origin; address: string | null },
  ): Identity | undefined;
}
