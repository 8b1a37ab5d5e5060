import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import fc from 'fast-check';
import { isOperationError } from '../../src/errors.ts';
import { packageRoot } from '../../src/package_root.ts';
import { checkFilter } from '../../src/x500/check_filter.ts';
import { parseFilter, printFilter } from '../../src/x500/filter_text.ts';
import { createMatcher, matchFilter, type Truth } from '../../src/x500/match_filter.ts';
import type { UncheckedFilter } from '../../src/x500/unchecked_filter.ts';
import { everything, makeEntry, schema, seeing } from './entries.ts';

interface Vectors {
  valid: { text: string; filter: unknown }[];
  invalid: string[];
}
const vectors = JSON.parse(readFileSync(join(packageRoot, 'test/vectors/rfc4515.json'), 'utf8')) as Vectors;
const readable = (filter: UncheckedFilter): unknown =>
  JSON.parse(
    JSON.stringify(filter, function (this: Record<string, unknown>, key, value: unknown) {
      const original = this[key];
      return Buffer.isBuffer(original) ? original.toString() : value;
    }),
  );
const refusal = (action: () => unknown): unknown => {
  try {
    action();
  } catch (error) {
    return error;
  }
  return undefined;
};

describe('filters as text (RFC 4515)', () => {
  for (const { text, filter } of vectors.valid) {
    it(`reads ${text}`, () => {
      expect(readable(parseFilter(text))).to.deep.equal(filter);
      expect(readable(parseFilter(printFilter(parseFilter(text))))).to.deep.equal(filter);
    });
  }
  for (const text of vectors.invalid) {
    it(`refuses ${JSON.stringify(text)}`, () => {
      const error = refusal(() => parseFilter(text));
      expect(isOperationError(error, 'invalid_request'), String(error)).to.equal(true);
    });
  }

  it('reads octets that are no text', () => {
    const filter = parseFilter('(bin=\\00\\00\\00\\04\\ff)');
    expect(filter).to.deep.include({ kind: 'equality', value: Buffer.from([0, 0, 0, 4, 255]) });
    expect(printFilter(filter)).to.equal('(bin=\\00\\00\\00\\04\\ff)');
  });

  it('limits nesting and length', () => {
    const nested = (levels: number) => `${'(!'.repeat(levels)}(cn=x)${')'.repeat(levels)}`;
    expect(parseFilter(nested(60)).kind).to.equal('not');
    expect(
      isOperationError(
        refusal(() => parseFilter(nested(100_00))),
        'invalid_request',
      ),
    ).to.equal(true);
    expect(
      isOperationError(
        refusal(() => parseFilter(`(cn=${'x'.repeat(70_000)})`)),
        'invalid_request',
      ),
    ).to.equal(true);
  });

  it('writes any filter so that it is read again', () => {
    const value = fc.uint8Array({ maxLength: 8 }).map((octets) => Buffer.from(octets));
    const some = fc.uint8Array({ minLength: 1, maxLength: 8 }).map((octets) => Buffer.from(octets));
    const attribute = fc.constantFrom('cn', 'cn;lang-en', '2.5.4.3');
    const { filter } = fc.letrec<{ filter: UncheckedFilter }>((tie) => ({
      filter: fc.oneof(
        { maxDepth: 3 },
        fc.record({
          kind: fc.constantFrom(
            'equality' as const,
            'greater_or_equal' as const,
            'less_or_equal' as const,
            'approximate' as const,
          ),
          attribute,
          value,
        }),
        fc.record({ kind: fc.constant('present' as const), attribute }),
        fc.record({
          kind: fc.constant('substrings' as const),
          attribute,
          initial: some,
          any: fc.array(some),
          final: fc.option(some),
        }),
        fc.record({
          kind: fc.constant('extensible' as const),
          attribute,
          rule: fc.option(fc.constant('caseExactMatch')),
          value,
          dnAttributes: fc.boolean(),
        }),
        fc.record({
          kind: fc.constantFrom('and' as const, 'or' as const),
          filters: fc.array(tie('filter'), { maxLength: 3 }),
        }),
        fc.record({ kind: fc.constant('not' as const), filter: tie('filter') }),
      ),
    }));
    fc.assert(
      fc.property(filter, (any) => {
        expect(parseFilter(printFilter(any))).to.deep.equal(any);
      }),
    );
  });
});

