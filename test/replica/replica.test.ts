// The replica as its readers know it: what follows from which change, what happens when the feed is away or has a gap.
import { expect } from 'chai';
import { Registry } from 'prom-client';
import { type Clock, systemClock } from '../../src/clock.ts';
import type { Visibility } from '../../src/directory/access.ts';
import { wholeDirectory } from '../../src/directory/visibility.ts';
import { isOperationError, OperationError } from '../../src/errors.ts';
import { type Log, silentLog } from '../../src/log.ts';
import { Image } from '../../src/replica/image.ts';
import { openReplicaMetrics } from '../../src/replica/metrics.ts';
import { openReplica, type Replica } from '../../src/replica/replica.ts';
import { checkFilter } from '../../src/x500/check_filter.ts';
import { type Entry, textValues } from '../../src/x500/entry.ts';
import { parseFilter } from '../../src/x500/filter_text.ts';
import { loadSchema } from '../../src/x500/load_schema.ts';
import { type PublishedRecord, uuidOf } from '../../src/x500/published.ts';
import type { SearchScope } from '../../src/x500/read_model.ts';
import { MemorySource } from './memory_source.ts';
import { group, organisation, person, post, unit, uuidFor } from './records.ts';

const schema = loadSchema();
const suffix = 'dc=gov,dc=hk';
const dnOfPerson = (number: number): string => `uid=u${String(number).padStart(6, '0')},ou=people,${suffix}`;
const dnOfGroup = (number: number): string => `cn=group-${number},ou=groups,${suffix}`;
const personRef = (number: number) => ({ kind: 'person' as const, uuid: uuidFor(`person ${number}`) });
const range = (count: number): number[] => Array.from({ length: count }, (_, number) => number);

function find(
  replica: Replica,
  text: string,
  { base = suffix, scope = 'subtree' as SearchScope, visibility = wholeDirectory, after = 0 } = {},
): string[] {
  const filter = checkFilter(schema, parseFilter(text));
  const cursor = replica.search({ base, scope, filter, visibility, after });
  const found: string[] = [];
  for (let next = cursor.next(100); next !== 'end'; next = cursor.next(100)) {
    if (next !== 'more') found.push(next.dn);
  }
  return found;
}

const values = (entry: Entry | undefined, name: string): string[] =>
  entry === undefined ? [] : textValues(schema, entry, name);

