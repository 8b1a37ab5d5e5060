// Adds what a session read to the sum of its account, and records the sum when that passes the mark. The node may say so
// when the session has ended or is bound as somebody else: what was read stays the reader's.
import { auditEvent } from '../audit/event.ts';
import type { Question } from './readings.ts';
import type { Session } from './session.ts';

/** `question`: what was asked, printed when it is recorded; null for a read that is recorded itself. */
export function addReading(
  { id, identity, service }: Session,
  messageId: number,
  entries: number,
  question: (() => Question) | null,
): void {
  const { audit, clock, hourlyReadings } = service;
  if (identity.account === null) return;
  const record = (sum: number): void => {
    if (question === null) return;
    const act = { act: 'directory.read', ...question(), entries: sum, state: 'sum of an hour' } as const;
    audit.record(auditEvent(identity, clock.now(), `${id}/${messageId}`, act));
  };
  hourlyReadings.add(identity.account, entries, question === null ? null : record);
}
