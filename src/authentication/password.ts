// Password hashes: argon2id in PHC form (RFC 9106). At most a bounded number wait for the hash threads, so that a
// flood of guesses cannot exhaust memory or starve everyone; the rest are told to come back.
import { hash, verify } from '@node-rs/argon2';
import { OperationError } from '../errors.ts';

export interface PasswordHasher {
  /** PHC string of a new password. */
  hash(password: string): Promise<string>;
  /** True when the password made the hash. A hash that does not parse matches nothing. Error: rate_limited. */
  verify(storedHash: string, password: string): Promise<boolean>;
  /** A hash that no password is known for, of the same cost: verified where there is no account to verify. */
  readonly decoy: string;
}

export interface HashCost {
  memoryKib: number;
  passes: number;
  /** Hashes waiting or under way at most. */
  maxWaiting: number;
}

// A salt and a digest that nothing was hashed to: verifying against it costs a whole hash and always fails.
function decoyOf(cost: HashCost): string {
  return `$argon2id$v=19$m=${cost.memoryKib},t=${cost.passes},p=1$${'A'.repeat(22)}$${'A'.repeat(43)}`;
}

/** argon2id (RFC 9106) at this cost. Error of each call: rate_limited, when `maxWaiting` hashes are under way. */
export function createPasswordHasher(cost: HashCost): PasswordHasher {
  let waiting = 0;
  async function bounded<T>(work: () => Promise<T>): Promise<T> {
    if (waiting >= cost.maxWaiting)
      throw new OperationError('rate_limited', 'too many passwords are being checked; try again shortly');
    waiting += 1;
    try {
      return await work();
    } finally {
      waiting -= 1;
    }
  }
  return {
    decoy: decoyOf(cost),
    hash: (password) =>
      bounded(() => hash(password, { memoryCost: cost.memoryKib, timeCost: cost.passes, parallelism: 1 })),
    verify: (storedHash, password) =>
      // A stored hash of unknown form is a fault of the import that wrote it; to the asker it is a wrong password.
      bounded(() => verify(storedHash, password).catch(() => false)),
  };
}
