// What the primary and its workers say to each other over Node's cluster channel. Settings travel here and not in the
// environment or the command line, where other accounts of the machine could read the master key.
import type { MetricObject } from 'prom-client';
import type { AttemptEnd, AttemptSubject, Outcome, Verdict } from '../authentication/attempt_ledger.ts';
import type { Acquaintance } from '../authentication/familiarity.ts';
import type { ErrorCode } from '../errors.ts';
import type { LimitsNews } from '../limits/limits.ts';
import type { Settings } from '../settings.ts';
import type { LinkMessage } from './link.ts';

export interface ListenAddresses {
  ldap: number;
  ldaps: number;
  http: number;
  https: number;
}

export type FromPrimary =
  | { kind: 'start'; settings: Settings; databaseUrl: string; masterKey: string; attemptKey: string }
  | { kind: 'stop' }
  | { kind: 'link'; message: LinkMessage };

export type FromWorker =
  | { kind: 'hello' }
  | { kind: 'ready'; ports: ListenAddresses; startMs: number }
  | { kind: 'failed'; code: ErrorCode; detail: string }
  | { kind: 'link'; message: LinkMessage };

/** What one worker counted, and its resident memory. */
export interface WorkerMetrics {
  metrics: MetricObject[];
  residentBytes: number;
}

type AccountEntries = [account: string, entries: number];

/** What a worker asks and tells the primary (link.ts). A question: `topic: { ask: …; answer: … }`. */
export interface WorkerTopics {
  asks: {
    /** Measurements of the whole node, as Prometheus reads them. */
    'metrics.node': { ask: null; answer: string };
    /** Before a password is hashed (authentication/attempt_ledger.ts). */
    'attempts.begin': { ask: AttemptSubject; answer: Verdict };
    /** After it is hashed, before its answer. */
    'attempts.end': { ask: { subject: AttemptSubject; outcome: Outcome }; answer: AttemptEnd };
    /** Who succeeded lately, for a worker that starts. */
    'attempts.acquaintances': { ask: null; answer: Acquaintance[] };
    /** Answered when the other workers show the change, or are given up. */
    'change.reached': { ask: { change: number }; answer: null };
    /** What accounts read on this worker; answered with the sums that are to be recorded. */
    'readings.add': { ask: AccountEntries[]; answer: AccountEntries[] };
  };
  tells: {
    'attempts.lock_stored': string;
    'attempts.succeeded': Acquaintance;
    /** This worker answers and hears all that stands below; what was sent to it before was lost. */
    'node.listens': null;
    /** What this worker counted; the primary passes it on to the others. */
    'limits.news': LimitsNews;
  };
}

/** What the primary asks and tells each worker. */
export interface PrimaryTopics {
  asks: {
    /** What this worker counted. */
    'metrics.worker': { ask: null; answer: WorkerMetrics };
    /** Nothing proved earlier opens this account; answered when that holds. */
    'attempts.block': { ask: string; answer: null };
    /** Answered when this worker shows the change. */
    'change.reached_here': { ask: { change: number }; answer: null };
  };
  tells: {
    'attempts.succeeded': Acquaintance;
    'limits.news': { from: number; news: LimitsNews };
    /** That worker is gone. */
    'limits.forget': { from: number };
    /** A new worker wants to know what is held. */
    'limits.tell_all': null;
  };
}
