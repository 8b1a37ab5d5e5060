// Failed attempts to prove a password over the web, counted by address and by login name, for every page that asks for one.
import type { Limits, RateRule } from '../limits/limits.ts';

export interface LoginLimits {
  /** Takes an attempt from both; 0 when it may go on, else the seconds to wait. */
  take(address: string, uid: string): number;
  /** Gives it back: the password was right, or was not looked at. */
  giveBack(address: string, uid: string): void;
}

export interface LoginRates {
  loginPerAddress: RateRule;
  loginPerAccount: RateRule;
}

export function openLoginLimits(limits: Limits, rates: LoginRates): LoginLimits {
  const byAddress = limits.rate('web login by address', rates.loginPerAddress);
  const byAccount = limits.rate('web login by account', rates.loginPerAccount);
  return {
    take(address, uid) {
      // The address first: one that is over its limit must not use up the account's.
      if (!byAddress.take(address)) return byAddress.retryAfter(address);
      if (byAccount.take(uid.toLowerCase())) return 0;
      byAddress.refund(address);
      return byAccount.retryAfter(uid.toLowerCase());
    },
    giveBack(address, uid) {
      byAddress.refund(address);
      byAccount.refund(uid.toLowerCase());
    },
  };
}
