// A checked filter without repetitions: nested `&` and `|` of one kind are one, a part that stands twice in one of them
// stands once, and equal parts anywhere are one object, so that each is planned and prepared once. Its truth on every
// entry stays the same, in three-valued logic too.
import type { AttributeSelector, Filter } from './filter.ts';

/** Smaller filters are left as they are: the search for repetitions would cost more than they do. */
const fewParts = 8;

/** The filter, or one that decides the same with fewer parts. */
export function simplifyFilter(filter: Filter): Filter {
  if (!hasMoreParts(filter, fewParts)) return filter;
  return new Simplifier().simplify(filter);
}

/** True when the filter has more than `most` parts, itself included. */
export function hasMoreParts(filter: Filter, most: number): boolean {
  let count = 0;
  const open = [filter];
  for (let part = open.pop(); part !== undefined; part = open.pop()) {
    if (++count > most) return true;
    if (part.kind === 'and' || part.kind === 'or') open.push(...part.filters);
    else if (part.kind === 'not') open.push(part.filter);
  }
  return false;
}

class Simplifier {
  readonly #known = new Map<string, Filter>();
  readonly #numbers = new Map<Filter, number>();

  /** The one object that stands for what `filter` says. */
  simplify(filter: Filter): Filter {
    switch (filter.kind) {
      case 'and':
      case 'or':
        return this.#simplifySet(filter.kind, filter.filters);
      case 'not': {
        const part = this.simplify(filter.filter);
        if (part.kind === 'not') return part.filter;
        return this.#one(`not ${this.#numbers.get(part)}`, { kind: 'not', filter: part });
      }
      default:
        return this.#one(leafKey(filter), filter);
    }
  }

  #simplifySet(kind: 'and' | 'or', filters: readonly Filter[]): Filter {
    const parts = new Set<Filter>();
    for (const filter of filters) {
      const part = this.simplify(filter);
      if (part.kind === kind) for (const inner of part.filters) parts.add(inner);
      else parts.add(part);
    }
    const [only] = parts;
    if (parts.size === 1 && only !== undefined) return only;
    const numbers = [...parts].map((part) => this.#numbers.get(part) ?? 0);
    numbers.sort((one, other) => one - other);
    return this.#one(`${kind} ${numbers.join(' ')}`, { kind, filters: [...parts] });
  }

  #one(key: string, filter: Filter): Filter {
    const known = this.#known.get(key);
    if (known !== undefined) return known;
    this.#known.set(key, filter);
    this.#numbers.set(filter, this.#numbers.size);
    return filter;
  }
}

function leafKey(leaf: Exclude<Filter, { kind: 'and' | 'or' | 'not' }>): string {
  switch (leaf.kind) {
    case 'undefined':
      return leaf.kind;
    case 'present':
      return JSON.stringify([leaf.kind, selectorKey(leaf.on)]);
    case 'substrings': {
      const { kind, on, rule, initial, any, final } = leaf;
      return JSON.stringify([kind, selectorKey(on), rule.oid, initial, any, final]);
    }
    case 'extensible': {
      const { kind, on, rule, value, dnAttributes } = leaf;
      return JSON.stringify([kind, on === null ? null : selectorKey(on), rule.oid, value, dnAttributes]);
    }
    default:
      return JSON.stringify([leaf.kind, selectorKey(leaf.on), leaf.rule.oid, leaf.value]);
  }
}

function selectorKey({ type, options }: AttributeSelector): string {
  return [type.oid, ...options].join(';');
}
