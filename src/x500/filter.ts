// Search filters (RFC 4511 4.5.1.7), checked against the schema: attributes resolved, assertions in normal form.
// UncheckedFilter comes from the wire or from text; check_filter.ts makes a Filter of it; match_filter.ts decides.
import type { AttributeType, MatchingRule } from './schema.ts';

/** Which descriptions of an entry an assertion speaks of: the type, its subtypes, with at least these options. */
export interface AttributeSelector {
  readonly type: AttributeType;
  readonly options: readonly string[];
}

/** A filter that can only be evaluated, never fail: what could not be resolved became `undefined`. */
export type Filter =
  | { readonly kind: 'and' | 'or'; readonly filters: readonly Filter[] }
  | { readonly kind: 'not'; readonly filter: Filter }
  | {
      readonly kind: 'equality';
      readonly on: AttributeSelector;
      readonly rule: MatchingRule;
      readonly value: string;
    }
  | {
      readonly kind: 'greater_or_equal' | 'less_or_equal';
      readonly on: AttributeSelector;
      readonly rule: MatchingRule;
      readonly value: string;
    }
  | { readonly kind: 'present'; readonly on: AttributeSelector }
  | {
      readonly kind: 'substrings';
      readonly on: AttributeSelector;
      readonly rule: MatchingRule;
      readonly initial: string | null;
      readonly any: readonly string[];
      readonly final: string | null;
    }
  | {
      readonly kind: 'extensible';
      /** null: every attribute that the rule applies to. */
      readonly on: AttributeSelector | null;
      readonly rule: MatchingRule;
      readonly value: string;
      readonly dnAttributes: boolean;
    }
  /** Evaluates to Undefined (RFC 4511 4.5.1.7): unknown attribute or rule, or a value that breaks the syntax. */
  | { readonly kind: 'undefined' };
