// Whether a password is looked at at all: what an address may cost in hashes at once and in wrong guesses. Decided before
// a hash is queued, from the address and from what succeeded before, never from whether the named account exists.
import { OperationError } from '../errors.ts';
import type { Limits, RateLimit, RateRule } from '../limits/limits.ts';
import type { Familiarity, KnownAccount } from './familiarity.ts';
import type { HashClass, HashPlace } from './hash_queue.ts';

export interface AdmissionRules {
  /** Passwords of one address being checked at once, on all workers of the node. */
  hashesAtOnce: { stranger: number; known: number };
  /** Wrong guesses of one address. Whole bureaux may sign in from one known address. */
  guesses: { stranger: RateRule; known: RateRule };
}

/**
 * Why an attempt was no wrong guess: it was right; it was wrong, and sent before, as by a client that keeps a stale
 * password; there was no place for it, or no answer.
 */
export type Excuse = 'right' | 'repeated' | 'unseen';

/** An attempt that may go on. */
export interface Admitted {
  place: HashPlace;
  /** Gives its guess back to the address; of repeated ones a few a minute. */
  excuse(why: Excuse): void;
  /** The attempt is over. */
  leave(): void;
}

export interface Admission {
  /** `account`: the named one, when it exists. Error: rate_limited. */
  enter(address: string | null, account: KnownAccount | null): Admitted;
  /** For an attempt that is equal to one under way, and shares its hash. Error: rate_limited. */
  join(address: string | null, account: KnownAccount | null): void;
}

/** Guesses after which a stranger's attempts wait behind those of other strangers. */
const cleanGuesses: RateRule = { burst: 2, perMinute: 0.2 };
/** What any attempt takes of them: whoever tries all the time waits behind others, whatever becomes of it. */
const cleanAttempt = 0.2;
const cleanExcused = { right: 1, repeated: 0, unseen: 1 - cleanAttempt } as const satisfies Record<
  Excuse,
  number
>;
/** Wrong attempts that an address sent before, and that are not charged as guesses. */
const repeats = {
  stranger: { burst: 8, perMinute: 2 },
  known: { burst: 100, perMinute: 60 },
} as const satisfies AdmissionRules['guesses'];
/** Attempts that share a hash: they cost an answer and a count. Mail servers open hundreds of connections at once. */
const sharedHashes = {
  stranger: { burst: 300, perMinute: 60 },
  known: { burst: 3_000, perMinute: 3_000 },
} as const satisfies AdmissionRules['guesses'];

export function createAdmission(limits: Limits, familiarity: Familiarity, rules: AdmissionRules): Admission {
  const hashes = {
    stranger: limits.level('password hashes', rules.hashesAtOnce.stranger),
    known: limits.level('password hashes of known addresses', rules.hashesAtOnce.known),
  };
  const guesses = {
    stranger: limits.rate('password guesses', rules.guesses.stranger),
    known: limits.rate('password guesses of known addresses', rules.guesses.known),
  };
  const shared = {
    stranger: limits.rate('attempts that share a hash', sharedHashes.stranger),
    known: limits.rate('attempts of known addresses that share a hash', sharedHashes.known),
  };
  const repeated = {
    stranger: limits.rate('repeated passwords', repeats.stranger),
    known: limits.rate('repeated passwords of known addresses', repeats.known),
  };
  const clean = limits.rate('first password guesses', cleanGuesses);

  function classOf(address: string | null, account: KnownAccount | null): HashClass {
    if (account !== null && familiarity.knowsPair(address, account)) return 'pair';
    if (familiarity.knowsAddress(address)) return 'address';
    return clean.allows(address) ? 'clean' : 'failing';
  }

  const shareOf = (name: HashClass): 'known' | 'stranger' =>
    name === 'pair' || name === 'address' ? 'known' : 'stranger';

  return {
    join(address, account) {
      const name = classOf(address, account);
      const share = shareOf(name);
      const rate = shared[share];
      if (share === 'stranger') clean.charge(address, cleanAttempt);
      if (name === 'pair' || rate.take(address)) return;
      throw new OperationError(
        'rate_limited',
        `too many equal attempts from this address; try again in ${rate.retryAfter(address)} seconds`,
      );
    },

    enter(address, account) {
      const place: HashPlace = { class: classOf(address, account), address };
      const share = shareOf(place.class);
      // Somebody else's guesses behind the same address must not keep out whom it knows.
      const rates: RateLimit[] = place.class === 'pair' ? [] : [guesses[share]];
      if (share === 'stranger') rates.push(clean);
      if (rates.length > 0 && !guesses[share].allows(address)) {
        throw new OperationError(
          'rate_limited',
          `too many wrong passwords from this address; try again in ${guesses[share].retryAfter(address)} seconds`,
        );
      }
      const leave = hashes[share].enter(address);
      if (leave === null) {
        throw new OperationError(
          'rate_limited',
          'too many passwords of this address are being checked; try again shortly',
        );
      }
      for (const rate of rates) rate.charge(address, 1);
      return {
        place,
        excuse(why) {
          if (rates.includes(clean)) clean.refund(address, cleanExcused[why]);
          if (!rates.includes(guesses[share])) return;
          if (why !== 'repeated' || repeated[share].take(address)) guesses[share].refund(address, 1);
        },
        leave,
      };
    },
  };
}