const person = makeEntry(
  {
    objectClass: ['top', 'person', 'organizationalPerson', 'inetOrgPerson', 'bauhiniaPerson'],
    uid: ['tmchan'],
    cn: ['Nathan CHAN Tai-man', 'CHAN Tai-man'],
    'cn;lang-zh-hant': ['陳大文'],
    sn: ['Chan'],
    mail: ['tmchan@csb.gov.hk'],
    telephoneNumber: ['+852 2867 4608'],
    bauhiniaClearance: ['CONFIDENTIAL'],
    entryUUID: ['597ae2f6-16a6-1027-98f4-d28b5365dc14'],
    modifyTimestamp: ['20261122034131Z'],
  },
  'uid=tmchan,ou=people,dc=gov,dc=hk',
);

const decide = (text: string, visibility = everything, entry = person): Truth =>
  matchFilter(schema, entry, checkFilter(schema, parseFilter(text)), visibility);

describe('filters on entries (RFC 4511 4.5.1.7)', () => {
  const decisions: [string, Truth][] = [
    ['(uid=TMChan)', true],
    ['(userid=tmchan)', true],
    ['(0.9.2342.19200300.100.1.1=tmchan)', true],
    ['(uid=other)', false],
    ['(cn=陳大文)', true],
    ['(cn;lang-zh-hant=陳大文)', true],
    ['(cn;lang-zh-=陳*)', true],
    ['(cn;lang-en=陳大文)', false],
    ['(cn;lang-zh-hant=CHAN Tai-man)', false],
    ['(name=chan)', true],
    ['(name;lang-zh-hant=*)', true],
    ['(objectClass=*)', true],
    ['(OBJECTCLASS=PERSON)', true],
    ['(objectClass=2.5.6.6)', true],
    ['(objectClass=groupOfNames)', false],
    ['(objectClass=nobodyDefinedThis)', undefined],
    ['(telephoneNumber=+85228674608)', true],
    ['(telephoneNumber=*2867-46*)', true],
    ['(mail=*@CSB.gov.hk)', true],
    ['(modifyTimestamp>=20261122034131Z)', true],
    ['(modifyTimestamp>=20261122034132Z)', false],
    ['(modifyTimestamp<=20261122114131+0800)', true],
    ['(entryUUID=597AE2F6-16A6-1027-98F4-D28B5365DC14)', true],
    ['(entryUUID=nonsense)', undefined],
    ['(nobodyDefinedThis=x)', undefined],
    ['(nobodyDefinedThis=*)', undefined],
    ['(cn;;bad=x)', undefined],
    ['(cn>=a)', undefined],
    ['(facsimileTelephoneNumber=x)', undefined],
    ['(member=*x*)', undefined],
    ['(description=x)', false],
    ['(description=*)', false],
    ['(!(description=*))', true],
    ['(!(nobodyDefinedThis=x))', undefined],
    ['(&)', true],
    ['(|)', false],
    ['(cn~=chan tai man)', true],
    ['(cn~=tai man chan)', false],
    ['(cn=chan tai man)', false],
    ['(mail~=TMCHAN@csb.gov.hk)', true],
    ['(cn:caseExactMatch:=CHAN Tai-man)', true],
    ['(cn:caseExactMatch:=chan tai-man)', false],
    ['(cn:bauhiniaNameMatch:=Chan Tai Man)', true],
    ['(cn:=chan tai-man)', true],
    ['(cn:caseIgnoreSubstringsMatch:=nathan\\2aman)', true],
    ['(cn:nobodyDefinedThis:=x)', undefined],
    ['(cn:integerMatch:=1)', undefined],
    ['(:caseIgnoreMatch:=陳大文)', true],
    ['(:caseIgnoreMatch:=nobody)', false],
    ['(ou:dn:=people)', true],
    ['(ou:=people)', false],
    ['(dc:dn:=gov)', true],
    ['(:dn:caseIgnoreIA5Match:=gov)', true],
    ['(name:dn:=people)', true],
    ['(modifyTimestamp:generalizedTimeOrderingMatch:=20270101000000Z)', true],
    ['(modifyTimestamp:generalizedTimeOrderingMatch:=20260101000000Z)', false],
  ];
  for (const [text, truth] of decisions)
    it(`${text} is ${truth}`, () => expect(decide(text)).to.equal(truth));

  const items = { true: '(uid=tmchan)', false: '(uid=x)', undefined: '(x=y)' } as const;
  const table: [keyof typeof items, keyof typeof items, Truth, Truth][] = [
    ['true', 'true', true, true],
    ['true', 'false', false, true],
    ['true', 'undefined', undefined, true],
    ['false', 'false', false, false],
    ['false', 'undefined', false, undefined],
    ['undefined', 'undefined', undefined, undefined],
  ];
  for (const [left, right, and, or] of table) {
    it(`${left} and ${right} is ${and}, ${left} or ${right} is ${or}`, () => {
      for (const [first, second] of [
        [left, right],
        [right, left],
      ] as const) {
        expect(decide(`(&${items[first]}${items[second]})`)).to.equal(and);
        expect(decide(`(|${items[first]}${items[second]})`)).to.equal(or);
      }
    });
  }

  it('refuses nesting past the limit, whoever built it', () => {
    let filter: UncheckedFilter = { kind: 'present', attribute: 'cn' };
    for (let level = 0; level < 200; level++) filter = { kind: 'not', filter };
    expect(
      isOperationError(
        refusal(() => checkFilter(schema, filter)),
        'admin_limit_exceeded',
      ),
    ).to.equal(true);
  });

  it('finds one member among many thousand', () => {
    const member = Array.from({ length: 20_000 }, (_, at) => `uid=u${at},ou=people,dc=gov,dc=hk`);
    const group = makeEntry({ cn: ['all'], member });
    expect(decide('(member=UID=U19999, ou=People,dc=gov,dc=hk)', everything, group)).to.equal(true);
    expect(decide('(member=uid=u20000,ou=people,dc=gov,dc=hk)', everything, group)).to.equal(false);
  });
});

