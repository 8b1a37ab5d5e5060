// What is shown of a suspended person to readers whom the state does not concern: a name and no more. A name alone must not
// become the mark by which the suspended are found, so whatever is withheld is neither true nor false in a filter but
// Undefined (RFC 4511 4.5.1.7), as what is not known: `(uid=*)` does not find the person, and neither does `(!(uid=*))`.
// In three-valued logic what is true while something is undefined stays true whatever that turns out to be. So no filter
// finds a suspended person without finding everybody else of that name, whatever the others show.
// The time of the last change is withheld too: it is the time of the suspension.
import type { Filter } from './filter.ts';
import type { AttributeType, Schema } from './schema.ts';

/** The state is for whoever may see it anyway. */
const nameAttributes: ReadonlySet<string> = new Set([
  ...['objectClass', 'cn', 'sn', 'givenName', 'displayName', 'bauhiniaAccountState'],
  ...['structuralObjectClass', 'entryUUID', 'entryDN', 'subschemaSubentry'],
]);

export function isPartOfName(type: AttributeType): boolean {
  return nameAttributes.has(type.name);
}

/** The filter as it is asked of such an entry: what it asks of withheld attributes is Undefined unless it is true. */
export function filterByName(schema: Schema, filter: Filter): Filter {
  const decidable = new Map<AttributeType, boolean>();
  const isDecidable = (type: AttributeType): boolean => {
    let known = decidable.get(type);
    if (known === undefined) {
      known = schema.attributeTypes.every((one) => !schema.isSubtype(one, type) || isPartOfName(one));
      decidable.set(type, known);
    }
    return known;
  };
  const ask = (part: Filter): Filter => {
    switch (part.kind) {
      case 'and':
      case 'or':
        return { kind: part.kind, filters: part.filters.map(ask) };
      case 'not':
        return { kind: 'not', filter: ask(part.filter) };
      case 'undefined':
        return part;
      default:
        if (part.on !== null && isDecidable(part.on.type)) return part;
        return { kind: 'or', filters: [part, { kind: 'undefined' }] };
    }
  };
  return ask(filter);
}
