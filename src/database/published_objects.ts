// Organisations, units, posts, groups, relying systems and authorities as they are published.
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
import { readAccounts } from './published_accounts.ts';
import {
  between,
  groupBy,
  isValid,
  type PublishedReader,
  partStamps,
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

/** The posts of one batch, and the last uuid read (null at the end). */
export async function readPostsAfter(
  reader: PublishedReader,
  after: string,
  limit: number,
): Promise<{ records: PostRecord[]; last: string | null }> {
  const [end] = await reader.rows<{ last: string | null }>(
    'select uuid as last from (select uuid from post where uuid > ?::uuid order by uuid limit ?) batch order by uuid desc limit 1',
    [after, limit],
  );
  const last = end?.last ?? null;
  return { records: last === null ? [] : await readPosts(reader, between(after, last)), last };
}

export async function readPosts(reader: PublishedReader, selection: Selection): Promise<PostRecord[]> {
  const { rows, now } = reader;
  const posts = await rows<PostAndRank>(
    `select ${selected('post')}, rank.name_en as rank_en from post left join rank on rank.code = post.rank
     where ${selection.where('post.uuid')} and ${isValid('post')} order by post.uuid`,
    [...selection.values, now, now],
  );
  const holders = await rows<{ post: string; uid: string }>(
    `select assignment.post, account.uid
     from assignment join account on account.person = assignment.person
     where ${selection.where('assignment.post')} and ${isValid('assignment')}
       and account.kind = 'personal' and account.state <> 'ARCHIVED'
     order by assignment.is_primary desc, account.uid`,
    [...selection.values, now, now],
  );
  const byPost = groupBy(holders, (row) => row.post);
  return posts.map((row) => {
    const { stamps, rest } = partStamps(row);
    const { rank_en, ...post } = rest;
    const uids = new Set(byPost.get(row.uuid)?.map((holder) => holder.uid));
    return { kind: 'post', post, rank_en, holders: [...uids], stamps };
  });
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
  const accounts = await readAccounts(reader, 'relying_system', selection);
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

/** The whole of a table. */
export const everything: Selection = { where: () => 'true', values: [] };

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
