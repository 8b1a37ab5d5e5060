// Memberships of static groups as the feed records them, one row at a time: a group of 100,000 is never read again whole.
import type { Change, RecordedRow } from '../directory/change.ts';
import type { Groups } from './groups.ts';

/** True when the recorded row held at that instant. */
function heldAt(row: RecordedRow | null, at: Date): boolean {
  if (row === null) return false;
  const from = instant(row.valid_from);
  const to = instant(row.valid_to);
  return (from === null || from <= at.getTime()) && (to === null || to > at.getTime());
}

/** The feed records instants as ISO 8601 text. */
function instant(value: unknown): number | null {
  return typeof value === 'string' ? Date.parse(value) : null;
}

/** Applies the `group_member` rows of the changes, in order. */
export function applyMemberships(groups: Groups, changes: readonly Change[]): void {
  for (const { rows, at } of changes) {
    for (const { table, before, after } of rows) {
      if (table !== 'group_member') continue;
      const row = after ?? before;
      const member = row?.person ?? row?.member_group;
      if (typeof row?.group === 'string' && typeof member === 'string') {
        groups.note(row.group, member, heldAt(after, at));
      }
    }
  }
}
