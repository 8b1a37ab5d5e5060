// The schema as the read model uses it (RFC 4512 section 4): attribute types, object classes, syntaxes, matching
// rules, resolved and interned. schema_parser.ts reads the text in schema/ldap/ and builds it.

/** A matching rule over octets. Normal forms are strings (latin1 where the value is binary) so that they key maps. */
export interface MatchingRule {
  readonly oid: string;
  readonly name: string;
  readonly syntax: string; // OID of the assertion syntax
  readonly attributeSyntaxes: readonly string[]; // OIDs: of the attributes it can be asked of (RFC 4512 4.1.4)
  readonly kind: 'equality' | 'ordering' | 'substrings';
  /** Normal form of a stored value or a whole assertion; null when it does not conform to the syntax. */
  normalise(value: Buffer): string | null;
  /** Normal form of one part of a substrings assertion (RFC 4518 section 2.6); null as above. */
  normalisePart(part: Buffer, position: 'initial' | 'any' | 'final'): string | null;
  /** Order of two normal forms; negative, zero, positive. */
  compare(left: string, right: string): number;
}

export interface Syntax {
  readonly oid: string;
  readonly description: string;
  /** True when the octets are a value of this syntax. */
  conforms(value: Buffer): boolean;
  /** Values are carried under the `;binary` option (RFC 4522). */
  readonly binary: boolean;
}

export interface AttributeType {
  readonly oid: string;
  readonly names: readonly string[]; // first is the one we send; may be empty: then the OID
  readonly name: string; // names[0] ?? oid
  readonly superior: AttributeType | null;
  readonly syntax: Syntax;
  readonly equality: MatchingRule | null;
  readonly ordering: MatchingRule | null;
  readonly substrings: MatchingRule | null;
  readonly singleValue: boolean;
  readonly noUserModification: boolean;
  readonly operational: boolean;
  readonly definition: string; // RFC 4512 text, as the subschema shows it
}

export interface ObjectClass {
  readonly oid: string;
  readonly names: readonly string[];
  readonly name: string;
  readonly superiors: readonly ObjectClass[];
  readonly kind: 'ABSTRACT' | 'STRUCTURAL' | 'AUXILIARY';
  readonly must: readonly AttributeType[]; // own and inherited
  readonly may: readonly AttributeType[];
  readonly definition: string;
}

/** An attribute type with its options, interned: the same description is the same object. */
export interface AttributeDescription {
  readonly index: number; // dense, from 0
  readonly type: AttributeType;
  readonly options: readonly string[]; // lower case, sorted
  readonly name: string; // 'cn;lang-zh-hant', as sent
  readonly octets: Buffer; // name, as sent
}

export interface Schema {
  /** By any name or OID, regardless of case; undefined when nobody defined it. */
  attributeType(name: string): AttributeType | undefined;
  objectClass(name: string): ObjectClass | undefined;
  matchingRule(name: string): MatchingRule | undefined;
  /** Interns `name;option;…`; undefined when the type is unknown or an option is malformed. */
  describe(description: string): AttributeDescription | undefined;
  /** All descriptions interned so far, by index. */
  readonly descriptions: readonly AttributeDescription[];
  /** True when `type` is `ancestor` or inherits from it. */
  isSubtype(type: AttributeType, ancestor: AttributeType): boolean;
  readonly attributeTypes: readonly AttributeType[];
  readonly objectClasses: readonly ObjectClass[];
  readonly matchingRules: readonly MatchingRule[];
  readonly syntaxes: readonly Syntax[];
}
