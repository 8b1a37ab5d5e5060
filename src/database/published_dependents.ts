// Which published objects a change touches: those it names, and those that show something of them. A post shows on its
// holders, an organisation on everything under it. What is not published any more is found missing when it is read.
import type { ObjectKind } from '../directory/access.ts';
import type { Change, RecordedRow, RowChange } from '../directory/change.ts';
import type { TableName } from '../directory/tables.ts';
import { organisationsUnder } from './published_members.ts';
import { isValid, type PublishedReader } from './published_reader.ts';

/** Objects to read again, by kind. */
export type Touched = Record<Exclude<ObjectKind, 'suffix' | 'container'>, Set<string>>;

/** What may have moved people into or out of groups without a `group_member` row that says so. */
export interface RuleInputs {
  /** Groups whose rule was set, changed or dropped. */
  groups: Set<string>;
  /** Employments, postings, posts or places of organisations changed: the rules are asked about the people touched. */
  people: boolean;
}

/** What is still to be followed to the objects that show it. */
interface Leads {
  touched: Touched;
  rules: RuleInputs;
  /** Organisations and units whose dependents are touched too. */
  organisations: Set<string>;
  units: Set<string>;
  /** Posts whose holders are touched. */
  posts: Set<string>;
  ranks: Set<string>;
  accounts: Set<string>;
  /** People whose posts show their login name. */
  renamed: Set<string>;
}

/** Columns of an organisation that nothing but its own entry shows. */
const ownOrganisationColumns = [
  'mail_domain',
  'help_contact_en',
  'help_contact_zh',
  'stroke_order',
  'extension',
  'kind',
];

type Follow = (leads: Leads, row: RowChange, side: RecordedRow) => void;

const add = (set: Set<string>, value: unknown): void => {
  if (typeof value === 'string') set.add(value);
};

const ofPerson: Follow = ({ touched }, _row, side) => add(touched.person, side.person);
const nothing: Follow = () => undefined;

/** What each table's rows lead to; called for the row before and for the row after. */
const follow: Record<TableName, Follow> = {
  organisation: (leads, row) => {
    add(leads.touched.organisation, row.uuid);
    if (onlyDiffersIn(row, ownOrganisationColumns)) return;
    add(leads.organisations, row.uuid);
    if (row.before?.parent !== row.after?.parent) leads.rules.people = true;
  },
  organisation_succession: nothing,
  unit: (leads, row) => {
    add(leads.touched.unit, row.uuid);
    add(leads.units, row.uuid);
  },
  rank: (leads, _row, side) => add(leads.ranks, side.code),
  post: (leads, row) => {
    add(leads.touched.post, row.uuid);
    add(leads.posts, row.uuid);
    leads.rules.people = true;
  },
  post_role: (leads, _row, side) => add(leads.posts, side.post),
  person: (leads, row) => add(leads.touched.person, row.uuid),
  mail_address: ofPerson,
  employment: (leads, _row, side) => {
    add(leads.touched.person, side.person);
    leads.rules.people = true;
  },
  assignment: (leads, _row, side) => {
    add(leads.touched.person, side.person);
    add(leads.touched.post, side.post);
    add(leads.posts, side.post); // its other holders show the post's time of change
    leads.rules.people = true;
  },
  clearance: ofPerson,
  account: ({ touched, renamed }, _row, side) => {
    add(touched.person, side.person);
    add(touched.system, side.relying_system);
    add(renamed, side.person);
  },
  credential: (leads, _row, side) => add(leads.accounts, side.account),
  credential_history: nothing,
  group: ({ touched, rules }, row) => {
    add(touched.group, row.uuid);
    if (JSON.stringify(row.before?.rule) !== JSON.stringify(row.after?.rule)) add(rules.groups, row.uuid);
  },
  group_member: ({ touched }, _row, side) => add(touched.group, side.group),
  relying_system: ({ touched }, row) => add(touched.system, row.uuid),
  certificate: ofPerson,
  key_escrow: nothing,
  certificate_authority: ({ touched }, row) => add(touched.authority, row.uuid),
  signing_key: nothing,
};

/** Follows changes to every object that shows something of them. */
export async function followChanges(
  reader: PublishedReader,
  changes: readonly Change[],
): Promise<{ touched: Touched; rules: RuleInputs }> {
  const leads = startLeads();
  for (const row of changes.flatMap((change) => change.rows)) {
    for (const side of [row.before, row.after]) {
      if (side !== null) follow[row.table](leads, row, side);
    }
  }
  const { touched, rules } = leads;
  // The order holds: organisations lead to units and posts, units and ranks to posts, posts to people.
  await fromOrganisations(reader, leads);
  await fromUnits(reader, leads);
  await fromRanks(reader, leads);
  await fromPosts(reader, leads);
  await fromAccounts(reader, leads);
  return { touched, rules };
}

