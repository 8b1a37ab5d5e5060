// The attempts at each name, counted strictly: for a whole node, in its primary process. An attempt is begun before its
// hash and ended before its answer, so that within one window no more than the limit of distinct guesses is ever judged,
// however many come at once and over however many workers. Holds keyed digests, never a name's password.
import type { Clock } from '../clock.ts';
import { putLast } from '../limits/last_used.ts';

/** What is attempted. */
export interface AttemptSubject {
  /** Whose count it is: an account (for a service account, as seen from one address), or an unknown name. */
  key: string;
  /** The key belongs to an account that exists; such counts are kept apart from those of invented names. */
  isAccount: boolean;
  /** The right password would open it now; false for an unknown name as for an account that is closed. */
  isOpen: boolean;
  /** Keyed digest of name, stored hash and password: equal attempts count once. */
  digest: string;
  /** addressKey() of the asker. */
  address: string;
}

/** `judge`: the result counts; `refuse`: too many failures; `busy`: too many attempts wait for their turn. */
export type Verdict = 'judge' | 'refuse' | 'busy';

/** `none`: nothing is known of it: it was refused, or the hash could not be computed. */
export type Outcome = 'wrong' | 'right' | 'none';

export interface AttemptEnd {
  /** Whether this was a new wrong guess. */
  counted: boolean;
  /** Too many failures: nothing opens, not even the right password. */
  blocked: boolean;
  /** A right password removed the last failure. */
  cleared: boolean;
  /** The address sent this very attempt within the window, whatever its name is worth. */
  repeated: boolean;
}

export interface AttemptLedger {
  /** Waits while the other attempts under way may use up the limit. Error: unavailable. */
  begin(subject: AttemptSubject): Promise<Verdict>;
  /** Ends an attempt that was to be judged or refused. Error: unavailable. */
  end(subject: AttemptSubject, outcome: Outcome): Promise<AttemptEnd>;
  /** The account's record now shows the lock: once every worker sees it, an account that is open has been unlocked. */
  lockStored(key: string): void;
}

export interface AttemptLimits {
  failures: number;
  windowSeconds: number;
  lockSeconds: number;
}

/** The ledger of a node; attempts are begun and ended on behalf of workers, which may die. */
export interface NodeLedger {
  begin(subject: AttemptSubject, from: number): Promise<Verdict>;
  /** `block` is awaited before the answer when this failure was the last allowed one. */
  end(subject: AttemptSubject, outcome: Outcome, from: number): Promise<AttemptEnd>;
  lockStored(key: string): void;
  /** A worker is gone: what it had begun is released. */
  forget(from: number): void;
}

interface Running {
  from: number;
  digest: string;
  at: number;
}

interface Waiter {
  from: number;
  subject: AttemptSubject;
  at: number;
  decide(verdict: Verdict): void;
}

interface Count {
  /** Distinct wrong guesses, by digest. */
  wrong: Map<string, { at: number; address: string }>;
  running: Running[];
  waiting: Waiter[];
  blockedUntil: number; // elapsed milliseconds; 0: not blocked
  /** From then on an attempt at an open account shows that it was opened since; null: no record shows the block. */
  showsFrom: number | null;
}

/** Counts kept at most, of accounts and of other names; the one unused longest is forgotten first. */
const mostAccounts = 200_000;
const mostOthers = 20_000;
/** Wrong attempts remembered of all addresses. */
const mostSent = 100_000;
/** Distinct attempts in hand at one name, at most: alike whether it is blocked, closed or unknown. */
const mostAtOnce = 64;
/** Nobody waits longer, and no attempt that was begun counts longer: its worker has lost it. */
const patienceMs = 4_000;
const mostRunningMs = 60_000;
/** How long a stored lock takes to show on every worker of the node, at the very most. */
const lockShowsMs = 10_000;

