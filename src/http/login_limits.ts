// Failed attempts to prove a password over the web, counted by address, and by login name as seen from the address, for
// every page that asks for one. By the name alone, anybody could hold its owner's sign-in back from anywhere; what all
// addresses together may guess at one name is counted where passwords are judged (authentication/attempt_ledger.ts).
import { addressKey } from '../limits/address.ts';
import type { Limits, RateRule } from '../limits/limits.ts';

export interface LoginLimits {
  /** Takes an attempt from both; 0 when it may go on, else the seconds to wait. */
  take(address: string, uid: string): number;
  /** Gives it back: the password was right, or was not looked at. */
  giveBack(address: string, uid: string): void;
}

export interface LoginRates {
  loginPerAddress: RateRule;
  /** Of one login name from one address. */
  loginPerName: RateRule;
}

export function openLoginLimits(limits: Limits, rates: LoginRates): LoginLimits {
  const byAddress = limits.rate('web login by address', rates.loginPerAddress);
  const byName = limits.rate('web login by name', rates.loginPerName);
  const nameAt = (address: string, uid: string) => `${addressKey(address)} ${uid.toLowerCase()}`;
  return {
    take(address, uid) {
      // The address first: one that is over its limit must not use up the name's.
      if (!byAddress.take(address)) return byAddress.retryAfter(address);
      const name = nameAt(address, uid);
      if (byName.take(name)) return 0;
      byAddress.refund(address);
      return byName.retryAfter(name);
    },
    giveBack(address, uid) {
      byAddress.refund(address);
      byName.refund(nameAt(address, uid));
    },
  };
}
