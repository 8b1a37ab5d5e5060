// Token buckets in memory, one a key (an address, a login name). Each worker keeps its own: with N workers a client that
// spreads its connections gets up to N times the rate. Memory is bounded: the key unused longest gives way.
import type { Clock } from '../clock.ts';

export interface Rate {
  burst: number; // tokens of a full bucket
  perMinute: number; // tokens that flow back
}

interface Bucket {
  tokens: number;
  at: number; // elapsed milliseconds of the last refill
}

export interface RateLimit {
  /** Takes one token; false when the bucket is empty. */
  take(key: string): boolean;
  /** Whole seconds until a token is there again. */
  retryAfter(key: string): number;
}

export function openRateLimit(rate: Rate, clock: Clock, maxKeys = 50_000): RateLimit {
  const buckets = new Map<string, Bucket>();
  const perMillisecond = rate.perMinute / 60_000;

  function refilled(key: string): Bucket {
    const now = clock.elapsed();
    const bucket = buckets.get(key);
    if (bucket === undefined) return { tokens: rate.burst, at: now };
    return { tokens: Math.min(rate.burst, bucket.tokens + (now - bucket.at) * perMillisecond), at: now };
  }

  return {
    take(key) {
      const bucket = refilled(key);
      const granted = bucket.tokens >= 1;
      if (granted) bucket.tokens -= 1;
      buckets.delete(key); // set again below, so that the map stays in order of last use
      if (buckets.size >= maxKeys) {
        const oldest = buckets.keys().next();
        if (!oldest.done) buckets.delete(oldest.value);
      }
      buckets.set(key, bucket);
      return granted;
    },
    retryAfter(key) {
      const missing = 1 - refilled(key).tokens;
      return Math.max(1, Math.ceil(missing / perMillisecond / 1000));
    },
  };
}
