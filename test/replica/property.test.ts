// Planner, indexes, views and cursor against the definition: whatever the reader, filter, scope, page size and history, a
// search finds the entries of which the filter is true as far as the reader sees them, each once.
import { expect } from 'chai';
import fc from 'fast-check';
import { systemClock } from '../../src/clock.ts';
import type { Visibility } from '../../src/directory/access.ts';
import { wholeDirectory } from '../../src/directory/visibility.ts';
import { type Log, silentLog } from '../../src/log.ts';
import { openReplica, type Replica } from '../../src/replica/replica.ts';
import { checkFilter } from '../../src/x500/check_filter.ts';
import { encodeEntry, LayoutTable } from '../../src/x500/encode_entry.ts';
import { attributesOf, type Entry, EntryWith, textValues } from '../../src/x500/entry.ts';
import type { Filter } from '../../src/x500/filter.ts';
import { parseFilter } from '../../src/x500/filter_text.ts';
import { loadSchema } from '../../src/x500/load_schema.ts';
import { matchFilter, type Truth } from '../../src/x500/match_filter.ts';
import { projectRecord } from '../../src/x500/projection.ts';
import {
  type ObjectReference,
  type OrganisationRecord,
  type PersonRecord,
  type PublishedRecord,
  referenceOf,
  superiorOf,
  uuidOf,
} from '../../src/x500/published.ts';
import type { SearchScope } from '../../src/x500/read_model.ts';
import { isVisibleEntry } from '../../src/x500/visible_entry.ts';
import { MemorySource } from './memory_source.ts';
import { group, organisation, organisationCount, person, post, unit, uuidFor } from './records.ts';

const schema = loadSchema();
const suffix = 'dc=gov,dc=hk';
const range = (count: number): number[] => Array.from({ length: count }, (_, number) => number);
const people = 60;
const groups = 5;

const populated: Visibility = {
  attributes: new Set(['objectclass', 'cn', 'sn', 'mail', 'displayname', 'member', 'modifytimestamp', 'ou']),
  kinds: new Set(['suffix', 'container', 'organisation', 'post', 'person', 'group']),
  population: new Set(range(organisationCount - 6).map((number) => uuidFor(`ORG${number}`))),
  self: uuidFor('person 7'),
  formerStaff: false,
  scopes: [],
  selfAttributes: new Set(['telephonenumber', 'employeenumber', 'uid']),
};
const officer: Visibility = {
  ...populated,
  attributes: new Set([...(populated.attributes as ReadonlySet<string>), 'manager', 'uid', 'memberof']),
  population: null,
};
/** Administers some organisations and is told clearances and numbers in others. */
const steward: Visibility = {
  ...officer,
  kinds: wholeDirectory.kinds,
  scopes: [
    { organisations: new Set([3, 4, 5].map(organisationUuid)), attributes: 'all', formerStaff: true },
    {
      organisations: new Set([5, 6, 7, 8].map(organisationUuid)),
      attributes: new Set(['employeenumber', 'bauhiniaclearance']),
      formerStaff: false,
    },
  ],
};
const readers = [wholeDirectory, populated, officer, steward];

function organisationUuid(number: number): string {
  return uuidFor(`ORG${number}`);
}

/** Some have a manager; version 3 is suspended, version 5 has left. */
function managed(number: number, version = 0): PersonRecord {
  const record = person(number, version);
  const manager = `uid=u${String((number * 7 + 3 * (1 + (version % 2))) % people).padStart(6, '0')},ou=people,${suffix}`;
  if (number % 3 === 0) record.person.extension = { manager: [manager] };
  if (version === 5 && record.account !== null) record.account.state = 'DISABLED';
  return record;
}

