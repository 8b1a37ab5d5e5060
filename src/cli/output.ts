// What commands print: a table for people, JSON for programs (--json), a progress bar on a terminal only.

export interface Output {
  readonly json: boolean;
  /** One answer. With --json the value as it is; otherwise the text. */
  answer(value: unknown, text: string): void;
  /** One object, a field a line. With --json the object. */
  fields(record: Record<string, unknown>): void;
  /** Many rows of the same columns. With --json an array of objects. */
  table<Row extends object>(rows: readonly Row[], columns: readonly (keyof Row & string)[]): void;
  /** A remark beside the answer, on standard error; nothing with --json. */
  note(text: string): void;
  /** Draws `done` of `total` on standard error, when that is a terminal. */
  progress(label: string, done: number, total: number): void;
}

export interface OutputStreams {
  out: { write(text: string): unknown };
  err: { write(text: string): unknown; isTTY?: boolean; columns?: number };
}

const wide =
  /[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe4f\uff00-\uff60\uffe0-\uffe6]|[\u{20000}-\u{3fffd}]/u;
const combining = /[\p{Mn}\p{Me}]/u;

/** Columns a text takes on a terminal: East Asian wide characters take two (Unicode TR 11), combining ones none. */
function width(text: string): number {
  let columns = 0;
  for (const character of text) columns += combining.test(character) ? 0 : wide.test(character) ? 2 : 1;
  return columns;
}

/** Controls and bidi overrides in stored text (a login name somebody tried) must not command the terminal. */
export function printable(text: string): string {
  return text.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, (character) => {
    return `\\u${(character.codePointAt(0) ?? 0).toString(16).padStart(4, '0')}`;
  });
}

function cell(value: unknown): string {
  if (value === null || value === undefined || value === '') return '-';
  if (value instanceof Date) return value.toISOString();
  if (Array.isArray(value)) return value.length === 0 ? '-' : value.map(cell).join(', ');
  return printable(typeof value === 'object' ? JSON.stringify(value) : String(value));
}

function pad(text: string, columns: number): string {
  return text + ' '.repeat(Math.max(0, columns - width(text)));
}

/** Texts under one another in columns as wide as their widest. */
function aligned(lines: readonly (readonly string[])[]): string {
  const widths: number[] = [];
  for (const line of lines) {
    line.forEach((text, column) => {
      widths[column] = Math.max(widths[column] ?? 0, width(text));
    });
  }
  return lines
    .map((line) => `${line.map((text, column) => pad(text, widths[column] ?? 0)).join('  ')}`.trimEnd())
    .map((line) => `${line}\n`)
    .join('');
}

/** Objects within an object stand below its name, a line each. */
function fieldLines(name: string, value: unknown): string[][] {
  const objects = Array.isArray(value) ? value.filter((one) => typeof one === 'object') : [];
  if (objects.length === 0) return [[name, cell(value)]];
  return objects.map((one, index) => [index === 0 ? name : '', summary(one)]);
}

function summary(record: object): string {
  return Object.entries(record)
    .filter(([, value]) => value !== null && value !== false)
    .map(([name, value]) => `${name} ${cell(value)}`)
    .join(', ');
}

export function createOutput(json: boolean, streams: OutputStreams): Output {
  let drawn = -1;
  return {
    json,
    answer(value, text) {
      streams.out.write(json ? `${JSON.stringify(value)}\n` : `${text}\n`);
    },
    fields(record) {
      const lines = Object.entries(record).flatMap(([name, value]) => fieldLines(name, value));
      streams.out.write(json ? `${JSON.stringify(record)}\n` : aligned(lines));
    },
    table(rows, columns) {
      if (json) {
        streams.out.write(`${JSON.stringify(rows)}\n`);
        return;
      }
      const heading = columns.map((column) => column.toUpperCase().replaceAll('_', ' '));
      streams.out.write(aligned([heading, ...rows.map((row) => columns.map((column) => cell(row[column])))]));
    },
    note(text) {
      if (!json) streams.err.write(`${text}\n`);
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