/** `block`: tells every worker that nothing proved earlier opens this account; resolves when they know. */
export function createNodeLedger(
  clock: Clock,
  limits: AttemptLimits,
  block: (key: string) => Promise<void>,
): NodeLedger {
  const accounts = new Map<string, Count>();
  const others = new Map<string, Count>();
  const sent = new Map<string, number>();

  function countOf({ key, isAccount, isOpen }: AttemptSubject): Count {
    const counts = isAccount ? accounts : others;
    const count = counts.get(key) ?? {
      ...{ wrong: new Map(), running: [], waiting: [] },
      ...{ blockedUntil: 0, showsFrom: null },
    };
    const [, forgotten] = putLast(counts, key, count, isAccount ? mostAccounts : mostOthers) ?? [];
    for (const waiter of forgotten?.waiting ?? []) waiter.decide('busy');
    return prune(count, isOpen);
  }

  function prune(count: Count, isOpen: boolean): Count {
    const now = clock.elapsed();
    for (const [digest, { at }] of count.wrong)
      if (now - at >= limits.windowSeconds * 1000) count.wrong.delete(digest);
    // A closed account stays blocked as long as an unknown name; one that was opened since is counted afresh.
    const wasOpened = isOpen && count.showsFrom !== null && now >= count.showsFrom;
    if (count.blockedUntil !== 0 && (wasOpened || now >= count.blockedUntil)) {
      count.blockedUntil = 0;
      count.showsFrom = null;
      count.wrong.clear();
    }
    count.running = count.running.filter(({ at }) => now - at < mostRunningMs);
    return count;
  }

  function forgetIfEmpty({ key, isAccount }: AttemptSubject, count: Count): void {
    const isEmpty = count.wrong.size + count.running.length + count.waiting.length === 0;
    if (isEmpty && count.blockedUntil === 0) (isAccount ? accounts : others).delete(key);
  }

  /** Depends on nothing but what the address itself sent: its costs must not tell a name from another. */
  function wasSent({ address, digest }: AttemptSubject): boolean {
    const key = `${address} ${digest}`;
    const now = clock.elapsed();
    const at = sent.get(key);
    putLast(sent, key, now, mostSent);
    return at !== undefined && now - at < limits.windowSeconds * 1000;
  }

  function isKnown({ wrong, running }: Count, { digest }: AttemptSubject): boolean {
    return wrong.has(digest) || running.some((one) => one.digest === digest);
  }

  /** The verdict now; undefined: it depends on attempts under way. */
  function decide(count: Count, subject: AttemptSubject): Verdict | undefined {
    if (count.blockedUntil !== 0) return 'refuse';
    // Known to be wrong, or under way: it adds nothing to what is judged.
    if (isKnown(count, subject)) return 'judge';
    const open = new Set(count.running.map(({ digest }) => digest));
    return count.wrong.size + open.size < limits.failures ? 'judge' : undefined;
  }

  function start(count: Count, { digest }: AttemptSubject, from: number): void {
    if (!count.wrong.has(digest)) count.running.push({ from, digest, at: clock.elapsed() });
  }

  /** Whoever waits may go on after an attempt has ended. */
  function wake(count: Count): void {
    const { waiting } = count;
    count.waiting = [];
    for (const waiter of waiting) {
      const verdict = clock.elapsed() - waiter.at >= patienceMs ? 'busy' : decide(count, waiter.subject);
      if (verdict === undefined) count.waiting.push(waiter);
      else {
        if (verdict !== 'busy') start(count, waiter.subject, waiter.from);
        waiter.decide(verdict);
      }
    }
  }

  return {
    begin(subject, from) {
      const count = countOf(subject);
      const inHand = count.running.length + count.waiting.length;
      if (inHand >= mostAtOnce && !isKnown(count, subject)) return Promise.resolve('busy');
      const verdict = decide(count, subject);
      if (verdict !== undefined) {
        start(count, subject, from);
        return Promise.resolve(verdict);
      }
      return new Promise((resolve) => {
        const timer = setTimeout(() => {
          count.waiting = count.waiting.filter((waiter) => waiter.decide !== decideOnce);
          resolve('busy');
        }, patienceMs);
        timer.unref();
        const decideOnce = (decided: Verdict): void => {
          clearTimeout(timer);
          resolve(decided);
        };
        count.waiting.push({ from, subject, at: clock.elapsed(), decide: decideOnce });
      });
    },

    async end(subject, outcome, from) {
      const count = countOf(subject);
      const { digest, address } = subject;
      const repeated = outcome !== 'right' && wasSent(subject);
      const place = count.running.findIndex((one) => one.from === from && one.digest === digest);
      if (place >= 0) count.running.splice(place, 1);
      const counted = outcome === 'wrong' && !count.wrong.has(digest) && count.blockedUntil === 0;
      if (counted) count.wrong.set(digest, { at: clock.elapsed(), address });
      const isLast = counted && count.wrong.size >= limits.failures;
      if (isLast) {
        count.blockedUntil = clock.elapsed() + limits.lockSeconds * 1000;
        count.showsFrom = subject.isOpen ? null : clock.elapsed() + lockShowsMs;
      }
      const blocked = count.blockedUntil !== 0;
      let cleared = false;
      if (outcome === 'right' && !blocked && count.wrong.size > 0) {
        // Only what came from the same address: its owner's success does not open the window again for somebody else.
        for (const [wrong, entry] of count.wrong) if (entry.address === address) count.wrong.delete(wrong);
        cleared = count.wrong.size === 0;
      }
      if (isLast) await block(subject.key);
      wake(count);
      forgetIfEmpty(subject, count);
      return { counted, blocked, cleared, repeated };
    },

    lockStored(key) {
      const count = countOf({ key, isAccount: true, isOpen: false, digest: '', address: '' });
      if (count.blockedUntil === 0) count.blockedUntil = clock.elapsed() + limits.lockSeconds * 1000;
      count.showsFrom = clock.elapsed() + lockShowsMs;
      wake(count);
    },

    forget(from) {
      for (const count of [...accounts.values(), ...others.values()]) {
        count.running = count.running.filter((one) => one.from !== from);
        count.waiting = count.waiting.filter((one) => one.from !== from);
        wake(count);
      }
    },
  };
}

/** The ledger of a process that has no workers: tests, and whatever serves alone. */
export function createLocalLedger(
  clock: Clock,
  limits: AttemptLimits,
  block: (key: string) => void = () => undefined,
): AttemptLedger {
  const ledger = createNodeLedger(clock, limits, async (key) => block(key));
  return {
    begin: (subject) => ledger.begin(subject, 0),
    end: (subject, outcome) => ledger.end(subject, outcome, 0),
    lockStored: (key) => ledger.lockStored(key),
  };
}