describe('replica', () => {
  let source: MemorySource;
  let replica: Replica;

  async function open(
    records: readonly PublishedRecord[],
    clock: Clock = systemClock,
    log: Log = silentLog,
  ): Promise<void> {
    source = new MemorySource();
    if (records.length > 0) source.put(...records);
    replica = await openReplica({ source, schema, suffix, clock, log, pollMs: 20 });
  }
  const caughtUp = (): Promise<void> => replica.reached(source.last, 5_000);

  afterEach(async () => {
    await replica.close();
    expect(source.listeners).to.equal(0);
  });

  describe('bases and scopes (RFC 4511 4.5.1.2)', () => {
    beforeEach(() =>
      open([...range(4).map(organisation), unit(0), post(0), ...range(3).map((n) => person(n))]),
    );

    it('names the nearest entry above a base that does not exist', () => {
      const search = () => find(replica, '(cn=*)', { base: `cn=a,cn=b,ou=people,${suffix}` });
      expect(search)
        .to.throw(OperationError, 'not_found: there is no entry cn=a,cn=b')
        .with.property('cause')
        .deep.equal({ matchedDn: `ou=people,${suffix}` });
      expect(() => find(replica, '(cn=*)', { base: 'no dn' })).to.throw(OperationError, 'invalid_dn');
    });

    it('hides a base, and what is above it, from a reader for whom there is no such entry', () => {
      const visibility = { ...wholeDirectory, kinds: new Set(['person' as const]) };
      const search = () => find(replica, '(cn=*)', { base: `ou=people,${suffix}`, visibility });
      expect(search)
        .to.throw(OperationError, 'not_found')
        .with.property('cause')
        .deep.equal({ matchedDn: '' });
      expect(find(replica, '(cn=*)', { base: dnOfPerson(1), scope: 'base', visibility })).to.have.length(1);
    });

    it('tells the scopes apart', () => {
      const base = `ou=ORG0,ou=organisations,${suffix}`;
      const below = [`ou=ORG1,${base}`, `ou=ORG2,${base}`, `ou=U0,${base}`];
      const all = '(objectClass=*)';
      expect(find(replica, all, { base, scope: 'base' })).to.deep.equal([base]);
      expect(find(replica, all, { base, scope: 'one' })).to.deep.equal(below);
      expect(find(replica, all, { base, scope: 'subtree' })).to.deep.equal([
        base,
        ...below,
        `cn=P0,ou=U0,${base}`,
      ]);
      expect(find(replica, all, { base, scope: 'children' })).to.deep.equal([
        ...below,
        `cn=P0,ou=U0,${base}`,
      ]);
      expect(find(replica, all, { base: dnOfPerson(0), scope: 'one' })).to.deep.equal([]);
    });

    it('counts what is below an entry (X.501 hasSubordinates)', async () => {
      const people = `ou=people,${suffix}`;
      expect(values(replica.entryByDn(people), 'numSubordinates')).to.deep.equal(['3']);
      source.remove(personRef(0), personRef(1), personRef(2));
      await caughtUp();
      expect(values(replica.entryByDn(people), 'numSubordinates')).to.deep.equal(['0']);
      expect(values(replica.entryByDn(people), 'hasSubordinates')).to.deep.equal(['FALSE']);
      expect(find(replica, '(hasSubordinates=TRUE)', { base: suffix, scope: 'one' })).to.deep.equal([
        `ou=organisations,${suffix}`,
      ]);
    });

    it('moves an organisation with all below it, each under the id it had', async () => {
      const before = replica.entryByUuid('post', uuidFor('post 0'));
      const id = before?.id;
      const renamed = organisation(0);
      source.put({ ...renamed, organisation: { ...renamed.organisation, code: 'NEW' } });
      await caughtUp();
      const dn = `cn=P0,ou=U0,ou=NEW,ou=organisations,${suffix}`;
      expect(replica.entryByDn(dn)?.id).to.equal(id);
      expect(values(replica.entryByDn(dn), 'entryDN')).to.deep.equal([dn]);
      expect(replica.entryByDn(`ou=ORG0,ou=organisations,${suffix}`)).to.equal(undefined);
      expect(find(replica, '(cn=P0)', { base: `ou=NEW,ou=organisations,${suffix}` })).to.deep.equal([dn]);
    });

    it('removes an organisation with all below it in whatever order the references come', async () => {
      source.remove(
        ...range(4).map((number) => ({ kind: 'organisation' as const, uuid: uuidFor(`ORG${number}`) })),
        { kind: 'unit', uuid: uuidFor('unit 0') },
        { kind: 'post', uuid: uuidFor('post 0') },
      );
      await caughtUp();
      expect(
        find(replica, '(objectClass=*)', { base: `ou=organisations,${suffix}`, scope: 'children' }),
      ).to.deep.equal([]);
    });
  });

  describe('visibility: an index tells no more than the entry shows', () => {
    const visibility = (attributes: string[]): Visibility => ({
      ...wholeDirectory,
      attributes: new Set(attributes),
    });
    beforeEach(() => open([organisation(0), ...range(9).map((number) => person(number))]));

    it('finds nothing by an attribute that the reader may not see, by any kind of filter', () => {
      const blind = visibility(['objectclass', 'cn']);
      for (const text of [
        '(uid=u000003)',
        '(uid=u00000*)',
        '(uid=*)',
        '(modifyTimestamp>=20200101000000Z)',
      ]) {
        expect(find(replica, text), text).to.not.be.empty;
        expect(find(replica, text, { visibility: blind }), text).to.deep.equal([]);
        expect(find(replica, `(|(cn=zzz)${text})`, { visibility: blind }), text).to.deep.equal([]);
      }
      expect(
        find(replica, '(!(uid=u000003))', { base: dnOfPerson(3), scope: 'base', visibility: blind }),
      ).to.have.length(1);
    });

    it('finds the reader alone by what only the reader sees of themselves', () => {
      const own = { ...visibility(['cn']), self: uuidFor('person 4'), selfAttributes: new Set(['uid']) };
      expect(find(replica, '(uid=u00000*)', { visibility: own })).to.deep.equal([dnOfPerson(4)]);
      expect(find(replica, '(uid=u000003)', { visibility: own })).to.deep.equal([]);
    });

    it('shows the people of the population and oneself', () => {
      const organisationOf = (number: number) => replica.entryByDn(dnOfPerson(number))?.organisation ?? '';
      const population = new Set([organisationOf(2)]);
      const seen = find(replica, '(uid=*)', {
        visibility: { ...wholeDirectory, population, self: uuidFor('person 5') },
      });
      const expected = range(9).filter((number) => number === 5 || population.has(organisationOf(number)));
      expect(seen).to.deep.equal(expected.map(dnOfPerson));
    });
  });

  describe('accounts', () => {
    beforeEach(() => open([organisation(0), person(1), person(2)]));

    it('finds an account by login name, uuid, DN and person, with all it was published with', () => {
      const published = person(1).account;
      const expected = { ...published, dn: dnOfPerson(1) };
      expect(replica.accountByUid('U000001')).to.deep.equal(expected);
      expect(replica.accountByUuid(uuidFor('account 1'))).to.deep.equal(expected);
      expect(replica.accountByDn('UID=u000001, ou=People, dc=gov, dc=hk')).to.deep.equal(expected);
      expect(replica.accountOfPerson(uuidFor('person 1'))).to.deep.equal(expected);
      expect(replica.accountByDn('not a dn')).to.equal(undefined);
      expect(replica.accountByUid('u00000')).to.equal(undefined);
    });

    it('keeps every field of an account', async () => {
      const record = person(1);
      const account =
        record.account === null
          ? null
          : {
              ...record.account,
              kind: 'break_glass' as const,
              state: 'LOCKED' as const,
              locked_until: new Date('2026-11-22T10:00:00.123Z'),
              expires_at: new Date('2027-01-01T00:00:00Z'),
              password: {
                hash: 'x'.repeat(300),
                must_change: true,
                expires_at: new Date('2026-12-01T00:00:00Z'),
              },
              grants: [{ role: 'auditor' as const, organisation: null, post: uuidFor('post 1') }],
              organisation: null,
              category: null,
              clearance: 'SECRET' as const,
              clearance_ceiling: 'TOP_SECRET' as const,
            };
      source.put({ ...record, account });
      await caughtUp();
      expect(replica.accountByUid('u000001')).to.deep.equal({ ...account, dn: dnOfPerson(1) });
    });

    it('says after each batch whose accounts changed, and of no others', async () => {
      const told: string[][] = [];
      const stop = replica.onApplied((accounts) => told.push([...accounts]));
      source.put(person(1, 3));
      await caughtUp();
      source.put(organisation(0));
      await caughtUp();
      source.remove(personRef(2));
      await caughtUp();
      stop();
      source.put(person(1, 1));
      await caughtUp();
      expect(told).to.deep.equal([[uuidFor('account 1')], [], [uuidFor('account 2')]]);
      expect(replica.accountByUid('u000002')).to.equal(undefined);
    });
  });

  describe('groups (RFC 4519 3.5 groupOfNames, memberOf as the closure)', () => {
    beforeEach(() => open([organisation(0), person(1), person(2), group(0), group(1, 5_001), group(2)]));
    const join = (outer: number, number: number) =>
      source.addMember(uuidFor(`group ${outer}`), { person: uuidFor(`person ${number}`) });

    it('shows an empty group without member', () => {
      const entry = replica.entryByDn(dnOfGroup(0));
      expect(values(entry, 'objectClass')).to.include('groupOfNames');
      expect(values(entry, 'member')).to.deep.equal([]);
      expect(find(replica, '(member=*)')).to.deep.equal([]);
    });

    it('shows members in the group and all groups, by nesting too, in the member', async () => {
      join(0, 1);
      source.addMember(uuidFor('group 1'), { member_group: uuidFor('group 0') });
      source.addMember(uuidFor('group 2'), { member_group: uuidFor('group 1') });
      source.addMember(uuidFor('group 0'), { member_group: uuidFor('group 2') }); // a cycle ends all the same
      await caughtUp();
      expect(values(replica.entryByDn(dnOfGroup(1)), 'member')).to.deep.equal([dnOfGroup(0)]);
      expect(values(replica.entryByDn(dnOfPerson(1)), 'memberOf')).to.deep.equal([0, 1, 2].map(dnOfGroup));
      expect(find(replica, `(memberOf=${dnOfGroup(2)})`)).to.include(dnOfPerson(1));
      expect(find(replica, `(member=${dnOfPerson(1)})`)).to.deep.equal([dnOfGroup(0)]);
      expect(values(replica.entryByDn(dnOfGroup(1)), 'memberUid')).to.deep.equal(['u000001']);
      source.removeMember(uuidFor('group 1'), { member_group: uuidFor('group 0') });
      await caughtUp();
      expect(values(replica.entryByDn(dnOfPerson(1)), 'memberOf')).to.deep.equal([dnOfGroup(0)]);
    });

    it('follows a member that is renamed, leaves and comes back', async () => {
      join(0, 1);
      await caughtUp();
      const record = person(1);
      const account = record.account === null ? null : { ...record.account, uid: 'renamed' };
      source.put({ ...record, account });
      await caughtUp();
      expect(values(replica.entryByDn(dnOfGroup(0)), 'member')).to.deep.equal([
        `uid=renamed,ou=people,${suffix}`,
      ]);
      source.remove(personRef(1));
      await caughtUp();
      expect(values(replica.entryByDn(dnOfGroup(0)), 'member')).to.deep.equal([]);
      source.put(person(1));
      await caughtUp();
      expect(values(replica.entryByDn(dnOfGroup(0)), 'member')).to.deep.equal([dnOfPerson(1)]);
      expect(values(replica.entryByDn(dnOfPerson(1)), 'memberOf')).to.deep.equal([dnOfGroup(0)]);
    });

    it('follows a group that is renamed and one that goes', async () => {
      join(0, 1);
      const renamed = group(0);
      source.put({ ...renamed, group: { ...renamed.group, name: 'others' } });
      await caughtUp();
      expect(values(replica.entryByDn(dnOfPerson(1)), 'memberOf')).to.deep.equal([
        `cn=others,ou=groups,${suffix}`,
      ]);
      source.remove({ kind: 'group', uuid: uuidFor('group 0') });
      await caughtUp();
      expect(values(replica.entryByDn(dnOfPerson(1)), 'memberOf')).to.deep.equal([]);
    });
  });

  describe('following', () => {
    it('goes on serving while the database is away, says so, and catches up', async () => {
      const now = new Date('2026-11-22T08:00:00Z');
      await open([organisation(0), person(1)], { now: () => now, elapsed: () => 0 });
      expect(replica.status()).to.deep.include({ connected: true, staleSince: null, applied: 1 });
      source.away = true;
      source.put(person(2));
      const refused = await replica.reached(source.last, 50).catch((error: unknown) => error);
      expect(isOperationError(refused, 'unavailable')).to.equal(true);
      expect(replica.status()).to.deep.include({ connected: false, staleSince: now, applied: 1 });
      expect(find(replica, '(uid=*)')).to.deep.equal([dnOfPerson(1)]);
      source.away = false;
      await caughtUp();
      expect(find(replica, '(uid=*)')).to.deep.equal([dnOfPerson(1), dnOfPerson(2)]);
      expect(replica.status().applied).to.equal(2);
    });

    it('loads anew after a gap in the feed, and paging goes on across the exchange', async () => {
      await open([organisation(0), ...range(6).map((number) => person(number))]);
      const third = replica.entryByDn(dnOfPerson(2));
      const told: string[][] = [];
      replica.onApplied((accounts) => told.push([...accounts]));
      source.skip();
      source.put(person(1, 3), person(7));
      await caughtUp();
      expect(replica.entryByDn(dnOfPerson(2))).to.not.equal(third);
      expect(replica.entryByDn(dnOfPerson(2))?.id).to.equal(third?.id);
      expect(find(replica, '(uid=*)', { after: third?.id ?? 0 })).to.deep.equal([3, 4, 5, 7].map(dnOfPerson));
      expect(told).to.deep.equal([[uuidFor('account 1'), uuidFor('account 7')]]);
      source.put(person(8));
      await caughtUp();
      expect(find(replica, '(uid=u000008)')).to.deep.equal([dnOfPerson(8)]);
    });

    it('keeps names with the objects that stood across a load, and memberships of a group that is left out', async () => {
      await open([organisation(0), person(1), group(0), group(1)]);
      const shown = () =>
        [0, 1].map((number) => replica.entryByUuid('group', uuidFor(`group ${number}`))?.dn);
      source.addMember(uuidFor('group 0'), { person: uuidFor('person 1') });
      const twin = group(0);
      source.put({ ...twin, group: { ...twin.group, name: 'Group-1' } });
      source.addMember(uuidFor('group 0'), { member_group: uuidFor('group 1') });
      await caughtUp();
      expect(shown()).to.deep.equal([undefined, dnOfGroup(1)]);
      expect(values(replica.entryByDn(dnOfPerson(1)), 'memberOf')).to.deep.equal([]);
      source.skip(); // a gap: everything is loaded anew, group 0 before group 1
      source.put(person(1, 1));
      await caughtUp();
      expect(shown()).to.deep.equal([undefined, dnOfGroup(1)]);
      expect(replica.status().leftOut).to.equal(1);
      source.removeMember(uuidFor('group 0'), { person: uuidFor('person 1') });
      source.addMember(uuidFor('group 0'), { person: uuidFor('person 1') });
      const renamed = group(1);
      source.put({ ...renamed, group: { ...renamed.group, name: 'group-2' } });
      await caughtUp();
      expect(shown()).to.deep.equal([`cn=Group-1,ou=groups,${suffix}`, dnOfGroup(2)]);
      const entry = replica.entryByUuid('group', uuidFor('group 0'));
      expect(values(entry, 'member')).to.have.members([dnOfPerson(1), dnOfGroup(2)]);
      expect(replica.status().leftOut).to.equal(0);
    });

    it('takes out what is below something that ended, though nothing is said of it, and puts it back with it', async () => {
      const faults: unknown[] = [];
      const error = (facts: unknown): void => {
        faults.push(facts);
      };
      await open([organisation(0), unit(0), post(0)], systemClock, {
        ...silentLog,
        error: error as Log['error'],
      });
      const { entries } = replica.status();
      source.remove({ kind: 'organisation', uuid: uuidFor('ORG0') });
      await caughtUp();
      expect(replica.status().entries).to.equal(entries - 3);
      source.exchange([organisation(0), unit(0), post(0)], []);
      await caughtUp();
      expect(replica.status()).to.include({ entries, leftOut: 0 });
      expect(faults).to.deep.equal([]);
    });

    it('says of each object once that it is left out, and fills no disk when there are many', async () => {
      const lines: Record<string, unknown>[] = [];
      const error = (facts: Record<string, unknown>): void => {
        lines.push(facts);
      };
      const log: Log = { ...silentLog, error: error as Log['error'] };
      await open([organisation(0), ...range(50).map((number) => person(number))], systemClock, log);
      const unnamed = (number: number): PublishedRecord => {
        const { account, ...record } = person(number);
        return { ...record, account: account && { ...account, uid: 'u000000' } };
      };
      const change = source.put(...range(49).map((number) => unnamed(number + 1)));
      await replica.reached(change, 5_000);
      source.put(unnamed(1), unnamed(2));
      await caughtUp();
      expect(find(replica, '(uid=*)')).to.deep.equal([dnOfPerson(0)]);
      expect(replica.status().leftOut).to.equal(49);
      const registry = new Registry();
      openReplicaMetrics(registry, replica);
      expect(await registry.metrics()).to.match(/^bauhinia_replica_left_out 49$/m);
      expect(lines).to.have.length(21);
      expect(lines[0]).to.deep.equal({
        object: `person ${uuidFor('person 1')}`,
        reason: `${dnOfPerson(0)} is the name of person ${uuidFor('person 0')}`,
      });
      expect(lines.at(-1)).to.deep.equal({ more: 29, leftOut: 49 });
    });

    it('keeps a search going while what it stands on is removed', async () => {
      await open([organisation(0), ...range(9).map((number) => person(number))]);
      const filter = checkFilter(schema, parseFilter('(uid=u*)'));
      const cursor = replica.search({
        base: suffix,
        scope: 'subtree',
        filter,
        visibility: wholeDirectory,
        after: 0,
      });
      const first = cursor.next(10);
      source.remove(...range(8).map(personRef));
      await caughtUp();
      const second = cursor.next(10);
      expect([first, second].map((one) => (typeof one === 'string' ? one : one.dn))).to.deep.equal(
        [0, 8].map(dnOfPerson),
      );
      expect(typeof first === 'string' ? [] : values(first, 'uid')).to.deep.equal(['u000000']); // still readable
      expect(cursor.next(10)).to.equal('end');
    });
  });
});

describe('replica image', () => {
  it('keeps nothing of what was withdrawn: no key, no shared octets, no name', () => {
    let next = 1;
    const image = new Image({ schema, suffix, idOf: () => next++ });
    const bare = image.figures();
    const records: PublishedRecord[] = [
      ...range(4).map(organisation),
      ...range(3).map(unit),
      ...range(4).map((number) => post(number, ['u000001'])),
      ...range(300).map((number) => person(number)),
      ...range(3).map((number) => group(number)),
    ];
    image.publish(records);
    image.groups.setMembers({
      group: uuidFor('group 0'),
      persons: [uuidFor('person 1'), uuidFor('nobody')],
      groups: [uuidFor('group 1')],
    });
    image.publish(range(300).map((number) => person(number, 2)));
    expect(image.figures().keys).to.be.above(500);
    expect(image.leftOut.size).to.equal(0);
    image.withdraw(records.map((record) => ({ kind: record.kind, uuid: uuidOf(record) })));
    image.settle();
    const { awaited, ...figures } = image.figures();
    expect({ ...figures, awaited: 0 }).to.deep.equal(bare);
    expect(awaited).to.equal(0);
  });
});
