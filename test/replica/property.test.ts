// Planner, indexes and cursor against the definition: whatever the filter, scope, page size and history, a search finds
// what match_filter.ts says of every entry, each once.
import { expect } from 'chai';
import fc from 'fast-check';
import { systemClock } from '../../src/clock.ts';
import type { Visibility } from '../../src/directory/access.ts';
import { wholeDirectory } from '../../src/directory/visibility.ts';
import { silentLog } from '../../src/log.ts';
import { openReplica, type Replica } from '../../src/replica/replica.ts';
import { checkFilter } from '../../src/x500/check_filter.ts';
import type { Entry } from '../../src/x500/entry.ts';
import { parseFilter } from '../../src/x500/filter_text.ts';
import { loadSchema } from '../../src/x500/load_schema.ts';
import { matchFilter } from '../../src/x500/match_filter.ts';
import type { ObjectReference, PublishedRecord } from '../../src/x500/published.ts';
import type { SearchScope } from '../../src/x500/read_model.ts';
import { isVisibleEntry } from '../../src/x500/visible_entry.ts';
import { MemorySource } from './memory_source.ts';
import { group, organisation, organisationCount, person, post, unit, uuidFor } from './records.ts';

const schema = loadSchema();
const suffix = 'dc=gov,dc=hk';
const range = (count: number): number[] => Array.from({ length: count }, (_, number) => number);
const people = 60;
const groups = 5;

const addressBook: Visibility = {
  attributes: new Set(['objectclass', 'cn', 'sn', 'mail', 'displayname', 'member', 'modifytimestamp', 'ou']),
  kinds: new Set(['suffix', 'container', 'organisation', 'post', 'person', 'group']),
  population: new Set(range(organisationCount - 6).map((number) => uuidFor(`ORG${number}`))),
  self: uuidFor('person 7'),
  formerStaff: false,
  scopes: [],
  selfAttributes: new Set(['telephonenumber', 'employeenumber', 'uid']),
};

const baseRecords = (): PublishedRecord[] => [
  ...range(organisationCount).map(organisation),
  ...range(10).map(unit),
  ...range(12).map((number) => post(number, [`u${String(number).padStart(6, '0')}`])),
  ...range(people).map((number) => person(number)),
  ...range(groups).map((number) => group(number, number === 1 ? 5_001 : null)),
];

// Filters out of what the records hold, and of what they nearly hold.
const values: Record<string, readonly string[]> = {
  uid: ['u000007', 'U000012', 'u000099', 'u00'],
  cn: ['Ada LEE Tai-man', 'lee', 'group-1', '陳冠中', 'P3'],
  'cn;lang-zh-hant': ['陳冠中', '黃美玲'],
  sn: ['Chan', 'WONG', 'au  yeung', 'zz'],
  name: ['chan', 'Executive Officer I', 'group-2'],
  givenName: ['Tai-man', 'Ada'],
  mail: ['ada.lee7@org3.gov.hk', 'x.chan3@org1.gov.hk'],
  displayName: ['CHAN', 'Nathan WONG Mei-ling'],
  telephoneNumber: ['+852 2867 1003', '28671003'],
  employeeNumber: ['S100007', 's100012'],
  departmentNumber: ['ORG3', 'org0'],
  ou: ['ORG1', 'people', 'U3'],
  objectClass: ['inetOrgPerson', 'groupOfNames', 'organizationalUnit', 'posixGroup', 'unknownClass'],
  entryUUID: [uuidFor('person 3'), uuidFor('group 1')],
  entryDN: [`uid=u000004,ou=people,${suffix}`],
  member: [`uid=u000003,ou=people,${suffix}`, `cn=group-1,ou=groups,${suffix}`, `uid=none,${suffix}`],
  memberOf: [`cn=group-0,ou=groups,${suffix}`, `cn=group-2,ou=groups,${suffix}`],
  memberUid: ['u000003', 'U000003'],
  roleOccupant: [`uid=u000003,ou=people,${suffix}`],
  gidNumber: ['5001', '05'],
  bauhiniaClearance: ['RESTRICTED'],
  modifyTimestamp: ['20260101000700Z', '20260101003000Z', '20260102000000+0800'],
  hasSubordinates: ['TRUE', 'FALSE'],
  numSubordinates: ['0', '6'],
  description: ['Those of matter 1'],
  noSuchAttribute: ['x'],
};

