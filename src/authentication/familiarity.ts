// Who succeeded lately: addresses, and accounts from an address. They keep their share of the hash threads while strangers
// guess. Known to every worker of the node through `tell`; forgotten when the node restarts.
import type { Clock } from '../clock.ts';
import { addressKey, hostKey } from '../limits/address.ts';
import { putLast } from '../limits/last_used.ts';
import type { AccountRecord } from '../x500/read_model.ts';

/** A success, as told to the other workers. */
export interface Acquaintance {
  /** Key of the asker's address. */
  address: string;
  account: string;
}

export type KnownAccount = Pick<AccountRecord, 'uuid' | 'kind'>;

export interface Familiarity {
  knowsAddress(address: string | null): boolean;
  /** True when this account succeeded lately from this address; a system's, from this very host. */
  knowsPair(address: string | null, account: KnownAccount): boolean;
  succeeded(address: string | null, account: KnownAccount): void;
  /** What another worker tells. */
  hear(acquaintance: Acquaintance): void;
  /** Those of last, for a worker that starts. */
  latest(): Acquaintance[];
}

/** A working day and the next morning's first sign-on. */
const lastsMs = 24 * 3600 * 1000;
/** A success is told and noted again after this at the earliest: a mail server binds thousands of times a second. */
const freshMs = 10 * 60 * 1000;
/** Kept at most; the one unused longest is forgotten first. */
const most = 200_000;
const mostTold = 20_000;

class Lately {
  readonly #clock: Clock;
  readonly #at = new Map<string, number>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  has(key: string, withinMs: number): boolean {
    const at = this.#at.get(key);
    return at !== undefined && this.#clock.elapsed() - at < withinMs;
  }

  keys(): string[] {
    return [...this.#at.keys()];
  }

  add(key: string): void {
    putLast(this.#at, key, this.#clock.elapsed(), most);
  }
}

export function createFamiliarity(clock: Clock, tell: (acquaintance: Acquaintance) => void): Familiarity {
  const addresses = new Lately(clock);
  const pairs = new Lately(clock);
  const pairKey = ({ address, account }: Acquaintance): string => `${account} ${address}`;
  // The host of a system is trusted with more than its network: its attempts are not counted.
  const acquaint = (address: string | null, { uuid, kind }: KnownAccount): Acquaintance => ({
    address: kind === 'service' ? hostKey(address) : addressKey(address),
    account: uuid,
  });
  const note = (acquaintance: Acquaintance): void => {
    addresses.add(addressKey(acquaintance.address));
    pairs.add(pairKey(acquaintance));
  };
  return {
    knowsAddress: (address) => addresses.has(addressKey(address), lastsMs),
    knowsPair: (address, account) => pairs.has(pairKey(acquaint(address, account)), lastsMs),
    succeeded(address, account) {
      const acquaintance = acquaint(address, account);
      if (pairs.has(pairKey(acquaintance), freshMs)) return;
      note(acquaintance);
      tell(acquaintance);
    },
    hear: note,
    latest: () =>
      pairs
        .keys()
        .slice(-mostTold)
        .map((key) => {
          const [account = '', address = ''] = key.split(' ');
          return { account, address };
        }),
  };
}