const baseRecords = (): PublishedRecord[] => [
  ...range(organisationCount).map(organisation),
  ...range(12).map(unit),
  ...range(12).map((number) => post(number, [`u${String(number).padStart(6, '0')}`])),
  ...range(people).map((number) => managed(number, number % 6)),
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
  manager: [`uid=u000045,ou=people,${suffix}`, `uid=u000003,ou=people,${suffix}`],
  bauhiniaAccountState: ['SUSPENDED', 'ACTIVE'],
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
  visibility: fc.constantFrom(...readers),
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

/** One reader and every entry there is: what the reader sees, told apart from how the replica finds it. */
class Sight {
  readonly #reader: Visibility;
  readonly #byName = new Map<string, Entry>();

  constructor(reader: Visibility, entries: readonly Entry[]) {
    this.#reader = reader;
    for (const entry of entries) {
      this.#byName.set(entry.dn, entry);
      const [uid] = textValues(schema, entry, 'uid');
      if (uid !== undefined) this.#byName.set(uid, entry);
    }
  }

  exists(entry: Entry): boolean {
    const { kinds, population } = this.#reader;
    if (!kinds.has(entry.kind)) return false;
    if (this.#isOwn(entry)) return true;
    if (entry.standing === 'left' && !this.#knowsStanding(entry)) return false;
    return entry.kind !== 'person' || population === null || population.has(entry.organisation ?? '');
  }

  /** Three-valued, by RFC 4511 4.5.1.7. */
  truth(entry: Entry, filter: Filter): Truth {
    switch (filter.kind) {
      case 'not': {
        const part = this.truth(entry, filter.filter);
        return part === undefined ? undefined : !part;
      }
      case 'and':
      case 'or': {
        const parts = filter.filters.map((part) => this.truth(entry, part));
        if (parts.includes(filter.kind === 'or')) return filter.kind === 'or';
        return parts.includes(undefined) ? undefined : filter.kind === 'and';
      }
      case 'undefined':
        return undefined;
      default: {
        const truth = matchFilter(schema, this.#shown(entry), filter, wholeDirectory);
        if (truth === true || !this.#isName(entry)) return truth;
        return filter.on !== null && nameOnly.includes(filter.on.type.name) ? truth : undefined;
      }
    }
  }

  #isOwn(entry: Entry): boolean {
    return entry.kind === 'person' && entry.uuid === this.#reader.self;
  }

  #scopesAround(entry: Entry): Visibility['scopes'] {
    return this.#reader.scopes.filter(({ organisations }) => organisations.has(entry.organisation ?? ''));
  }

  #knowsStanding(entry: Entry): boolean {
    return this.#reader.formerStaff || this.#scopesAround(entry).some(({ formerStaff }) => formerStaff);
  }

  #isName(entry: Entry): boolean {
    return entry.standing === 'suspended' && !this.#knowsStanding(entry) && !this.#isOwn(entry);
  }

  #sees(entry: Entry, name: string): boolean {
    const { attributes, selfAttributes } = this.#reader;
    if (attributes === 'all' || attributes.has(name)) return true;
    if (this.#isOwn(entry) && selfAttributes.has(name)) return true;
    return this.#scopesAround(entry).some(
      (scope) => scope.attributes === 'all' || scope.attributes.has(name),
    );
  }

  #shown(entry: Entry): Entry {
    const attributes = [...attributesOf(entry)].flatMap(({ description, values }) => {
      const { name } = description.type;
      if (this.#isName(entry) && !nameOnly.includes(name)) return [];
      if (!this.#sees(entry, name.toLowerCase())) return [];
      return [{ description: description.name, values: values.filter((one) => this.#mayName(name, one)) }];
    });
    return new EntryWith(entry, encodeEntry(schema, shownLayouts, attributes));
  }

  #mayName(attribute: string, value: Buffer): boolean {
    const naming = this.#reader.population === null ? ['manager'] : namingPeople;
    const named = naming.includes(attribute) ? this.#byName.get(value.toString()) : undefined;
    return named === undefined || (this.exists(named) && !this.#isName(named));
  }
}

const shownLayouts = new LayoutTable();
const nameOnly = [
  ...['objectClass', 'cn', 'sn', 'givenName', 'displayName', 'bauhiniaAccountState'],
  ...['structuralObjectClass', 'entryUUID', 'entryDN', 'subschemaSubentry'],
];
const namingPeople = ['manager', 'member', 'memberUid', 'roleOccupant'];

function expected(
  replica: Replica,
  entries: readonly Entry[],
  { text, base, scope, visibility }: Question,
): Entry[] {
  const filter = checkFilter(schema, parseFilter(text));
  const top = replica.entryByDn(base);
  if (top === undefined) return [];
  const sight = new Sight(visibility, entries);
  return entries.filter(
    (entry) => inScope(entry, top, scope) && sight.exists(entry) && sight.truth(entry, filter) === true,
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
      return source.put(managed(one.number, one.version));
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
      const record = managed(one.number);
      const account = record.account === null ? null : { ...record.account, uid: `${one.name}${one.number}` };
      return source.put({ ...record, account });
    }
  }
}

async function opened(
  records: readonly PublishedRecord[],
): Promise<{ source: MemorySource; replica: Replica; faults: string[] }> {
  const source = new MemorySource();
  source.put(...records);
  const faults: string[] = [];
  const error = (_facts: unknown, message: string): void => {
    faults.push(message);
  };
  const log: Log = { ...silentLog, error: error as Log['error'] };
  const replica = await openReplica({ source, schema, suffix, clock: systemClock, log });
  return { source, replica, faults };
}

/** What an officer may manage to have published, whatever the commands refuse. */
type Poison = { atOnce: boolean } & (
  | { do: 'person' | 'post' | 'unit' | 'group'; number: number; named: number }
  | { do: 'extension'; kind: 'person' | 'organisation' | 'post'; number: number }
  | { do: 'heal' | 'close' | 'bury'; number: number }
  | { do: 'move'; number: number; below: number }
);
const low = fc.nat(8);
const atOnce = fc.boolean();
const poison: fc.Arbitrary<Poison> = fc.oneof(
  fc.record({
    do: fc.constantFrom('person' as const, 'post' as const, 'unit' as const, 'group' as const),
    number: low,
    named: low,
    atOnce,
  }),
  fc.record({
    do: fc.constant('extension' as const),
    kind: fc.constantFrom('person' as const, 'organisation' as const, 'post' as const),
    number: low,
    atOnce,
  }),
  fc.record({
    do: fc.constantFrom('heal' as const, 'close' as const, 'bury' as const),
    number: low,
    atOnce,
  }),
  fc.record({ do: fc.constant('move' as const), number: low, below: low, atOnce }),
);

const base = new Map(baseRecords().map((record) => [uuidOf(record), record]));
const isBase = (uuid: string): boolean => base.has(uuid);
const twice = { description: ['one'], Description: ['other'] };

/** What the step publishes and takes back. */
function poisoned(
  one: Poison,
  published: ReadonlyMap<string, PublishedRecord>,
): { put: PublishedRecord[]; gone: ObjectReference[] } {
  const { number } = one;
  const named = 'named' in one ? one.named : 0;
  const office = organisation(number);
  switch (one.do) {
    case 'person': {
      const twin = person(number);
      const account = twin.account && {
        ...twin.account,
        uid: person(named).account?.uid.toUpperCase() ?? '',
      };
      return { put: [{ ...twin, account }], gone: [] };
    }
    case 'post': {
      const twin = post(named);
      return {
        put: [{ ...twin, post: { ...twin.post, uuid: uuidFor(`twin ${number}`), number: ` P${named} ` } }],
        gone: [],
      };
    }
    case 'unit': {
      const twin = unit(named); // named as the organisation below the one that it is in
      const code = organisation(named + 1).organisation.code;
      return { put: [{ ...twin, unit: { ...twin.unit, code } }], gone: [] };
    }
    case 'group': {
      const twin = group(number % groups);
      return { put: [{ ...twin, group: { ...twin.group, name: `GROUP-${named % groups}` } }], gone: [] };
    }
    case 'extension':
      if (one.kind === 'person') {
        const officer = person(number);
        return { put: [{ ...officer, person: { ...officer.person, extension: twice } }], gone: [] };
      }
      if (one.kind === 'post') {
        const desk = post(number);
        return { put: [{ ...desk, post: { ...desk.post, extension: twice } }], gone: [] };
      }
      return { put: [{ ...office, organisation: { ...office.organisation, extension: twice } }], gone: [] };
    case 'heal':
      return { put: [office, unit(number), post(number), person(number), group(number % groups)], gone: [] };
    case 'close':
      return { put: [], gone: [referenceOf(number % 2 === 0 ? office : unit(number))] };
    case 'bury': {
      // More organisations inside one another than a name can have RDNs.
      const levels = range(64).map((level): OrganisationRecord => {
        const { organisation: columns, ...rest } = organisation(100 + level);
        const parent = level === 0 ? office.organisation.uuid : organisation(99 + level).organisation.uuid;
        return { ...rest, organisation: { ...columns, parent } };
      });
      return { put: levels, gone: [] };
    }
    case 'move': {
      const parent = organisation(one.below).organisation.uuid;
      const above = new Set([parent]); // the database lets nothing lie above itself
      for (const uuid of above) {
        const record = published.get(uuid);
        if (record?.kind === 'organisation' && record.organisation.parent !== null)
          above.add(record.organisation.parent);
      }
      if (above.has(office.organisation.uuid)) return { put: [], gone: [] };
      return { put: [{ ...office, organisation: { ...office.organisation, parent } }], gone: [] };
    }
  }
}

/** With what hangs below any of it, as the database reads it again. */
function withBelow(
  put: readonly PublishedRecord[],
  gone: readonly ObjectReference[],
  published: ReadonlyMap<string, PublishedRecord>,
): PublishedRecord[] {
  const touched = new Set([...put.map(uuidOf), ...gone.map(({ uuid }) => uuid)]);
  for (const uuid of touched) {
    for (const record of published.values())
      if (superiorOf(record)?.uuid === uuid) touched.add(uuidOf(record));
  }
  return [...touched].flatMap((uuid) => published.get(uuid) ?? []);
}

/** Everything published is shown under what it hangs below, or another has its name, or what it hangs below is not shown. */
function checkLeftOut(replica: Replica, published: ReadonlyMap<string, PublishedRecord>): void {
  let leftOut = 0;
  const records = [...published.values()];
  const context = {
    refuseExtension: () => null,
    suffix,
    dnOf: (kind: 'organisation' | 'unit', uuid: string) => replica.entryByUuid(kind, uuid)?.dn,
  };
  for (const record of records) {
    const entry = replica.entryByUuid(record.kind, uuidOf(record));
    const superior = superiorOf(record);
    const above = superior === null ? null : replica.entryByUuid(superior.kind, superior.uuid);
    if (entry !== undefined) {
      if (superior !== null) expect(entry.parent, entry.dn).to.equal(above);
      if (record.kind === 'person') {
        expect(replica.accountByUid(record.account?.uid ?? '')?.dn).to.equal(entry.dn);
        if (record.person.extension === twice) leftOut++;
      }
      if (record.kind === 'organisation' && record.organisation.extension === twice) leftOut++;
      if (record.kind === 'post' && record.post.extension === twice) leftOut++;
      continue;
    }
    leftOut++;
    if (above === undefined) continue;
    const dn = projectRecord(record, context)?.dn ?? '';
    if (dn.split(',').length > 64) continue;
    expect(replica.entryByDn(dn)?.uuid, `${dn} is nobody's`).to.be.a('string');
  }
  expect(replica.status().leftOut).to.equal(leftOut);
}

const shown = (replica: Replica): string[] =>
  allEntries(replica)
    .map((entry) => `${entry.dn} ${valuesOf(entry)}`)
    .sort();

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
        fc.array(question, { minLength: 40, maxLength: 40 }),
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
        try {
          expect(shown(replica)).to.deep.equal(shown(fresh));
        } finally {
          await replica.close();
          await fresh.close();
        }
      }),
      { numRuns: 40 },
    );
  });

  it('leaves out a poisonous record alone, and shows it at its place when it is healed', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(poison, { minLength: 1, maxLength: 20 }), async (steps) => {
        const { source, replica, faults } = await opened(baseRecords());
        try {
          const published = new Map(baseRecords().map((record) => [uuidOf(record), record]));
          const memberships = new Memberships();
          for (const number of range(10)) {
            take(source, memberships, { do: 'join', group: number % groups, number });
          }
          for (const one of steps) {
            const { put, gone } = poisoned(one, published);
            for (const { uuid } of gone) published.delete(uuid);
            for (const record of put) published.set(uuidOf(record), record);
            const change = source.exchange(withBelow(put, gone, published), gone);
            if (one.atOnce) continue; // with the next one, in one batch or two
            await replica.reached(change, 5_000);
            checkLeftOut(replica, published);
          }
          const gone = [...published.values()].map(referenceOf).filter(({ uuid }) => !isBase(uuid));
          await replica.reached(source.exchange(baseRecords(), gone), 5_000);
          expect(faults.filter((fault) => fault.startsWith('loading'))).to.deep.equal([]);
          expect(replica.status().leftOut).to.equal(0);
          checkMemberships(replica, memberships);
          const fresh = await openReplica({ source, schema, suffix, clock: systemClock, log: silentLog });
          expect(shown(replica)).to.deep.equal(shown(fresh));
          await fresh.close();
        } finally {
          await replica.close();
        }
      }),
      { numRuns: 50 },
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