const escaped = (text: string): string =>
  text.replace(/[\\()*\0]/g, (one) => `\\${one.charCodeAt(0).toString(16)}`);

const leaf = fc.constantFrom(...Object.keys(values)).chain((name) => {
  const value = fc.constantFrom(...(values[name] ?? []));
  const piece = fc.tuple(value, fc.nat(12), fc.integer({ min: 1, max: 6 })).map(([text, from, length]) => {
    const start = from % text.length;
    return escaped(text.slice(start, start + length));
  });
  const parts = fc.tuple(
    fc.option(piece, { nil: '' }),
    fc.array(piece, { maxLength: 2 }),
    fc.option(piece, { nil: '' }),
  );
  return fc.oneof(
    { weight: 4, arbitrary: value.map((text) => `(${name}=${escaped(text)})`) },
    {
      weight: 4,
      arbitrary: parts.map(([first, any, last]) => {
        const middle = any.map((one) => `${one}*`).join('');
        return `(${name}=${first}*${middle}${last})`;
      }),
    },
    { weight: 1, arbitrary: fc.constant(`(${name}=*)`) },
    { weight: 2, arbitrary: value.map((text) => `(${name}>=${escaped(text)})`) },
    { weight: 2, arbitrary: value.map((text) => `(${name}<=${escaped(text)})`) },
    { weight: 1, arbitrary: value.map((text) => `(${name}~=${escaped(text)})`) },
  );
});

const { filter: filterText } = fc.letrec<{ filter: string }>((tie) => ({
  filter: fc.oneof(
    { maxDepth: 3, depthIdentifier: 'filter' },
    { weight: 3, arbitrary: leaf },
    {
      weight: 1,
      arbitrary: fc.array(tie('filter'), { maxLength: 3 }).map((parts) => `(&${parts.join('')})`),
    },
    {
      weight: 1,
      arbitrary: fc.array(tie('filter'), { maxLength: 3 }).map((parts) => `(|${parts.join('')})`),
    },
    { weight: 1, arbitrary: tie('filter').map((part) => `(!${part})`) },
  ),
}));

const bases = [
  suffix,
  `ou=people,${suffix}`,
  `ou=organisations,${suffix}`,
  `ou=ORG0,ou=organisations,${suffix}`,
  `ou=groups,${suffix}`,
  `uid=u000007,ou=people,${suffix}`,
  `cn=group-1,ou=groups,${suffix}`,
];
const question = fc.record({
  text: filterText,
  base: fc.constantFrom(...bases),
  scope: fc.constantFrom<SearchScope>('base', 'one', 'subtree', 'children'),
  visibility: fc.constantFrom(wholeDirectory, addressBook),
});
type Question = typeof question extends fc.Arbitrary<infer Value> ? Value : never;

/** Everything below the suffix, by walking entries that a plain enumeration finds. */
function allEntries(replica: Replica): Entry[] {
  return collect(replica, {
    text: '(objectClass=*)',
    base: suffix,
    scope: 'subtree',
    visibility: wholeDirectory,
  });
}

function inScope(entry: Entry, base: Entry, scope: SearchScope): boolean {
  if (scope === 'base') return entry === base;
  if (scope === 'one') return entry.parent === base;
  if (entry === base) return scope === 'subtree';
  for (let at = entry.parent; at !== null; at = at.parent) if (at === base) return true;
  return false;
}

function collect(replica: Replica, { text, base, scope, visibility }: Question, budget = 7): Entry[] {
  const filter = checkFilter(schema, parseFilter(text));
  const cursor = replica.search({ base, scope, filter, visibility, after: 0 });
  const found: Entry[] = [];
  for (;;) {
    const next = cursor.next(budget);
    if (next === 'end') return found;
    if (next !== 'more') found.push(next);
  }
}

function expected(
  replica: Replica,
  entries: readonly Entry[],
  { text, base, scope, visibility }: Question,
): Entry[] {
  const filter = checkFilter(schema, parseFilter(text));
  const top = replica.entryByDn(base);
  if (top === undefined) return [];
  return entries.filter(
    (entry) =>
      inScope(entry, top, scope) &&
      isVisibleEntry(visibility, entry) &&
      matchFilter(schema, entry, filter, visibility) === true,
  );
}

