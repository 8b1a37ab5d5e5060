// Search filters as text (RFC 4515), read and written. For the command line, population filters and the audit trail.
import { isUtf8 } from 'node:buffer';
import { OperationError } from '../errors.ts';
import type { UncheckedFilter } from './unchecked_filter.ts';

const longestFilter = 65_536;
const deepest = 64;

function refuse(why: string): never {
  throw new OperationError('invalid_request', `the filter ${why}`);
}

const attribute = '[A-Za-z0-9.;-]+';
const simpleItem = new RegExp(`^(${attribute})(=|>=|<=|~=)`);
const extensibleItem = new RegExp(`^(${attribute})?(:dn)?(?::([A-Za-z0-9.-]+))?:=`, 'i');
const assertionKinds = {
  '=': 'equality',
  '>=': 'greater_or_equal',
  '<=': 'less_or_equal',
  '~=': 'approximate',
} as const;
type Operator = keyof typeof assertionKinds;

/** Octets of an assertion value; `*` must have been dealt with. */
function readValue(text: string): Buffer {
  if (/[()*\0]/.test(text)) refuse('has a character in a value that must be escaped');
  if (!text.includes('\\')) return Buffer.from(text);
  const parts: Buffer[] = [];
  for (const [, plain = '', hex] of text.matchAll(/([^\\]*)(?:\\(.{0,2}))?/gs)) {
    parts.push(Buffer.from(plain));
    if (hex === undefined) continue;
    if (!/^[0-9a-f]{2}$/i.test(hex)) refuse('has a malformed escape in a value');
    parts.push(Buffer.from(hex, 'hex'));
  }
  return Buffer.concat(parts);
}

class FilterReader {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  get ended(): boolean {
    return this.#at === this.#text.length;
  }

  read(depth: number): UncheckedFilter {
    if (depth > deepest) refuse(`is nested more than ${deepest} levels deep`);
    this.#expect('(');
    const filter = this.#component(depth);
    this.#expect(')');
    return filter;
  }

  #expect(character: string): void {
    if (this.#text[this.#at] !== character) refuse(`lacks ${character} at character ${this.#at + 1}`);
    this.#at++;
  }

  #component(depth: number): UncheckedFilter {
    const operator = this.#text[this.#at];
    if (operator === '!') {
      this.#at++;
      return { kind: 'not', filter: this.read(depth + 1) };
    }
    if (operator !== '&' && operator !== '|') return this.#item();
    this.#at++;
    const filters: UncheckedFilter[] = [];
    while (this.#text[this.#at] === '(') filters.push(this.read(depth + 1));
    return { kind: operator === '&' ? 'and' : 'or', filters };
  }

  #item(): UncheckedFilter {
    const close = this.#text.indexOf(')', this.#at);
    const item = this.#text.slice(this.#at, close < 0 ? this.#text.length : close);
    this.#at += item.length;
    return readItem(item);
  }
}

function readItem(item: string): UncheckedFilter {
  const simple = simpleItem.exec(item);
  if (simple !== null) {
    const name = simple[1] ?? '';
    const operator = simple[2] as Operator;
    const value = item.slice(simple[0].length);
    if (operator === '=' && value.includes('*')) return readSubstrings(name, value);
    return { kind: assertionKinds[operator], attribute: name, value: readValue(value) };
  }
  const extensible = extensibleItem.exec(item);
  if (extensible === null) refuse('has an item that is no assertion');
  const [matched, name, dn, rule] = extensible;
  if (name === undefined && rule === undefined) refuse('has an extensible match without attribute and rule');
  return {
    kind: 'extensible',
    attribute: name ?? null,
    rule: rule ?? null,
    value: readValue(item.slice(matched.length)),
    dnAttributes: dn !== undefined,
  };
}

function readSubstrings(name: string, value: string): UncheckedFilter {
  if (value === '*') return { kind: 'present', attribute: name };
  const parts = value.split('*').map(readValue);
  const between = parts.slice(1, -1);
  if (between.some((part) => part.length === 0)) refuse('has two * without a value between them');
  const end = (part: Buffer | undefined): Buffer | null =>
    part === undefined || part.length === 0 ? null : part;
  return {
    kind: 'substrings',
    attribute: name,
    initial: end(parts[0]),
    any: between,
    final: end(parts.at(-1)),
  };
}

/** Reads a filter; the outermost parentheses may be left out. Error: invalid_request. */
export function parseFilter(text: string): UncheckedFilter {
  if (text.length > longestFilter) refuse(`is longer than ${longestFilter} characters`);
  const trimmed = text.trim();
  const reader = new FilterReader(trimmed.startsWith('(') ? trimmed : `(${trimmed})`);
  const filter = reader.read(0);
  if (!reader.ended) refuse('goes on after its end');
  return filter;
}

function writeValue(value: Buffer): string {
  const special = (character: string): string => `\\${character.charCodeAt(0).toString(16).padStart(2, '0')}`;
  return isUtf8(value)
    ? value
        .toString('utf8')
        .replace(/[*()\\\p{Cc}]/gu, (character) =>
          Buffer.from(character).toString('hex').replace(/../g, '\\$&'),
        )
    : value.toString('latin1').replace(/[^ -~]|[*()\\]/g, special);
}

/** Writes a filter; what was read from the text is the same filter again. */
export function printFilter(filter: UncheckedFilter): string {
  switch (filter.kind) {
    case 'and':
      return `(&${filter.filters.map(printFilter).join('')})`;
    case 'or':
      return `(|${filter.filters.map(printFilter).join('')})`;
    case 'not':
      return `(!${printFilter(filter.filter)})`;
    case 'present':
      return `(${filter.attribute}=*)`;
    case 'equality':
      return `(${filter.attribute}=${writeValue(filter.value)})`;
    case 'greater_or_equal':
      return `(${filter.attribute}>=${writeValue(filter.value)})`;
    case 'less_or_equal':
      return `(${filter.attribute}<=${writeValue(filter.value)})`;
    case 'approximate':
      return `(${filter.attribute}~=${writeValue(filter.value)})`;
    case 'substrings': {
      const ends = [filter.initial, ...filter.any, filter.final].map((part) =>
        part === null ? '' : writeValue(part),
      );
      return `(${filter.attribute}=${ends.join('*')})`;
    }
    case 'extensible': {
      const rule = filter.rule === null ? '' : `:${filter.rule}`;
      return `(${filter.attribute ?? ''}${filter.dnAttributes ? ':dn' : ''}${rule}:=${writeValue(filter.value)})`;
    }
  }
}
