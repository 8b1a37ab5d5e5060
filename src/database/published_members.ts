// Who is a direct member of a group now. Static groups list their members; rule groups are resolved here: one group over all
// people when its rule changes, and one person over all rules when the person changes.
import type { EmploymentCategory } from '../directory/vocabulary.ts';
import type { GroupMembers, GroupRecord, RuleGroups } from '../x500/published.ts';
import { among, groupBy, isServing, isValid, type PublishedReader } from './published_reader.ts';

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
 * Who meets a rule: who serves now in the category, in a post of the rank now, in the organisation or below it.
 * Organisation and rank are those of one and the same post; without either of them no post is needed.
 */
async function readRuleMembers(reader: PublishedReader, rule: Rule): Promise<string[]> {
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
  const [found] = await rows<{ persons: string | null }>(
    `select string_agg(distinct employment.person::text, ',') as persons from employment
     ${byPost ? 'join assignment on assignment.employment = employment.uuid join post on post.uuid = assignment.post' : ''}
     where ${conditions.join(' and ')}`,
    values,
  );
  return found?.persons?.split(',') ?? [];
}

/** The memberships of groups: listed or by rule. */
export async function readMembers(
  reader: PublishedReader,
  records: readonly GroupRecord[],
): Promise<GroupMembers[]> {
  const listed = records.filter(({ group }) => group.rule === null).map(({ group }) => group.uuid);
  const members = listed.length === 0 ? [] : await readStaticMembers(reader, listed);
  // A rule is resolved once for all its groups: a person meets few different ones.
  const ruled = groupBy(
    records.filter(({ group }) => group.rule !== null),
    ({ group }) => ruleKey(group.rule?.organisation, group.rule?.rank, group.rule?.category),
  );
  for (const same of ruled.values()) {
    const rule = same[0]?.group.rule ?? {};
    const persons = await readRuleMembers(reader, rule);
    for (const { group } of same) members.push({ group: group.uuid, persons, groups: [] });
  }
  return members;
}

/**
 * Which rule groups each of the people is in now. The cost is that of the people and of the rules that they meet, however
 * many groups and members there are beside.
 */
export async function readRuleGroups(
  reader: PublishedReader,
  people: ReadonlySet<string>,
): Promise<RuleGroups[]> {
  const { rows, now, today } = reader;
  const groups = new Map([...people].map((person) => [person, new Set<string>()]));
  if (groups.size === 0) return [];
  const served = await rows<Served>(
    `select employment.person, employment.category, post.organisation, post.rank
     from employment
     left join (assignment join post on post.uuid = assignment.post and ${isValid('post')})
       on assignment.employment = employment.uuid and ${isValid('assignment')}
     where employment.person = any(?::uuid[]) and ${isServing('employment')}`,
    [now, now, now, now, [...people], today, today],
  );
  const places = new Set(served.flatMap(({ organisation }) => organisation ?? []));
  const above = new Map([...places].map((place) => [place, organisationsAbove(reader.organisations, place)]));
  const rules = await rows<{ uuid: string; rule: Rule }>(
    `select uuid, rule from "group"
     where kind = 'rule' and (rule ->> 'organisation' is null or rule ->> 'organisation' = any(?::text[]))`,
    [[...new Set([...above.values()].flat())]],
  );
  const byRule = groupBy(rules, ({ rule }) => ruleKey(rule.organisation, rule.rank, rule.category));
  for (const one of served) {
    for (const key of keysMet(one, above.get(one.organisation ?? '') ?? [])) {
      for (const { uuid } of byRule.get(key) ?? []) groups.get(one.person)?.add(uuid);
    }
  }
  return [...groups].map(([person, met]) => ({ person, groups: [...met] }));
}

/** An employment that goes on, with one of the posts held in it. */
interface Served {
  person: string;
  category: EmploymentCategory;
  organisation: string | null;
  rank: string | null;
}

const ruleKey = (organisation?: string, rank?: string, category?: string): string =>
  JSON.stringify([organisation ?? null, rank ?? null, category ?? null]);

/** The keys of every rule that is met; `above` are the organisation of the post and those over it. */
function keysMet({ category, rank }: Served, above: readonly string[]): string[] {
  const organisations = [undefined, ...above];
  const ranks = rank === null ? [undefined] : [undefined, rank];
  return organisations.flatMap((organisation) =>
    ranks.flatMap((one) => [undefined, category].map((terms) => ruleKey(organisation, one, terms))),
  );
}

/** The organisation and all below it. */
export function organisationsUnder({ organisations }: PublishedReader, top: string): string[] {
  return [...organisations.keys()].filter((one) => organisationsAbove(organisations, one).includes(top));
}

/** The organisation and all above it. */
function organisationsAbove(organisations: PublishedReader['organisations'], organisation: string): string[] {
  const above: string[] = [];
  let current: string | null = organisation;
  while (current !== null && above.length <= organisations.size) {
    above.push(current);
    current = organisations.get(current)?.parent ?? null;
  }
  return above;
}