const dns = (entries: readonly Entry[]): string[] => entries.map((entry) => entry.dn);

function check(replica: Replica, questions: readonly Question[]): void {
  const entries = allEntries(replica);
  expect(entries.length).to.equal(replica.status().entries);
  for (const one of questions) {
    const top = replica.entryByDn(one.base);
    if (top === undefined || !isVisibleEntry(one.visibility, top)) continue;
    const found = collect(replica, one);
    expect(dns(found), JSON.stringify(one)).to.deep.equal(dns(expected(replica, entries, one)));
    const ids = found.map((entry) => entry.id);
    expect(ids).to.deep.equal([...ids].sort((left, right) => left - right));
  }
}

type Step =
  | { do: 'change'; number: number; version: number }
  | { do: 'remove'; number: number }
  | { do: 'join' | 'part'; group: number; number: number }
  | { do: 'nest' | 'unnest'; group: number; inner: number }
  | { do: 'rename'; number: number; name: string };

const groupNumber = fc.nat(groups - 1);
const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({ do: fc.constant('change' as const), number: fc.nat(people + 5), version: fc.nat(5) }),
  fc.record({ do: fc.constant('remove' as const), number: fc.nat(people + 5) }),
  fc.record({ do: fc.constantFrom('join' as const, 'part' as const), group: groupNumber, number: fc.nat(9) }),
  fc.record({
    do: fc.constantFrom('nest' as const, 'unnest' as const),
    group: groupNumber,
    inner: groupNumber,
  }),
  fc.record({
    do: fc.constant('rename' as const),
    number: fc.nat(9),
    name: fc.constantFrom('anna', 'bob', 'u000001x'),
  }),
);

/** What should be true of memberships, kept apart from the replica. */
class Memberships {
  readonly persons = new Map<number, Set<number>>(range(groups).map((number) => [number, new Set()]));
  readonly inner = new Map<number, Set<number>>(range(groups).map((number) => [number, new Set()]));

  /** Group numbers that `member` is in at any depth, by walking every path. */
  closure(isDirect: (group: number) => boolean): number[] {
    const found = new Set(range(groups).filter(isDirect));
    for (let grown = true; grown; ) {
      grown = false;
      for (const outer of range(groups)) {
        if (found.has(outer)) continue;
        if ([...found].some((held) => this.inner.get(outer)?.has(held))) {
          found.add(outer);
          grown = true;
        }
      }
    }
    return [...found].sort();
  }
}

function take(source: MemorySource, memberships: Memberships, one: Step): number {
  const groupUuid = 'group' in one ? uuidFor(`group ${one.group}`) : '';
  switch (one.do) {
    case 'change':
      return source.put(person(one.number, one.version));
    case 'remove': {
      const gone: ObjectReference = { kind: 'person', uuid: uuidFor(`person ${one.number}`) };
      return source.remove(gone);
    }
    case 'join':
      memberships.persons.get(one.group)?.add(one.number);
      return source.addMember(groupUuid, { person: uuidFor(`person ${one.number}`) });
    case 'part':
      memberships.persons.get(one.group)?.delete(one.number);
      return source.removeMember(groupUuid, { person: uuidFor(`person ${one.number}`) });
    case 'nest':
      memberships.inner.get(one.group)?.add(one.inner);
      return source.addMember(groupUuid, { member_group: uuidFor(`group ${one.inner}`) });
    case 'unnest':
      memberships.inner.get(one.group)?.delete(one.inner);
      return source.removeMember(groupUuid, { member_group: uuidFor(`group ${one.inner}`) });
    case 'rename': {
      const record = person(one.number);
      const account = record.account === null ? null : { ...record.account, uid: `${one.name}${one.number}` };
      return source.put({ ...record, account });
    }
  }
}

async function opened(
  records: readonly PublishedRecord[],
): Promise<{ source: MemorySource; replica: Replica }> {
  const source = new MemorySource();
  source.put(...records);
  const replica = await openReplica({ source, schema, suffix, clock: systemClock, log: silentLog });
  return { source, replica };
}

