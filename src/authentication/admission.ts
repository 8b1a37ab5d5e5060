// Whether a password is looked at at all: what an address may cost in hashes at once and in wrong guesses. Decided before
// a hash is queued, from the address and from what succeeded before, never from whether the named account exists.
import { OperationError } from '../errors.ts';
import type { Limits, RateLimit, RateRule } from '../limits/limits.ts';
import type { Familiarity } from './familiarity.ts';
import type { HashClass, HashPlace } from './hash_queue.ts';

export interface AdmissionRules {
  /** Passwords of one address being checked at once, on all workers of the node. */
  hashesAtOnce: { stranger: number; known: number };
  /** Wrong guesses of one address. Whole bureaux may sign in from one known address. */
  guesses: { stranger: RateRule; known: RateRule };
}

/** An attempt that may go on. */
export interface Admitted {
  place: HashPlace;
  /** The attempt was no new wrong guess: it costs its address nothing. */
  refund(): void;
  /** The attempt is over. */
  leave(): void;
}

export interface Admission {
  /** `account`: the named one, when it exists. Error: rate_limited. */
  enter(address: string | null, account: string | null): Admitted;
}

/** Guesses after which a stranger's attempts wait behind those of other strangers. */
const cleanGuesses: RateRule = { burst: 2, perMinute: 0.2 };

export function createAdmission(limits: Limits, familiarity: Familiarity, rules: AdmissionRules): Admission {
  const hashes = {
    stranger: limits.level('password hashes', rules.hashesAtOnce.stranger),
    known: limits.level('password hashes of known addresses', rules.hashesAtOnce.known),
  };
  const guesses = {
    stranger: limits.rate('password guesses', rules.guesses.stranger),
    known: limits.rate('password guesses of known addresses', rules.guesses.known),
  };
  const clean = limits.rate('first password guesses', cleanGuesses);

  function classOf(address: string | null, account: string | null): HashClass {
    if (account !== null && familiarity.knowsPair(address, account)) return 'pair';
    if (familiarity.knowsAddress(address)) return 'address';
    return clean.allows(address) ? 'clean' : 'failing';
  }

  return {
    enter(address, account) {
      const place: HashPlace = { class: classOf(address, account), address };
      const share = place.class === 'pair' || place.class === 'address' ? 'known' : 'stranger';
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
        refund: () => {
          for (const rate of rates) rate.refund(address, 1);
        },
        leave,
      };
    },
  };
}
