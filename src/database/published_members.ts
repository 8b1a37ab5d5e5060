// Who is a direct member of a group now. Static groups list their members; rule groups are resolved here.
import type { EmploymentCategory } from '../directory/vocabulary.ts';
import type { GroupMembers, GroupRecord } from '../x500/published.ts';
import { among, isServing, isValid, type PublishedReader } from './published_reader.ts';

interface Rule {
  organisation?: string;
  rank?: string;
  category?: EmploymentCategory;
}

/** Direct members of static groups, one result a group, also when it has none. */
async function readStaticMembers(
  { rows, now }: PublishedReader,
  groups: readonly string[],
): Promise<GroupMembers[]> {
  const selection = among(groups);
  // Joined text: the driver parses an array of 100,000 uuids many times slower than split does.
  const found = await rows<{ group: string; persons: string | null; groups: string | null }>(
    `select "group", string_agg(distinct person::text, ',') as persons,
            string_agg(distinct member_group::text, ',') as groups
     from group_member where ${selection.where('"group"')} and ${isValid('group_member')}
     group by "group"`,
    [...selection.values, now, now],
  );
  const byGroup = new Map(found.map((row) => [row.group, row]));
  return groups.map((group) => ({
    group,
    persons: byGroup.get(group)?.persons?.split(',') ?? [],
    groups: byGroup.get(group)?.groups?.split(',') ?? [],
  }));
}

/**
 * Members of a rule group: who serves now in the category, in a post of the rank now, in the organisation or below it.
 * Organisation and rank are those of one and the same post; without either of them no post is needed.
 */
async function readRuleMembers(reader: PublishedReader, group: string, rule: Rule): Promise<GroupMembers> {
  const { rows, now, today } = reader;
  const byPost = rule.organisation !== undefined || rule.rank !== undefined;
  const conditions: string[] = [isServing('employment')];
  const values: unknown[] = [today, today];
  const require = (condition: string, ...operands: unknown[]) => {
    conditions.push(condition);
    values.push(...operands);
  };
  if (byPost) require(`${isValid('assignment')} and ${isValid('post')}`, now, now, now, now);
  if (rule.organisation !== undefined) {
    require('post.organisation = any(?::uuid[])', organisationsUnder(reader, rule.organisation));
  }
  if (rule.rank !== undefined) require('post.rank = ?', rule.rank);
  if (rule.category !== undefined) require('employment.category = ?', rule.category);
  const found = await rows<{ person: string }>(
    `select distinct employment.person from employment
     ${byPost ? 'join assignment on assignment.employment = employment.uuid join post on post.uuid = assignment.post' : ''}
     where ${conditions.join(' and ')}`,
    values,
  );
  return { group, persons: found.map((row) => row.person), groups: [] };
}

/** The memberships of groups: listed or by rule. */
export async function readMembers(
  reader: PublishedReader,
  records: readonly GroupRecord[],
): Promise<GroupMembers[]> {
  const listed = records.filter(({ group }) => group.rule === null).map(({ group }) => group.uuid);
  const members = listed.length === 0 ? [] : await readStaticMembers(reader, listed);
  for (const { group } of records) {
    if (group.rule !== null) members.push(await readRuleMembers(reader, group.uuid, group.rule));
  }
  return members;
}

/** The organisation and all below it. */
export function organisationsUnder({ organisations }: PublishedReader, top: string): string[] {
  return [...organisations.values()]
    .filter((one) => liesUnder(organisations, one.uuid, top))
    .map((one) => one.uuid);
}

/** True when `organisation` is `top` or lies below it. */
export function liesUnder(
  organisations: PublishedReader['organisations'],
  organisation: string,
  top: string,
): boolean {
  let current: string | null = organisation;
  for (let climbed = 0; current !== null && climbed <= organisations.size; climbed++) {
    if (current === top) return true;
    current = organisations.get(current)?.parent ?? null;
  }
  return false;
}
