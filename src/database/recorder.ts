// What one command did to each row, as its change records it: the row before the first write and after the last.
import type { RecordedRow, RowChange } from '../directory/change.ts';
import { type TableName, type Tables, unrecordedColumns } from '../directory/tables.ts';
import { columnNames } from './columns.ts';
import { sameValue } from './rows.ts';

type Row = Record<string, unknown>;

/** Stands in `after` for a column whose content the feed must not hold, when the change set it. */
export const unrecorded = '[unrecorded]';

interface Track {
  table: TableName;
  uuid: string;
  before: Row | null;
  after: Row | null;
}

export interface Recorder {
  wrote<T extends TableName>(table: T, uuid: string, before: Tables[T] | null, after: Tables[T] | null): void;
  /** Everything written, in the order of first writes; rows that came and went within the command are not in it. */
  rows(): RowChange[];
}

export function createRecorder(): Recorder {
  const tracks = new Map<string, Track>();
  return {
    wrote(table, uuid, before, after) {
      const key = `${table}/${uuid}`;
      const track = tracks.get(key);
      if (track === undefined) {
        tracks.set(key, { table, uuid, before: before as Row | null, after: after as Row | null });
        return;
      }
      track.after = after as Row | null;
      if (track.before === null && track.after === null) tracks.delete(key);
    },
    rows: () =>
      [...tracks.values()].map(({ table, uuid, before, after }) => ({
        table,
        uuid,
        before: before === null ? null : recordedBefore(table, before),
        after: after === null ? null : recordedAfter(table, before, after),
      })),
  };
}

/** Dates as ISO 8601 text, as JSON will hold them. */
const recordedValue = (value: unknown): unknown => (value instanceof Date ? value.toISOString() : value);

function recordedBefore(table: TableName, row: Row): RecordedRow {
  const hidden = unrecordedColumns[table] ?? [];
  const shown = columnNames(table).filter((column) => !hidden.includes(column));
  return Object.fromEntries(shown.map((column) => [column, recordedValue(row[column])]));
}

function recordedAfter(table: TableName, before: Row | null, after: Row): RecordedRow {
  const recorded = recordedBefore(table, after);
  for (const column of unrecordedColumns[table] ?? []) {
    const changed = before === null ? after[column] !== null : !sameValue(before[column], after[column]);
    if (changed) recorded[column] = unrecorded;
  }
  return recorded;
}
