// Attributes of one entry, gathered in the order in which they are shown. Absent values add nothing.
import type { AttributeValues } from './entry.ts';

type Value = string | Buffer | null | undefined;

/** Superclasses of the structural classes that entries here have. */
const chains: Readonly<Record<string, readonly string[]>> = {
  inetOrgPerson: ['person', 'organizationalPerson', 'inetOrgPerson'],
};

export class AttributeList {
  readonly list: AttributeValues[] = [];

  /** Begins with the entry's classes: `structural` with its superclasses, then the auxiliary ones. */
  constructor(structural: string, ...auxiliary: string[]) {
    this.add('objectClass', 'top', ...(chains[structural] ?? [structural]), ...auxiliary);
    this.add('structuralObjectClass', structural);
  }

  /** Adds an attribute. Nothing, empty text and what was given already (regardless of case) is left out. */
  add(description: string, ...given: Value[]): this {
    if (given.length === 1) {
      const [only] = given;
      if (only) this.list.push({ description, values: [only] });
      return this;
    }
    const seen = new Set<string>();
    const values: (string | Buffer)[] = [];
    for (const value of given) {
      if (!value) continue;
      const key = typeof value === 'string' ? value.toLowerCase() : value.toString('latin1');
      if (seen.has(key)) continue;
      seen.add(key);
      values.push(value);
    }
    if (values.length > 0) this.list.push({ description, values });
    return this;
  }

  has(description: string): boolean {
    const name = description.toLowerCase();
    return this.list.some((attribute) => attribute.description.toLowerCase() === name);
  }
}

/** An instant as GeneralizedTime in UTC, to the second: `20261122034131Z`. */
export function generalizedTime(instant: Date): string {
  return `${instant.toISOString().slice(0, 19).replace(/[-:T]/g, '')}Z`;
}
