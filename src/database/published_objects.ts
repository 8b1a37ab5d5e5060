// Organisations, units, posts, groups, relying systems and authorities as they are published.
import { statesInService } from '../directory/lifecycle.ts';
import type {
  CertificateAuthorityRow,
  GroupRow,
  OrganisationRow,
  PostRow,
  RelyingSystemRow,
  UnitRow,
} from '../directory/tables.ts';
import type {
  AuthorityRecord,
  GroupRecord,
  OrganisationRecord,
  PostRecord,
  Stamps,
  SystemRecordRow,
  UnitRecord,
} from '../x500/published.ts';
import { columnNames, type StampedTable } from './columns.ts';
import { accountQuery, accountsByHolder } from './published_accounts.ts';
import {
  everything,
  groupBy,
  isValid,
  type PublishedReader,
  partStamps,
  type Query,
  type Selection,
} from './published_reader.ts';

/** The columns of a published object and its stamps, as SQL of the table's own name. */
const selected = (table: StampedTable, leftOut: readonly string[] = []): string =>
  [...columnNames(table), 'created_at', 'modified_at']
    .filter((column) => !leftOut.includes(column))
    .map((column) => `"${table}"."${column}"`)
    .join(', ');

export async function readOrganisations(
  { rows, now }: PublishedReader,
  selection: Selection,
): Promise<OrganisationRecord[]> {
  const found = await rows<OrganisationRow & Stamps>(
    `select ${selected('organisation')} from organisation
     where ${selection.where('uuid')} and ${isValid('organisation')} order by uuid`,
    [...selection.values, now, now],
  );
  return parentsFirst(found).map((row) => {
    const { stamps, rest } = partStamps(row);
    return { kind: 'organisation', organisation: rest, stamps };
  });
}

export async function readUnits({ rows, now }: PublishedReader, selection: Selection): Promise<UnitRecord[]> {
  const found = await rows<UnitRow & Stamps>(
    `select ${selected('unit')} from unit where ${selection.where('uuid')} and ${isValid('unit')} order by uuid`,
    [...selection.values, now, now],
  );
  return parentsFirst(found).map((row) => {
    const { stamps, rest } = partStamps(row);
    return { kind: 'unit', unit: rest, stamps };
  });
}

type PostAndRank = PostRow & Stamps & { rank_en: string | null };

interface Holding {
  post: string;
  uid: string;
}

/** Every post published now, in batches. */
export async function* streamPosts(reader: PublishedReader): AsyncGenerator<PostRecord[]> {
  const posts = await reader.stream<PostAndRank>(postQuery(reader, everything), 'uuid');
  const holders = await reader.stream<Holding>(holderQuery(reader, everything), 'post');
  for (let batch = await posts.next(); batch.length > 0; batch = await posts.next()) {
    yield postRecords(batch, await holders.upTo(batch.at(-1)?.uuid ?? ''));
  }
}

export async function readPosts(reader: PublishedReader, selection: Selection): Promise<PostRecord[]> {
  const posts = postQuery(reader, selection);
  const holders = holderQuery(reader, selection);
  return postRecords(
    await reader.rows(posts.sql, posts.values),
    await reader.rows(holders.sql, holders.values),
  );
}

const postQuery = ({ now }: PublishedReader, selection: Selection): Query => ({
  sql: `select ${selected('post')}, rank.name_en as rank_en from post left join rank on rank.code = post.rank
     where ${selection.where('post.uuid')} and ${isValid('post')} order by post.uuid`,
  values: [...selection.values, now, now],
});

/** Mail to a post goes to its holders: the suspended are none until they are back, as in groups (replica/renderer.ts). */
const holderQuery = ({ now }: PublishedReader, selection: Selection): Query => ({
  sql: `select assignment.post, account.uid
     from assignment join account on account.person = assignment.person
     where ${selection.where('assignment.post')} and ${isValid('assignment')}
       and account.kind = 'personal' and account.state = any(?)
     order by assignment.post, assignment.is_primary desc, account.uid`,
  values: [...selection.values, now, now, statesInService],
});

/** Spelled out: for 200,000 posts a rest pattern takes longer than reading them. */
function postRecords(posts: readonly PostAndRank[], holders: readonly Holding[]): PostRecord[] {
  const byPost = groupBy(holders, (row) => row.post);
  return posts.map((row) => ({
    kind: 'post',
    post: {
      uuid: row.uuid,
      organisation: row.organisation,
      unit: row.unit,
      number: row.number,
      title_en: row.title_en,
      title_zh: row.title_zh,
      rank: row.rank,
      kind: row.kind,
      required_clearance: row.required_clearance,
      telephone: row.telephone,
      fax: row.fax,
      room: row.room,
      mail: row.mail,
      valid_from: row.valid_from,
      valid_to: row.valid_to,
      extension: row.extension,
    },
    rank_en: row.rank_en,
    holders: [...new Set(byPost.get(row.uuid)?.map((holder) => holder.uid))],
    stamps: { created_at: row.created_at, modified_at: row.modified_at },
  }));
}

export async function readGroups({ rows }: PublishedReader, selection: Selection): Promise<GroupRecord[]> {
  const found = await rows<GroupRow & Stamps>(
    `select ${selected('group')} from "group" where ${selection.where('uuid')} order by uuid`,
    selection.values,
  );
  return found.map((row) => {
    const { stamps, rest } = partStamps(row);
    return { kind: 'group', group: rest, stamps };
  });
}

/** A service account has no clearance of its own: what it may read is bounded by its system's classification. */
export async function readSystems(reader: PublishedReader, selection: Selection): Promise<SystemRecordRow[]> {
  const found = await reader.rows<RelyingSystemRow & Stamps>(
    `select ${selected('relying_system')} from relying_system where ${selection.where('uuid')} order by uuid`,
    selection.values,
  );
  const query = accountQuery('relying_system', selection);
  const accounts = accountsByHolder(await reader.rows(query.sql, query.values), 'relying_system');
  return found.map((row) => {
    const { stamps, rest } = partStamps(row);
    const account = accounts.get(row.uuid) ?? null;
    return {
      kind: 'system',
      system: rest,
      account: account && {
        ...account,
        grants: [],
        organisation: row.organisation,
        category: null,
        clearance: 'NONE',
        clearance_ceiling: 'NONE',
      },
      stamps,
    };
  });
}

export async function readAuthorities(
  { rows }: PublishedReader,
  selection: Selection,
): Promise<AuthorityRecord[]> {
  const found = await rows<Omit<CertificateAuthorityRow, 'signing_key'> & Stamps>(
    `select ${selected('certificate_authority', ['signing_key'])} from certificate_authority
     where ${selection.where('uuid')} order by uuid`,
    selection.values,
  );
  return found.map((row) => {
    const { stamps, rest } = partStamps(row);
    return { kind: 'authority', authority: rest, stamps };
  });
}

function parentsFirst<Row extends { uuid: string; parent: string | null }>(rows: readonly Row[]): Row[] {
  const byUuid = new Map(rows.map((row) => [row.uuid, row]));
  const ordered = new Set<Row>();
  for (const row of rows) {
    const path: Row[] = [];
    let next: Row | undefined = row;
    while (next !== undefined && !ordered.has(next) && !path.includes(next)) {
      path.push(next);
      next = next.parent === null ? undefined : byUuid.get(next.parent);
    }
    for (const one of path.reverse()) ordered.add(one);
  }
  return [...ordered];
}
