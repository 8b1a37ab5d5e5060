// Filters of any shape, made smaller and decided piece by piece, say what the filter as it came says at once.
import { expect } from 'chai';
import fc from 'fast-check';
import { checkFilter } from '../../src/x500/check_filter.ts';
import type { Filter } from '../../src/x500/filter.ts';
import { parseFilter } from '../../src/x500/filter_text.ts';
import { compileForJudging, holdEntry, judge } from '../../src/x500/judge_filter.ts';
import { matchFilter, type Truth } from '../../src/x500/match_filter.ts';
import { hasMoreParts, simplifyFilter } from '../../src/x500/simplify_filter.ts';
import { everything, makeEntry, schema, seeing } from './entries.ts';

const dnOf = (number: number) => `uid=u${number},ou=people,dc=gov,dc=hk`;
const officer = makeEntry({
  objectClass: ['person', 'organizationalPerson', 'inetOrgPerson'],
  cn: ['CHAN Tai-man', '陳大文'],
  sn: ['CHAN'],
  uid: ['tmchan'],
  mail: ['tmchan@csb.gov.hk'],
  title: ['Administrative Officer'],
});
const group = makeEntry({
  objectClass: ['groupOfNames'],
  cn: ['CSB-all'],
  member: Array.from({ length: 5_000 }, (_, number) => dnOf(number)),
});
const entries = [officer, group];
const readers = [everything, seeing(['cn', 'mail', 'objectclass']), seeing([])];

const leaf = fc.constantFrom(
  ...['(cn=chan tai-man)', '(cn=*tai*)', '(cn=CSB-*)', '(sn>=A)', '(mail=*)', '(mail=TMCHAN@csb.gov.hk)'],
  ...['(title=officer)', '(description=*)', '(nobodyDefinedThis=x)', '(uid:caseExactMatch:=tmchan)'],
  ...['(objectClass=person)', '(objectClass=groupOfNames)', '(:caseIgnoreMatch:=陳大文)'],
  ...[0, 4_999, 5_000].map((number) => `(member=${dnOf(number)})`),
);
const text = fc.letrec<{ filter: string }>((tie) => ({
  filter: fc.oneof(
    { maxDepth: 5, depthSize: 'medium', withCrossShrink: true },
    leaf,
    fc.array(tie('filter'), { maxLength: 8 }).map((parts) => `(&${parts.join('')})`),
    fc.array(tie('filter'), { maxLength: 8 }).map((parts) => `(|${parts.join('')})`),
    tie('filter').map((part) => `(!${part})`),
  ),
})).filter;
const filterOf = (given: string): Filter => checkFilter(schema, parseFilter(given));

function partsOf(filter: Filter): number {
  for (let parts = 0; ; parts++) if (!hasMoreParts(filter, parts)) return parts;
}

/** The answer, and how many pieces it took. */
function decided(filter: Filter, entry: (typeof entries)[number], reader: (typeof readers)[number]) {
  const pieces = judge(compileForJudging(schema, filter, reader), holdEntry(entry));
  for (let count = 1; ; count++) {
    const piece = pieces.next();
    if (piece.done === true) return { truth: piece.value as Truth, pieces: count };
  }
}

describe('deciding a filter', () => {
  it('says the same after repetitions are taken out, which never adds a part', () => {
    fc.assert(
      fc.property(text, (given) => {
        const filter = filterOf(given);
        const simple = simplifyFilter(filter);
        expect(partsOf(simple)).to.be.at.most(partsOf(filter));
        for (const entry of entries) {
          const truth = matchFilter(schema, entry, filter, everything);
          expect(matchFilter(schema, entry, simple, everything), given).to.equal(truth);
        }
      }),
      { numRuns: 500 },
    );
  });

  it('says the same piece by piece, whoever reads', () => {
    fc.assert(
      fc.property(text, (given) => {
        const filter = filterOf(given);
        for (const entry of entries) {
          for (const reader of readers) {
            const truth = matchFilter(schema, entry, filter, reader);
            expect(decided(filter, entry, reader).truth, given).to.equal(truth);
          }
        }
      }),
      { numRuns: 200 },
    );
  });

  it('leaves one of a thousand equal parts, whatever stands around them', () => {
    const many = '(cn=a)'.repeat(1_000);
    expect(partsOf(simplifyFilter(filterOf(`(|${many}(|(cn=A)${many})(!(!(cn=a))))`)))).to.equal(1);
    const either = '(|(sn=b)(cn=a))(|(cn=a)(sn=b))';
    expect(partsOf(simplifyFilter(filterOf(`(&${either.repeat(3)})`)))).to.equal(3);
    expect(partsOf(simplifyFilter(filterOf(`(|${'(cn=a)(CN=A)(2.5.4.3=a)'.repeat(9)})`)))).to.equal(1);
  });

  it('looks at the members of a large group in pieces, and stops at the first that is meant', () => {
    const last = decided(filterOf(`(member=${dnOf(4_999)})`), group, everything);
    expect(last.truth).to.equal(true);
    expect(last.pieces).to.be.above(2);
    expect(decided(filterOf(`(member=${dnOf(0)})`), group, everything)).to.deep.equal({
      truth: true,
      pieces: 1,
    });
  });
});
