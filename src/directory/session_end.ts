// When a change ends somebody's sessions: the account closed, expired, or what was proved before counts no more. A new
// account ends nothing, and neither does a lock by failed guesses, which passes.
import type { Change, RecordedRow } from './change.ts';

export interface SessionEnd {
  /** The person whose sessions end. */
  subject: string;
  /** Sessions, grants and tokens made until then. */
  until: Date;
  reason: string;
}

const instantOf = (value: unknown): number | null => (typeof value === 'string' ? Date.parse(value) : null);

function reasonOf(before: RecordedRow, after: RecordedRow | null, at: Date): string | undefined {
  if (after === null) return 'account is removed';
  const expiry = instantOf(after.expires_at);
  if (expiry !== null && expiry <= at.getTime() && before.expires_at !== after.expires_at)
    return 'account is expired';
  const stands = after.state === 'ACTIVE' || after.state === 'LOCKED';
  if (!stands && before.state !== after.state) return `account is ${String(after.state)}`;
  const movedTo = instantOf(after.sessions_valid_from) ?? 0;
  return movedTo > (instantOf(before.sessions_valid_from) ?? 0)
    ? 'earlier sessions count no more'
    : undefined;
}

/** Those that one change ends. People sign in with their personal account alone. */
export function sessionEndsOf({ rows, at }: Change): SessionEnd[] {
  return rows.flatMap(({ table, before, after }) => {
    if (table !== 'account' || before === null) return [];
    const { person, kind } = before;
    if (kind !== 'personal' || typeof person !== 'string') return [];
    const reason = reasonOf(before, after, at);
    return reason === undefined ? [] : [{ subject: person, until: at, reason }];
  });
}
