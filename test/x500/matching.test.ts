import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import fc from 'fast-check';
import { packageRoot } from '../../src/package_root.ts';
import { checkFilter } from '../../src/x500/check_filter.ts';
import { matchFilter } from '../../src/x500/match_filter.ts';
import type { MatchingRule } from '../../src/x500/schema.ts';
import { everything, makeEntry, schema } from './entries.ts';

type Pair = [rule: string, left: string, right: string];
type Substrings = [value: string, initial: string | null, any: string[], final: string | null];
interface Vectors {
  equal: Pair[];
  different: Pair[];
  malformed: [string, string][];
  ascending: [string, ...string[]][];
  substrings: { match: Substrings[]; noMatch: Substrings[] };
}
const vectors = JSON.parse(readFileSync(join(packageRoot, 'test/vectors/matching.json'), 'utf8')) as Vectors;

function rule(name: string): MatchingRule {
  const found = schema.matchingRule(name);
  if (found === undefined) throw new Error(`no matching rule ${name}`);
  return found;
}
const normal = (name: string, value: string) => rule(name).normalise(Buffer.from(value));

describe('matching rules (RFC 4517 4.2, RFC 4518)', () => {
  for (const [name, left, right] of vectors.equal) {
    it(`${name}: ${left} = ${right}`, () => {
      expect(normal(name, left)).to.be.a('string').and.equal(normal(name, right));
    });
  }
  for (const [name, left, right] of vectors.different) {
    it(`${name}: ${left} is not ${right}`, () => {
      expect(normal(name, left)).to.be.a('string');
      expect(normal(name, left)).to.not.equal(normal(name, right));
    });
  }
  for (const [name, value] of vectors.malformed) {
    it(`${name}: ${JSON.stringify(value)} does not conform`, () => {
      expect(normal(name, value)).to.equal(null);
    });
  }
  for (const [name, ...values] of vectors.ascending) {
    it(`${name}: ${values.join(' < ')}`, () => {
      const forms = values.map((value) => normal(name, value) ?? '');
      forms.slice(1).forEach((form, at) => {
        expect(rule(name).compare(forms[at] ?? '', form), `${forms[at]} < ${form}`).to.be.below(0);
        expect(rule(name).compare(form, forms[at] ?? '')).to.be.above(0);
      });
    });
  }

  it('takes no octets that are not UTF-8', () => {
    for (const octets of [[0xff], [0xc0, 0x80], [0xed, 0xa0, 0x80], [0xf4, 0x90, 0x80, 0x80]]) {
      expect(rule('caseIgnoreMatch').normalise(Buffer.from(octets))).to.equal(null);
    }
  });

  it('has normal forms that are their own', () => {
    const names = [
      'caseIgnoreMatch',
      'caseExactMatch',
      'telephoneNumberMatch',
      'bauhiniaNameMatch',
      'numericStringMatch',
    ];
    fc.assert(
      fc.property(fc.constantFrom(...names), fc.string({ unit: 'binary' }), (name, value) => {
        const form = normal(name, value);
        if (form !== null) expect(normal(name, form)).to.equal(form);
      }),
      { numRuns: 1000 },
    );
  });
});

describe('substrings (RFC 4518 2.6.1)', () => {
  const decide = ([value, initial, any, final]: Substrings) => {
    const octets = (part: string | null) => (part === null ? null : Buffer.from(part));
    const filter = checkFilter(schema, {
      kind: 'substrings',
      attribute: 'cn',
      initial: octets(initial),
      any: any.map((part) => Buffer.from(part)),
      final: octets(final),
    });
    return matchFilter(schema, makeEntry({ cn: [value] }), filter, everything);
  };
  for (const vector of vectors.substrings.match) {
    it(`finds ${JSON.stringify(vector)}`, () => expect(decide(vector)).to.equal(true));
  }
  for (const vector of vectors.substrings.noMatch) {
    it(`does not find ${JSON.stringify(vector)}`, () => expect(decide(vector)).to.equal(false));
  }
});
