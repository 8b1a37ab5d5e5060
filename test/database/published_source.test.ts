import { randomUUID } from 'node:crypto';
import { expect } from 'chai';
import { createChangeFeed } from '../../src/database/change_feed.ts';
import { createPublishedSource } from '../../src/database/published_source.ts';
import { silentLog } from '../../src/log.ts';
import {
  type GroupMembers,
  type PersonRecord,
  type PublishedRecord,
  type PublishedSource,
  uuidOf,
} from '../../src/x500/published.ts';
import {
  accountRow,
  assignmentRow,
  employmentRow,
  type Fixture,
  groupRow,
  memberRow,
  newYear,
  openFixture,
  organisationRow,
  personRow,
  postRow,
  unitRow,
} from './fixture.ts';

type Act = Parameters<Fixture['run']>[0];

interface Published {
  change: number;
  records: Map<string, PublishedRecord>;
  members: Map<string, string[]>;
}

const sorted = ({ persons, groups }: GroupMembers): string[] => [...persons, ...groups].sort();

async function readSnapshot(source: PublishedSource): Promise<Published> {
  const published: Published = { change: -1, records: new Map(), members: new Map() };
  for await (const batch of source.snapshot()) {
    if ('change' in batch) published.change = batch.change;
    else if ('records' in batch) {
      for (const record of batch.records) published.records.set(`${record.kind}/${uuidOf(record)}`, record);
    } else for (const members of batch.members) published.members.set(members.group, sorted(members));
  }
  return published;
}

/** What a replica does with the changes after a snapshot. */
async function follow(source: PublishedSource, published: Published): Promise<void> {
  const changes = await source.changes(published.change, 1_000);
  if (changes.length === 0) return;
  const { records, gone, members, ruleGroups } = await source.touched(changes);
  for (const { kind, uuid } of gone) {
    published.records.delete(`${kind}/${uuid}`);
    if (kind === 'group') published.members.delete(uuid);
  }
  for (const record of records) {
    published.records.set(`${record.kind}/${uuidOf(record)}`, record);
    if (record.kind === 'group' && !published.members.has(record.group.uuid)) {
      published.members.set(record.group.uuid, []);
    }
  }
  for (const row of changes.flatMap((change) => change.rows)) {
    if (row.table !== 'group_member') continue;
    const without = (side: typeof row.before) => {
      const group = String(side?.group);
      const member = String(side?.person ?? side?.member_group);
      return { group, member, rest: (published.members.get(group) ?? []).filter((one) => one !== member) };
    };
    if (row.before !== null && published.members.has(String(row.before.group))) {
      const { group, rest } = without(row.before);
      published.members.set(group, rest);
    }
    if (row.after !== null && published.members.has(String(row.after.group))) {
      const { group, member, rest } = without(row.after);
      published.members.set(group, [...rest, member].sort());
    }
  }
  for (const { person, groups } of ruleGroups) {
    for (const [group, held] of published.members) {
      const record = published.records.get(`group/${group}`);
      if (record?.kind !== 'group' || record.group.rule === null) continue;
      const rest = held.filter((one) => one !== person);
      published.members.set(group, groups.includes(group) ? [...rest, person].sort() : rest);
    }
  }
  for (const resolved of members) published.members.set(resolved.group, sorted(resolved));
  published.change = changes.at(-1)?.number ?? published.change;
}

