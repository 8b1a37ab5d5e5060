// Acts that change nothing but must be known: proofs of identity, refusals, tokens, reads of many (LOGPG 4.2.1 fields).
// A closed union: a new kind of act is a new row here. No event holds a secret. `times`: how many equal acts the event
// stands for (repeats.ts); one when omitted.
import type { Identity, Origin } from '../directory/identity.ts';

export type AuditAct =
  | { act: 'authentication.success'; method: string; times?: number }
  | { act: 'authentication.failure'; method: string; uid: string | null; reason: string; times?: number }
  | { act: 'authentication.guessing'; uid: string; failures: number } // at a service account, within the window
  | { act: 'access.refused'; action: string; object: string | null; reason: string; times?: number }
  | { act: 'session.start'; client: string | null }
  | { act: 'session.end'; client: string | null; reason: string }
  | { act: 'token.issue'; client: string; grant: string; scope: string }
  | { act: 'token.refused'; client: string | null; error: string; times?: number }
  | DirectoryRead
  | { act: 'key.recover'; certificate: string }
  | { act: 'service.start' | 'service.stop'; detail: string };

/** `entries` counts each entry sent and each person named in one beyond the first; `names`: how many of them were named. */
interface DirectoryRead {
  act: 'directory.read';
  base: string;
  filter: string;
  entries: number;
  names?: number;
  state: ReadState;
}

/**
 * How far a read of many entries had come: it goes on, it came to its end, it was stopped before (abandoned, or the
 * connection was lost), or it is the sum of what an account read within an hour.
 */
export type ReadState = 'going on' | 'ended' | 'stopped' | 'sum of an hour';

/** One line of the trail before it is numbered and chained. */
export interface AuditEvent {
  at: Date;
  origin: Origin;
  address: string | null;
  account: string | null;
  uid: string | null;
  relying_system: string | null;
  request: string;
  act: AuditAct;
}

/** Where faces put events. Never throws and never waits: a full queue is counted and logged. */
export interface AuditTrail {
  record(event: AuditEvent): void;
}

/** A trail whose writer can be waited for, by acts that must not happen unrecorded. */
export interface DurableAuditTrail extends AuditTrail {
  /** Resolves when everything recorded so far is stored. Error: unavailable. */
  flush(): Promise<void>;
}

/** The event of an identity's act. */
export function auditEvent(identity: Identity, at: Date, request: string, act: AuditAct): AuditEvent {
  return {
    at,
    origin: identity.origin,
    address: identity.address,
    account: identity.account,
    uid: identity.uid,
    relying_system: identity.relyingSystem,
    request,
    act,
  };
}
