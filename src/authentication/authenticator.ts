// The one place where a secret is checked. Refusals look alike and take alike: `invalid_credentials`, always after one
// whole password hash, whether the account is unknown, locked, expired, leaving or the password is wrong. What cannot be
// checked for a reason of ours is never called wrong: it is `rate_limited` or `unavailable`.
import { createHmac } from 'node:crypto';
import type { AuditTrail } from '../audit/event.ts';
import type { Clock } from '../clock.ts';
import type { Identity, Origin } from '../directory/identity.ts';
import { mayAuthenticate } from '../directory/lifecycle.ts';
import { canonicalPassword, maxPasswordOctets } from '../directory/password_policy.ts';
import { OperationError } from '../errors.ts';
import { addressKey } from '../limits/address.ts';
import type { AccountRecord, ReadModel } from '../x500/read_model.ts';
import type { Admission, Admitted } from './admission.ts';
import type { AttemptSubject } from './attempt_ledger.ts';
import { type AttemptedName, countedName } from './counted_name.ts';
import type { FailureGuard } from './failure_guard.ts';
import type { Familiarity } from './familiarity.ts';
import type { GuessingAlarm } from './guessing_alarm.ts';
import { identify } from './identify.ts';
import type { PasswordHasher } from './password.ts';
import type { ProofCache } from './proof_cache.ts';

export interface PasswordAttempt {
  name: AttemptedName;
  password: string;
  origin: Origin;
  address: string | null;
  request: string;
  /** The relying system it comes through (uuid), where one is known. */
  relyingSystem: string | null;
}

export interface Authenticator {
  /**
   * Proves a password. Errors: invalid_credentials (and nothing else for any fault of the asker), rate_limited (too many
   * hashes wait, or too many wrong guesses came from the address), unavailable (the hash or the count cannot be had).
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
  admission: Admission;
  familiarity: Familiarity;
  alarm: GuessingAlarm;
  /** Keys the digests of attempts; lives and dies with the node, and is the same on all its workers. */
  digestKey: Uint8Array;
  audit: AuditTrail;
  clock: Clock;
}

/** Whom an attempt is for. */
interface Target {
  /** What the name opens. */
  account: AccountRecord | undefined;
  /** Whose password is compared and whose attempts are counted: the same, or who has the name where it opens nothing. */
  guessed: AccountRecord | undefined;
}

/** What came of looking at a password. */
interface Judgement {
  proved: boolean;
  /** Too many failures: refused whatever the password. */
  blocked: boolean;
}

/** Longer ones are refused unread: a hash must not be fed megabytes. */
function isUsable(password: string): boolean {
  return password !== '' && Buffer.byteLength(password) <= maxPasswordOctets;
}

