// Normal forms of one entry's values, each made once however many leaves of a filter ask for it. Whoever asks about
// another entry makes it forget; the server's own entries, which never change, have one of their own each.
import type { MatchingRule } from './schema.ts';

/** Entries with more octets than this are asked value by value: what is remembered of them would be as large. */
const largestWire = 64 * 1024;

export class NormalForms {
  readonly #remembersAll: boolean;
  readonly #byRule = new Map<MatchingRule, Map<number, string | null>>();
  #wire: Buffer | null = null;

  /** `remembersAll`: for an entry of the server's own, however large. */
  constructor(remembersAll = false) {
    this.#remembersAll = remembersAll;
  }

  /** Normal form of the value at `start` of an entry's attributes; null when it does not conform. */
  of(rule: MatchingRule, wire: Buffer, start: number, end: number): string | null {
    if (wire !== this.#wire) {
      this.#wire = wire;
      this.#byRule.clear();
    }
    if (wire.length > largestWire && !this.#remembersAll) return rule.normalise(wire.subarray(start, end));
    let forms = this.#byRule.get(rule);
    if (forms === undefined) {
      forms = new Map();
      this.#byRule.set(rule, forms);
    }
    let form = forms.get(start);
    if (form === undefined) {
      form = rule.normalise(wire.subarray(start, end));
      forms.set(start, form);
    }
    return form;
  }
}