function checkMemberships(replica: Replica, memberships: Memberships): void {
  for (const number of range(10)) {
    const entry = replica.entryByUuid('person', uuidFor(`person ${number}`));
    if (entry === undefined) continue;
    const shown = collect(replica, {
      text: `(entryUUID=${entry.uuid})`,
      base: suffix,
      scope: 'subtree',
      visibility: wholeDirectory,
    });
    expect(shown).to.have.length(1);
    const closure = memberships.closure((outer) => memberships.persons.get(outer)?.has(number) === true);
    const held = range(groups).filter((outer) => {
      const text = `(&(memberOf=cn=group-${outer},ou=groups,${suffix})(entryUUID=${entry.uuid}))`;
      const found = collect(replica, { text, base: suffix, scope: 'subtree', visibility: wholeDirectory });
      return found.length === 1;
    });
    expect(held).to.deep.equal(closure);
  }
}

describe('replica: planner, indexes and cursor against RFC 4511 4.5.1 by definition', function () {
  this.timeout(60_000);

  it('finds what the definition finds, before and after any history', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(question, { minLength: 12, maxLength: 12 }),
        fc.array(step, { maxLength: 25 }),
        async (questions, steps) => {
          const { source, replica } = await opened(baseRecords());
          try {
            check(replica, questions);
            const memberships = new Memberships();
            let last = source.last;
            for (const one of steps) last = take(source, memberships, one);
            await replica.reached(last, 5_000);
            check(replica, questions);
            checkMemberships(replica, memberships);
          } finally {
            await replica.close();
          }
          expect(source.listeners).to.equal(0);
        },
      ),
      { numRuns: 60 },
    );
  });

  it('ends like a replica loaded from where the history led', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 30 }), async (steps) => {
        const { source, replica } = await opened(baseRecords());
        const memberships = new Memberships();
        let last = source.last;
        for (const one of steps) last = take(source, memberships, one);
        await replica.reached(last, 5_000);
        const fresh = await openReplica({ source, schema, suffix, clock: systemClock, log: silentLog });
        const image = (one: Replica): string[] =>
          allEntries(one)
            .map((entry) => `${entry.dn} ${valuesOf(entry)}`)
            .sort();
        try {
          expect(image(replica)).to.deep.equal(image(fresh));
        } finally {
          await replica.close();
          await fresh.close();
        }
      }),
      { numRuns: 40 },
    );
  });

  it('shows every entry that stays once, for any page size, while others come and go (RFC 2696)', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 9 }),
        fc.array(step, { minLength: 1, maxLength: 20 }),
        fc.constantFrom(
          '(objectClass=inetOrgPerson)',
          '(cn=*a*)',
          '(|(sn=chan)(mail=*gov*))',
          '(uid>=a)',
          '(uid=u0*)',
        ),
        async (pageSize, steps, text) => {
          const { source, replica } = await opened(baseRecords());
          try {
            const filter = checkFilter(schema, parseFilter(text));
            const query = { base: suffix, scope: 'subtree' as const, filter, visibility: wholeDirectory };
            const untouched = (entry: Entry): boolean =>
              !steps.some((one) => 'number' in one && entry.uuid === uuidFor(`person ${one.number}`)) &&
              entry.kind === 'person';
            const before = dns(
              collect(replica, { text, base: suffix, scope: 'subtree', visibility: wholeDirectory }).filter(
                untouched,
              ),
            );
            const seen: Entry[] = [];
            const pending = [...steps];
            for (let after = 0, ended = false; !ended; ) {
              const cursor = replica.search({ ...query, after });
              for (let page = 0; page < pageSize; ) {
                const next = cursor.next(3);
                const one = pending.shift();
                if (one !== undefined) await replica.reached(take(source, new Memberships(), one), 5_000);
                if (next === 'more') continue;
                ended = next === 'end';
                if (next === 'end') break;
                seen.push(next);
                after = next.id;
                page++;
              }
            }
            const ids = seen.map((entry) => entry.id);
            expect(ids).to.deep.equal([...new Set(ids)]);
            expect(dns(seen.filter(untouched))).to.deep.equal(before);
          } finally {
            await replica.close();
          }
        },
      ),
      { numRuns: 40 },
    );
  });
});

/** Attributes with their values in no particular order: groups list members by the ids they happen to have. */
function valuesOf(entry: Entry): string {
  const wire = entry.wire();
  return entry.layout.descriptions
    .map(({ name }) => name)
    .concat([...wire.toString('latin1')].sort().join(''))
    .join(' ');
}
