// The change feed: what one command did, under the next number of a gapless counter.
// Replicas derive the published objects to read again from the rows; auditors read who, what, before and after.
import type { Origin } from './identity.ts';
import type { TableName } from './tables.ts';

/** A row as the feed records it: unrecorded columns left out, dates as ISO 8601 text. */
export type RecordedRow = Record<string, unknown>;

export interface RowChange {
  table: TableName;
  uuid: string;
  before: RecordedRow | null; // null: inserted
  after: RecordedRow | null; // null: removed
}

export interface Change {
  number: number;
  at: Date;
  command: string;
  account: string | null; // who; null only for jobs
  post: string | null; // the post whose role allowed it; null where none was needed
  origin: Origin;
  request: string; // correlates with logs and the audit trail
  rows: readonly RowChange[];
}