function startLeads(): Leads {
  return {
    touched: {
      organisation: new Set(),
      unit: new Set(),
      post: new Set(),
      person: new Set(),
      group: new Set(),
      system: new Set(),
      authority: new Set(),
    },
    rules: { groups: new Set(), people: false },
    organisations: new Set(),
    units: new Set(),
    posts: new Set(),
    ranks: new Set(),
    accounts: new Set(),
    renamed: new Set(),
  };
}

/** True for a real change of nothing but these columns (a touched row differs in none, and says that time changed it). */
function onlyDiffersIn(row: RowChange, columns: readonly string[]): boolean {
  const { before, after } = row;
  if (before === null || after === null) return false;
  const different = Object.keys(after).filter(
    (column) => JSON.stringify(before[column]) !== JSON.stringify(after[column]),
  );
  return different.length > 0 && different.every((column) => columns.includes(column));
}

async function uuids(reader: PublishedReader, sql: string, values: readonly unknown[]): Promise<string[]> {
  const rows = await reader.rows<{ uuid: string }>(sql, values);
  return rows.map((row) => row.uuid);
}

function addAll(set: Set<string>, values: Iterable<string>): void {
  for (const value of values) set.add(value);
}

/** Everything in the organisation and below it: their names stand above, their ceilings bound the people. */
async function fromOrganisations(reader: PublishedReader, leads: Leads): Promise<void> {
  if (leads.organisations.size === 0) return;
  const under = new Set([...leads.organisations].flatMap((top) => organisationsUnder(reader, top)));
  const all = [[...under]];
  addAll(leads.touched.organisation, under);
  addAll(
    leads.touched.unit,
    await uuids(reader, 'select uuid from unit where organisation = any(?::uuid[])', all),
  );
  const posts = await uuids(reader, 'select uuid from post where organisation = any(?::uuid[])', all);
  addAll(leads.touched.post, posts);
  addAll(leads.posts, posts);
  const employed = 'select distinct person as uuid from employment where organisation = any(?::uuid[])';
  addAll(leads.touched.person, await uuids(reader, employed, all));
  const systems = 'select uuid from relying_system where organisation = any(?::uuid[])';
  addAll(leads.touched.system, await uuids(reader, systems, all));
}

async function fromUnits(reader: PublishedReader, leads: Leads): Promise<void> {
  if (leads.units.size === 0) return;
  const below = await uuids(
    reader,
    `with recursive below(uuid) as (
       select uuid from unit where uuid = any(?::uuid[])
       union
       select unit.uuid from unit join below on unit.parent = below.uuid
     )
     select uuid from below`,
    [[...leads.units]],
  );
  addAll(leads.touched.unit, below);
  const posts = await uuids(reader, 'select uuid from post where unit = any(?::uuid[])', [below]);
  addAll(leads.touched.post, posts);
  addAll(leads.posts, posts);
}

async function fromRanks(reader: PublishedReader, leads: Leads): Promise<void> {
  if (leads.ranks.size === 0) return;
  const posts = await uuids(reader, 'select uuid from post where rank = any(?::text[])', [[...leads.ranks]]);
  addAll(leads.touched.post, posts);
  addAll(leads.posts, posts);
}

/** From posts to who holds them, and from people whose login name changed to what they hold. */
async function fromPosts(reader: PublishedReader, leads: Leads): Promise<void> {
  const { now } = reader;
  if (leads.posts.size > 0) {
    const holders = `select distinct person as uuid from assignment where post = any(?::uuid[]) and ${isValid('assignment')}`;
    addAll(leads.touched.person, await uuids(reader, holders, [[...leads.posts], now, now]));
  }
  if (leads.renamed.size > 0) {
    const held = `select distinct post as uuid from assignment where person = any(?::uuid[]) and ${isValid('assignment')}`;
    addAll(leads.touched.post, await uuids(reader, held, [[...leads.renamed], now, now]));
  }
}

async function fromAccounts(reader: PublishedReader, leads: Leads): Promise<void> {
  if (leads.accounts.size === 0) return;
  const holders = await reader.rows<{ person: string | null; relying_system: string | null }>(
    'select person, relying_system from account where uuid = any(?::uuid[])',
    [[...leads.accounts]],
  );
  for (const { person, relying_system } of holders) {
    add(leads.touched.person, person);
    add(leads.touched.system, relying_system);
  }
}
