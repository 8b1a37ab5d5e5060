// Passwords proved a moment ago, so that a mail server that binds the same account for every message pays the whole
// hash once. Holds only keyed digests; an entry falls with the stored hash that its digest is made of, with the account
// when it is forgotten, and with time.
import type { Clock } from '../clock.ts';

export interface ProofCache {
  has(account: string, digest: string): boolean;
  add(account: string, digest: string): void;
  /** Nothing proved earlier counts any more: somebody guesses at the account. */
  forget(account: string): void;
}

export function createProofCache(clock: Clock, limits: { entries: number; seconds: number }): ProofCache {
  const accounts = new Map<string, Map<string, number>>();
  let entries = 0;

  function drop(account: string, digest: string): void {
    const proofs = accounts.get(account);
    if (proofs?.delete(digest)) entries -= 1;
    if (proofs?.size === 0) accounts.delete(account);
  }

  return {
    has(account, digest) {
      const at = accounts.get(account)?.get(digest);
      return at !== undefined && clock.elapsed() - at < limits.seconds * 1000;
    },
    add(account, digest) {
      drop(account, digest);
      const proofs = accounts.get(account) ?? new Map<string, number>();
      accounts.delete(account); // set again, so that the map stays in order of the last proof
      accounts.set(account, proofs.set(digest, clock.elapsed()));
      entries += 1;
      if (entries <= limits.entries) return;
      const [[oldest, proofsOfOldest] = []] = accounts;
      const [proof] = proofsOfOldest?.keys() ?? [];
      if (oldest !== undefined && proof !== undefined) drop(oldest, proof);
    },
    forget(account) {
      entries -= accounts.get(account)?.size ?? 0;
      accounts.delete(account);
    },
  };
}
