// Passwords proved a moment ago, so that a mail server that binds the same account for every message pays the whole
// hash once. Holds only HMACs under a key that lives and dies with the process; an entry falls with the stored hash.
import { createHmac, randomBytes } from 'node:crypto';
import type { Clock } from '../clock.ts';

export interface ProofCache {
  /** The cache's name for (stored hash, password); reveals neither. */
  keyOf(storedHash: string, password: string): string;
  has(key: string): boolean;
  add(key: string): void;
}

export function createProofCache(clock: Clock, limits: { entries: number; seconds: number }): ProofCache {
  const secret = randomBytes(32);
  const provedAt = new Map<string, number>();
  return {
    keyOf: (storedHash, password) =>
      createHmac('sha256', secret).update(storedHash).update('\0').update(password).digest('base64'),
    has(key) {
      const at = provedAt.get(key);
      return at !== undefined && clock.elapsed() - at < limits.seconds * 1000;
    },
    add(key) {
      provedAt.delete(key);
      provedAt.set(key, clock.elapsed());
      if (provedAt.size <= limits.entries) return;
      const oldest = provedAt.keys().next();
      if (!oldest.done) provedAt.delete(oldest.value);
    },
  };
}
