// What commands print: a table for people, JSON for programs (--json), a progress bar on a terminal only.

export interface Output {
  readonly json: boolean;
  /** One answer. With --json the value as it is; otherwise the text. */
  answer(value: unknown, text: string): void;
  /** Many rows of the same columns. With --json an array of objects. */
  table(rows: readonly Record<string, unknown>[], columns: readonly string[]): void;
  /** Draws `done` of `total` on standard error, when that is a terminal. */
  progress(label: string, done: number, total: number): void;
}

export interface OutputStreams {
  out: { write(text: string): unknown };
  err: { write(text: string): unknown; isTTY?: boolean; columns?: number };
}

/** Columns a character takes on a terminal: East Asian wide characters take two (Unicode TR 11). */
function width(text: string): number {
  let columns = 0;
  for (const character of text) {
    columns +=
      /[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe4f\uff00-\uff60\uffe0-\uffe6]|[\u{20000}-\u{3fffd}]/u.test(
        character,
      )
        ? 2
        : 1;
  }
  return columns;
}

function cell(value: unknown): string {
  if (value === null || value === undefined) return '-';
  if (value instanceof Date) return value.toISOString();
  if (Array.isArray(value)) return value.map(cell).join(', ');
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}

function pad(text: string, columns: number): string {
  return text + ' '.repeat(Math.max(0, columns - width(text)));
}

export function createOutput(json: boolean, streams: OutputStreams): Output {
  let drawn = -1;
  return {
    json,
    answer(value, text) {
      streams.out.write(json ? `${JSON.stringify(value)}\n` : `${text}\n`);
    },
    table(rows, columns) {
      if (json) {
        streams.out.write(`${JSON.stringify(rows)}\n`);
        return;
      }
      const lines = [
        columns.map((column) => column.toUpperCase()),
        ...rows.map((row) => columns.map((c) => cell(row[c]))),
      ];
      const widths = columns.map((_, column) => Math.max(...lines.map((line) => width(line[column] ?? ''))));
      for (const line of lines)
        streams.out.write(
          `${line
            .map((text, column) => pad(text, widths[column] ?? 0))
            .join('  ')
            .trimEnd()}\n`,
        );
    },
    progress(label, done, total) {
      if (streams.err.isTTY !== true) return;
      const percent = total === 0 ? 100 : Math.floor((done * 100) / total);
      if (percent === drawn && done < total) return;
      drawn = percent;
      const room = Math.max(10, Math.min(40, (streams.err.columns ?? 80) - label.length - 20));
      const filled = Math.round((room * percent) / 100);
      const bar = `${'#'.repeat(filled)}${'.'.repeat(room - filled)}`;
      streams.err.write(`\r${label} [${bar}] ${percent}%${done >= total ? '\n' : ''}`);
    },
  };
}
