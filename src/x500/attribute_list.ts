// Attributes of one entry, gathered in the order in which they are shown. Absent values add nothing.
import type { AttributeValues } from './entry.ts';

type Value = string | Buffer | null | undefined;

/** Superclasses of the structural classes that entries here have. */
const chains: Readonly<Record<string, readonly string[]>> = {
  inetOrgPerson: ['person', 'organizationalPerson', 'inetOrgPerson'],
};

function same(left: string | Buffer, right: string | Buffer): boolean {
  if (typeof left === 'string') {
    return typeof right === 'string' && (left === right || left.toLowerCase() === right.toLowerCase());
  }
  return typeof right !== 'string' && left.equals(right);
}

/** How projection names an attribute: itself, in Chinese, or in binary (RFC 4522). */
type Described<Name extends string> = Name | `${Name};lang-zh-hant` | `${Name};binary`;

/** `Name`: the attributes that it may be given by `add`. */
export class AttributeList<Name extends string = string> {
  readonly list: AttributeValues[] = [];
  readonly structural: string;

  /** Begins with the entry's classes: `structural` with its superclasses, then the auxiliary ones. */
  constructor(structural: string, ...auxiliary: string[]) {
    this.structural = structural;
    const values = ['top', ...(chains[structural] ?? [structural]), ...auxiliary];
    this.list.push({ description: 'objectClass', values });
  }

  /** Adds an attribute. Nothing, empty text and what was given already (regardless of case) is left out. */
  add(description: Described<Name>, ...given: Value[]): this {
    return this.addOther(description, ...given);
  }

  /** As `add`, for what every entry has and for extension attributes. */
  addOther(description: string, ...given: Value[]): this {
    const values: (string | Buffer)[] = [];
    for (const value of given) {
      if (value && !values.some((earlier) => same(earlier, value))) values.push(value);
    }
    if (values.length > 0) this.list.push({ description, values });
    return this;
  }
}

/** An instant as GeneralizedTime in UTC, to the second: `20261122034131Z`. */
export function generalizedTime(instant: Date): string {
  const iso = instant.toISOString(); // 2026-11-22T03:41:31.500Z
  const day = iso.slice(0, 4) + iso.slice(5, 7) + iso.slice(8, 10);
  return `${day}${iso.slice(11, 13)}${iso.slice(14, 16)}${iso.slice(17, 19)}Z`;
}