describe('published source', () => {
  let fixture: Fixture;
  let source: PublishedSource;
  before(async () => {
    fixture = await openFixture();
    const feed = createChangeFeed({ database: fixture.database, applicationName: 'x', log: silentLog });
    source = createPublishedSource({ database: fixture.database, feed, clock: fixture.clock });
  });
  after(() => fixture.close());

  /** An officer of the bureau who acts in a second post that carries a role. */
  async function hireOfficer() {
    const bureau = organisationRow({ name_en: 'Security Bureau', clearance_ceiling: 'RESTRICTED' });
    const department = organisationRow({ parent: bureau.uuid, clearance_ceiling: 'SECRET' });
    const unit = unitRow({ organisation: department.uuid, name_en: 'Registry' });
    const own = postRow({ organisation: department.uuid, unit: unit.uuid, title_en: 'Officer' });
    const acting = postRow({ organisation: department.uuid, title_en: 'Senior Officer' });
    const person = personRow();
    const account = accountRow({ person: person.uuid });
    const employment = employmentRow({ person: person.uuid, organisation: department.uuid });
    const holding = assignmentRow({ person: person.uuid, employment: employment.uuid, post: own.uuid });
    const acts = assignmentRow({
      person: person.uuid,
      employment: employment.uuid,
      post: acting.uuid,
      kind: 'acting',
      is_primary: false,
    });
    const role = {
      uuid: randomUUID(),
      post: acting.uuid,
      role: 'auditor' as const,
      organisation: bureau.uuid,
    };
    const mail = {
      uuid: randomUUID(),
      person: person.uuid,
      address: `${account.uid}@sb.gov.hk`,
      is_primary: true,
      valid_from: newYear,
      valid_to: null,
    };
    const clearance = {
      uuid: randomUUID(),
      person: person.uuid,
      level: 'CONFIDENTIAL' as const,
      check_type: 'normal' as const,
      basis: 'SB/1',
      granted_by: account.uuid,
      valid_from: newYear,
      valid_to: null,
      status: 'active' as const,
    };
    await fixture.run(async (tx) => {
      await tx.insert('organisation', bureau, department);
      await tx.insert('unit', unit);
      await tx.insert('post', own, acting);
      await tx.insert('post_role', role);
      await tx.insert('person', person);
      await tx.insert('account', account);
      await tx.insert('employment', employment);
      await tx.insert('assignment', holding, acts);
      await tx.insert('mail_address', mail);
      await tx.insert('clearance', clearance);
    });
    return {
      bureau,
      department,
      unit,
      own,
      acting,
      person,
      account,
      employment,
      holding,
      acts,
      mail,
      clearance,
    };
  }

  const personOf = (published: Published, uuid: string): PersonRecord | undefined => {
    const record = published.records.get(`person/${uuid}`);
    return record?.kind === 'person' ? record : undefined;
  };

  it('joins all facts of an officer', async () => {
    const officer = await hireOfficer();
    const published = await readSnapshot(source);
    const heldPost = (post: typeof officer.own, kind: string, is_primary: boolean) => ({
      post: post.uuid,
      post_number: post.number,
      organisation: officer.department.uuid,
      organisation_code: officer.department.code,
      unit: post.unit,
      title_en: post.title_en,
      title_zh: null,
      rank_en: null,
      telephone: null,
      fax: null,
      room: null,
      kind,
      is_primary,
    });
    const { code, name_en, name_zh, uuid } = officer.department;
    expect(personOf(published, officer.person.uuid)).to.deep.equal({
      kind: 'person',
      person: officer.person,
      stamps: { created_at: newYear, modified_at: newYear },
      account: {
        uuid: officer.account.uuid,
        uid: officer.account.uid,
        kind: 'personal',
        state: 'ACTIVE',
        locked_until: null,
        expires_at: null,
        sessions_valid_from: newYear,
        person: officer.person.uuid,
        relying_system: null,
        password: null,
        grants: [{ role: 'auditor', organisation: officer.bureau.uuid, post: officer.acting.uuid }],
        organisation: officer.department.uuid,
        category: 'civil_servant',
        clearance: 'CONFIDENTIAL',
        clearance_ceiling: 'RESTRICTED', // the bureau's, above the department's own
      },
      mail: [officer.mail.address],
      posts: [heldPost(officer.own, 'substantive', true), heldPost(officer.acting, 'acting', false)],
      organisation: { uuid, code, name_en, name_zh },
      unit: { name_en: 'Registry', name_zh: null },
      staff_number: officer.employment.staff_number,
      certificates: [],
    });
    const post = published.records.get(`post/${officer.own.uuid}`);
    expect(post?.kind === 'post' && post.holders).to.deep.equal([officer.account.uid]);
    expect(
      [...published.records.keys()].findIndex((key) => key.endsWith(officer.bureau.uuid)),
    ).to.be.lessThan([...published.records.keys()].findIndex((key) => key.endsWith(officer.department.uuid)));
  });

  it('counts facts from their first instant to before their last', async () => {
    const officer = await hireOfficer();
    const end = new Date('2026-02-01T00:00:00.000Z');
    await fixture.run((tx) => tx.update('assignment', officer.acts.uuid, { valid_to: end }));
    await fixture.run((tx) =>
      tx.update('employment', officer.employment.uuid, { last_service_date: '2026-02-28' }),
    );
    const at = async (now: string) => {
      fixture.clock.set(new Date(now));
      const person = personOf(await readSnapshot(source), officer.person.uuid);
      fixture.clock.set(newYear);
      return {
        posts: person?.posts.length,
        grants: person?.account?.grants.length,
        category: person?.account?.category,
      };
    };
    const serving = { posts: 1, grants: 0, category: 'civil_servant' };
    expect(await at('2026-01-31T23:59:59.999Z')).to.deep.equal({
      posts: 2,
      grants: 1,
      category: 'civil_servant',
    });
    expect(await at('2026-02-01T00:00:00.000Z')).to.deep.equal(serving);
    expect(await at('2026-02-28T15:59:59.999Z')).to.deep.equal(serving); // still 28 February in Hong Kong
    expect(await at('2026-02-28T16:00:00.000Z')).to.deep.equal({ posts: 1, grants: 0, category: null });
  });

  it('resolves rule groups over organisations, ranks and categories', async () => {
    const officer = await hireOfficer();
    const groups = [
      groupRow({ kind: 'rule', rule: { organisation: officer.bureau.uuid } }),
      groupRow({ kind: 'rule', rule: { organisation: officer.bureau.uuid, rank: 'NONE-SUCH' } }),
      groupRow({ kind: 'rule', rule: { organisation: officer.department.uuid, category: 'vendor' } }),
      groupRow({ kind: 'rule', rule: { category: 'vendor' } }),
    ];
    const published = await readSnapshot(source);
    await fixture.run((tx) => tx.insert('group', ...groups));
    const membersNow = async () => {
      await follow(source, published);
      return groups.map((group) => published.members.get(group.uuid));
    };
    const him = [officer.person.uuid];
    expect(await membersNow()).to.deep.equal([him, [], [], []]);
    await fixture.run((tx) => tx.update('employment', officer.employment.uuid, { category: 'vendor' }));
    expect(await membersNow()).to.deep.equal([him, [], him, him]);
    const elsewhere = organisationRow();
    await fixture.run(async (tx) => {
      await tx.insert('organisation', elsewhere);
      for (const post of [officer.own, officer.acting]) {
        await tx.update('post', post.uuid, { organisation: elsewhere.uuid, unit: null });
      }
    });
    expect(await membersNow()).to.deep.equal([[], [], [], him]);
  });

  it('follows a change to everything that shows it', async () => {
    const officer = await hireOfficer();
    const published = await readSnapshot(source);
    const afterwards = async (work: Parameters<Fixture['run']>[0]) => {
      await fixture.run(work);
      await follow(source, published);
      return personOf(published, officer.person.uuid);
    };
    const retitled = await afterwards((tx) => tx.update('post', officer.own.uuid, { title_en: 'Registrar' }));
    expect(retitled?.posts[0]?.title_en).to.equal('Registrar');
    const renamed = await afterwards((tx) =>
      tx.update('organisation', officer.bureau.uuid, { clearance_ceiling: 'NONE' }),
    );
    expect(renamed?.account?.clearance_ceiling).to.equal('NONE');
    const regrouped = await afterwards((tx) => tx.update('unit', officer.unit.uuid, { name_en: 'Archive' }));
    expect(regrouped?.unit?.name_en).to.equal('Archive');
    await afterwards((tx) => tx.update('account', officer.account.uuid, { uid: `${officer.account.uid}x` }));
    const post = published.records.get(`post/${officer.own.uuid}`);
    expect(post?.kind === 'post' && post.holders).to.deep.equal([`${officer.account.uid}x`]);
    const withPassword = await afterwards((tx) =>
      tx.insert('credential', {
        uuid: randomUUID(),
        account: officer.account.uuid,
        kind: 'password',
        label: '',
        secret: '$argon2id$…',
        must_change: true,
        created_at: newYear,
        expires_at: null,
      }),
    );
    expect(withPassword?.account?.password).to.deep.equal({
      hash: '$argon2id$…',
      must_change: true,
      expires_at: null,
    });
    expect(
      await afterwards((tx) => tx.update('account', officer.account.uuid, { state: 'ARCHIVED' })),
    ).to.equal(undefined);
    expect(Object.fromEntries(published.records)).to.deep.equal(
      Object.fromEntries((await readSnapshot(source)).records),
    );
  });

  it('gives the same by following as by a new snapshot, whatever was done', async () => {
    let seed = 20_261_122;
    const random = (below: number) => {
      seed = (seed * 1_103_515_245 + 12_345) % 2 ** 31;
      return Math.floor((seed / 2 ** 31) * below);
    };
    const pick = <One>(list: readonly [One, ...One[]]): One => list[random(list.length)] as One;
    const officers = [await hireOfficer(), await hireOfficer(), await hireOfficer()] as const;
    const groups = [
      groupRow(),
      groupRow(),
      groupRow({ kind: 'rule', rule: { organisation: officers[0].bureau.uuid } }),
      groupRow({ kind: 'rule', rule: { organisation: officers[1].department.uuid, rank: 'EO' } }),
      groupRow({ kind: 'rule', rule: { organisation: officers[2].bureau.uuid, category: 'vendor' } }),
      groupRow({ kind: 'rule', rule: { rank: 'CLK', category: 'civil_servant' } }),
      groupRow({ kind: 'rule', rule: { rank: 'EO' } }),
      groupRow({ kind: 'rule', rule: { category: 'vendor' } }),
    ];
    const ranks = ['EO', 'CLK'].map((code, seniority) => {
      return { uuid: randomUUID(), code, name_en: code, name_zh: code, seniority };
    });
    await fixture.run(async (tx) => {
      await tx.insert('rank', ...ranks);
      await tx.insert('group', ...groups);
    });
    const published = await readSnapshot(source);
    const members: ReturnType<typeof memberRow>[] = [];
    const acts: [Act, ...Act[]] = [
      (tx) => tx.update('person', pick(officers).person.uuid, { english_name: `E${random(9)}` }),
      (tx) => tx.update('post', pick(officers).own.uuid, { telephone: `+852 ${random(9_999)}` }),
      (tx) => tx.update('organisation', pick(officers).department.uuid, { name_en: `D${random(9)}` }),
      (tx) =>
        tx.update('organisation', pick(officers).bureau.uuid, {
          clearance_ceiling: pick(['NONE', 'SECRET'] as const),
        }),
      (tx) =>
        tx.update('account', pick(officers).account.uuid, {
          state: pick(['ACTIVE', 'SUSPENDED', 'ARCHIVED'] as const),
        }),
      (tx) =>
        tx.update('employment', pick(officers).employment.uuid, {
          last_service_date: pick([null, '2025-12-31']),
        }),
      (tx) => tx.update('assignment', pick(officers).acts.uuid, { valid_to: pick([null, newYear]) }),
      (tx) => tx.update('assignment', pick(officers).acts.uuid, { post: pick(officers).acting.uuid }),
      (tx) => tx.update('post', pick(officers).acting.uuid, { organisation: pick(officers).department.uuid }),
      (tx) => tx.update('post', pick(officers).acting.uuid, { valid_to: pick([null, newYear]) }),
      (tx) => tx.update('post', pick(officers).own.uuid, { rank: pick([null, 'EO', 'CLK']) }),
      (tx) =>
        tx.update('employment', pick(officers).employment.uuid, {
          category: pick(['civil_servant', 'vendor'] as const),
        }),
      (tx) =>
        tx.update('organisation', pick(officers).department.uuid, { parent: pick(officers).bureau.uuid }),
      (tx) =>
        tx.update('clearance', pick(officers).clearance.uuid, {
          status: pick(['active', 'withdrawn'] as const),
        }),
      (tx) =>
        tx.update('group', groups[2]?.uuid ?? '', { rule: { organisation: pick(officers).bureau.uuid } }),
      async (tx) => {
        const row = memberRow({ group: groups[random(2)]?.uuid ?? '', person: pick(officers).person.uuid });
        if ((await tx.find('group_member', { group: row.group, person: row.person })).length > 0) return;
        await tx.insert('group_member', row);
        members.push(row);
      },
      async (tx) => {
        const row = members.splice(random(members.length), 1)[0];
        if (row !== undefined) await tx.remove('group_member', row.uuid);
      },
    ];
    for (let round = 0; round < 60; round++) {
      fixture.clock.set(new Date(newYear.getTime() + round));
      for (let count = 0; count <= random(4); count++) await fixture.run(pick(acts));
      await follow(source, published);
      if (round % 4 !== 3) continue;
      const anew = await readSnapshot(source);
      expect(published.change).to.equal(anew.change);
      expect(Object.fromEntries(published.records), `round ${round}`).to.deep.equal(
        Object.fromEntries(anew.records),
      );
      expect(Object.fromEntries(published.members), `round ${round}`).to.deep.equal(
        Object.fromEntries(anew.members),
      );
    }
    fixture.clock.set(newYear);
  });

  it('is one snapshot: what is written while it is read belongs to the changes after it', async () => {
    const late = personRow();
    const seen: string[] = [];
    let number = -1;
    for await (const batch of source.snapshot()) {
      if ('change' in batch) {
        number = batch.change;
        await fixture.run((tx) => tx.insert('person', late));
      } else if ('records' in batch) seen.push(...batch.records.map(uuidOf));
    }
    expect(seen).not.to.include(late.uuid);
    const [change] = await source.changes(number, 10);
    expect(change?.rows[0]?.uuid).to.equal(late.uuid);
  });

  it('gives its connection back when its reader stops early', async () => {
    for (let count = 0; count < 12; count++) {
      for await (const batch of source.snapshot()) if ('records' in batch) break;
    }
    expect((await readSnapshot(source)).records.size).to.be.greaterThan(0);
  });
});