/** One a process: all its faces share the attempts under way and the proofs. */
export function createAuthenticator(ports: AuthenticatorPorts): Authenticator {
  const { readModel, hasher, proofs, failures, admission, familiarity, alarm, audit, clock } = ports;
  const underWay = new Map<string, Promise<Judgement>>();

  function refusal(account: AccountRecord | undefined, { proved, blocked }: Judgement): string | null {
    const now = clock.now();
    if (account === undefined) return 'unknown account';
    if (account.password === null) return 'no password is set';
    if (!mayAuthenticate(account.state, account.locked_until, account.expires_at, now))
      return `account is ${account.state}${account.locked_until ? ', locked' : ''}`;
    if (blocked) return 'too many failures';
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

  function targetOf({ name, origin }: PasswordAttempt): Target {
    const named = 'uid' in name ? readModel.accountByUid(name.uid) : readModel.accountByDn(name.dn);
    const guessed = named ?? readModel.accountByUid(countedName(name));
    // Services have no browser: a page that everybody can reach opens none.
    return { account: named?.kind === 'service' && origin === 'oidc' ? undefined : named, guessed };
  }

  /** Equal for equal attempts at one name: no two names share one, whatever is stored for them. */
  function subjectOf({ name, address, password }: PasswordAttempt, { guessed }: Target): AttemptSubject {
    const keyed = (...parts: string[]): string => {
      const hmac = createHmac('sha256', ports.digestKey);
      for (const part of parts) hmac.update(`${Buffer.byteLength(part)}:`).update(part);
      return hmac.digest('base64');
    };
    const from = addressKey(address);
    const given = isUsable(password) ? canonicalPassword(password) : password;
    const owner = guessed?.uuid ?? keyed(countedName(name));
    // A service account is counted by address: nobody locks the mail system out from elsewhere.
    const isAccount = guessed !== undefined && guessed.kind !== 'service';
    return {
      key: guessed?.kind === 'service' ? `${owner} ${from}` : owner,
      isAccount,
      isOpen: refusal(guessed, { proved: true, blocked: false }) === null,
      digest: keyed(owner, guessed?.password?.hash ?? hasher.decoy, given),
      address: from,
    };
  }

  /** Pays one whole hash, whatever is known of the account, and has its outcome counted. */
  async function judge(
    attempt: PasswordAttempt,
    { account, guessed }: Target,
    subject: AttemptSubject,
    { place, excuse }: Admitted,
  ): Promise<Judgement> {
    if (!hasher.hasPlace(place)) {
      throw new OperationError('rate_limited', 'too many passwords are being checked; try again shortly');
    }
    const usable = isUsable(attempt.password);
    const given = usable ? canonicalPassword(attempt.password) : '-';
    const compute = async (): Promise<boolean> =>
      (await hasher.verify(guessed?.password?.hash ?? hasher.decoy, given, place)) && usable;
    // The system's own machine is never held to the count of strangers' guesses.
    if (guessed?.kind === 'service' && place.class === 'pair')
      return { proved: await compute(), blocked: false };
    const verdict = await failures.begin(subject);
    if (verdict === 'busy')
      throw new OperationError('rate_limited', 'too many attempts at this name; try again shortly');
    let proved: boolean;
    try {
      proved = await compute();
    } catch (error) {
      await failures.end(subject, 'none');
      throw error;
    }
    // At a closed account every password is wrong, as at an unknown name: the count must not tell them apart.
    const judged = proved && subject.isOpen && account !== undefined ? 'right' : 'wrong';
    const outcome = verdict === 'refuse' ? 'none' : judged;
    const { blocked, counted, repeated } = await failures.end(subject, outcome);
    if (outcome === 'right') excuse('right');
    else if (repeated) excuse('repeated');
    if (verdict === 'refuse') return { proved: false, blocked: true };
    if (counted && subject.isOpen && account?.kind === 'service') alarm.guessed(account, attempt);
    return { proved, blocked };
  }

  /** Equal attempts under way from one address are one: a mail server opening eight connections at once. */
  function judgeOnce(attempt: PasswordAttempt, target: Target, subject: AttemptSubject): Promise<Judgement> {
    const account = target.guessed ?? null;
    const key = `${subject.digest} ${subject.address}`;
    const running = underWay.get(key);
    if (running !== undefined) {
      admission.join(attempt.address, account);
      return running;
    }
    const admitted = admission.enter(attempt.address, account);
    const started = judge(attempt, target, subject, admitted)
      .catch((error: unknown) => {
        admitted.excuse('unseen');
        throw error;
      })
      .finally(() => {
        underWay.delete(key);
        admitted.leave();
      });
    underWay.set(key, started);
    return started;
  }

  return {
    async password(attempt) {
      const target = targetOf(attempt);
      const { account } = target;
      const subject = subjectOf(attempt, target);
      // A fresh proof spares the hash only where the right password opens: a swift refusal would tell who guesses on
      // through a lock. And only where the account has succeeded before: an address whose guesses are refused unread would
      // otherwise learn by its first success which of them was right.
      const opens =
        account !== undefined &&
        subject.isOpen &&
        familiarity.knowsPair(attempt.address, account) &&
        !mustChange(account);
      const isFresh = opens && proofs.has(account.uuid, subject.digest);
      const judgement = isFresh
        ? { proved: true, blocked: false }
        : await judgeOnce(attempt, target, subject);
      const reason = refusal(account, judgement);
      record(attempt, account, reason);
      if (reason !== null || account === undefined)
        throw new OperationError('invalid_credentials', 'the name or the password is wrong', {
          cause: reason,
        });
      if (!isFresh) proofs.add(account.uuid, subject.digest);
      const { origin, address, relyingSystem } = attempt;
      familiarity.succeeded(address, account);
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
