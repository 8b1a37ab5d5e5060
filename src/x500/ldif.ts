// Entries as LDIF (RFC 2849): base64 where a value is not safe text, lines folded at 76 characters.
import type { AttributeValues } from './entry.ts';

const longestLine = 76;
// Narrower than SAFE-STRING (RFC 2849): control characters and a space at the end, which would not survive handling, go
// in base64 too.
const safe = /^(?![ :<])[ -~]*(?<! )$/;

/** Begins every file. */
export const ldifHeader = 'version: 1\n';

function foldLine(line: string): string {
  if (line.length <= longestLine) return line;
  const lines = [line.slice(0, longestLine)];
  for (let at = longestLine; at < line.length; at += longestLine - 1) {
    lines.push(` ${line.slice(at, at + longestLine - 1)}`);
  }
  return lines.join('\n');
}

function valueLine(name: string, value: string | Buffer): string {
  const text = typeof value === 'string' ? value : value.toString('latin1');
  if (safe.test(text)) return foldLine(text === '' ? `${name}:` : `${name}: ${text}`);
  return foldLine(`${name}:: ${Buffer.from(value).toString('base64')}`);
}

/** One content record with the blank line that ends it. */
export function ldifRecord(dn: string, attributes: Iterable<AttributeValues>): string {
  const lines = [valueLine('dn', dn)];
  for (const { description, values } of attributes) {
    for (const value of values) lines.push(valueLine(description, value));
  }
  return `${lines.join('\n')}\n\n`;
}
