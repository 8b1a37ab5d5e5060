// A search filter as an asker sent it (RFC 4511 4.5.1.7), before the schema was asked about anything in it: attribute
// descriptions may be undefined, assertion values may break their syntax. `filter.ts` turns it into a checked Filter;
// nothing else may evaluate it.

/**
 * A filter nobody has checked. Attribute descriptions and matching rules are the sender's text; values are octets and
 * may be views of the request they came in, so whoever keeps one longer than the operation copies it.
 */
export type UncheckedFilter =
  | UncheckedSetFilter
  | UncheckedNotFilter
  | UncheckedAssertionFilter
  | UncheckedPresentFilter
  | UncheckedSubstringsFilter
  | UncheckedExtensibleFilter;

/** `(&…)` and `(|…)`. `filters` may be empty: RFC 4526 reads `(&)` as True and `(|)` as False. */
export type UncheckedSetFilter = { kind: 'and' | 'or'; filters: UncheckedFilter[] };

/** `(!…)`. */
export type UncheckedNotFilter = { kind: 'not'; filter: UncheckedFilter };

/** An AttributeValueAssertion: `(a=v)`, `(a>=v)`, `(a<=v)`, `(a~=v)`. */
export type UncheckedAssertionFilter = {
  kind: 'equality' | 'greater_or_equal' | 'less_or_equal' | 'approximate';
  /** Attribute description, options included: `cn;lang-en`. */
  attribute: string;
  value: Buffer;
};

/** `(a=*)`. */
export type UncheckedPresentFilter = { kind: 'present'; attribute: string };

/** `(a=initial*any*any*final)`; at least one part is there. */
export type UncheckedSubstringsFilter = {
  kind: 'substrings';
  attribute: string;
  initial: Buffer | null;
  any: Buffer[];
  final: Buffer | null;
};

/** `(a:dn:rule:=v)`; `rule` and `attribute` are not both null (RFC 4511 4.5.1.7.7). */
export type UncheckedExtensibleFilter = {
  kind: 'extensible';
  /** Name or dotted OID of a matching rule; null asks for the attribute's equality rule. */
  rule: string | null;
  /** Null asks for every attribute the rule applies to. */
  attribute: string | null;
  value: Buffer;
  /** True when the attributes of the entry's DN take part. */
  dnAttributes: boolean;
};
