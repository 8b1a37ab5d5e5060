// Ends an effective-dated fact. One that has not begun yet gets an empty period: it was never true, and its record stays.
import type { CommandContext } from '../ports.ts';
import type { AssignmentRow, ClearanceRow, GroupMemberRow, MailAddressRow } from '../tables.ts';

interface DatedRows {
  assignment: AssignmentRow;
  clearance: ClearanceRow;
  group_member: GroupMemberRow;
  mail_address: MailAddressRow;
}

export async function endPeriod<T extends keyof DatedRows>(
  { tx }: CommandContext,
  table: T,
  row: DatedRows[T],
  at: Date,
): Promise<void> {
  const valid_to = row.valid_from > at ? row.valid_from : at;
  // The generic patch is the one column that all four tables share.
  await tx.update<keyof DatedRows>(table, row.uuid, { valid_to });
}