describe('filters and what the reader may not see', () => {
  const without = makeEntry({ objectClass: ['top', 'person'], uid: ['tmchan'], sn: ['Chan'] });
  const reader = seeing(['objectclass', 'uid', 'cn']);
  for (const text of [
    '(bauhiniaClearance=CONFIDENTIAL)',
    '(bauhiniaClearance=*)',
    '(!(bauhiniaClearance=CONFIDENTIAL))',
    '(bauhiniaClearance=CONF*)',
    '(:caseIgnoreMatch:=CONFIDENTIAL)',
    '(bauhiniaClearance:caseExactMatch:=CONFIDENTIAL)',
    '(modifyTimestamp>=20200101000000Z)',
  ]) {
    it(`${text} says nothing`, () => expect(decide(text, reader)).to.equal(decide(text, reader, without)));
  }

  it('shows readers more of their own entry', () => {
    const own = seeing(['uid'], ['bauhiniaclearance'], person.uuid);
    const matcher = createMatcher(schema, checkFilter(schema, parseFilter('(bauhiniaClearance=*)')), own);
    expect(matcher(person)).to.equal(true);
    expect(matcher({ ...person, uuid: 'another' })).to.equal(false);
    expect(matcher({ ...person, kind: 'post' })).to.equal(false);
  });
});
