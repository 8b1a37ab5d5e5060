// People as they are published: set-based reads, one query a kind of fact, joined in memory by person.
import { categoryCeiling, lowest, recordedLevel } from '../directory/clearance.ts';
import type { RoleGrant } from '../directory/identity.ts';
import type { ClearanceRow, EmploymentRow, PersonRow } from '../directory/tables.ts';
import type { HeldPost, PersonRecord, Stamps } from '../x500/published.ts';
import { type PlainAccount, readAccounts } from './published_accounts.ts';
import {
  among,
  between,
  groupBy,
  isServing,
  isValid,
  latest,
  type PublishedReader,
  partStamps,
  type Selection,
} from './published_reader.ts';

interface HeldPostRow extends Omit<HeldPost, 'organisation_code'> {
  person: string;
  employment: string;
  modified_at: Date;
  unit_name_en: string | null;
  unit_name_zh: string | null;
  unit_modified_at: Date | null;
}
type Employment = Pick<EmploymentRow, 'uuid' | 'person' | 'organisation' | 'staff_number' | 'category'>;
type PersonAndStamps = PersonRow & Stamps;

const personColumns = `uuid, surname, given_name, english_name, name_zh, aliases, preferred_language, extension,
  created_at, modified_at`;

/** The people of one batch, and the last uuid read (null at the end). A tombstone is read and not published. */
export async function readPeopleAfter(
  reader: PublishedReader,
  after: string,
  limit: number,
): Promise<{ records: PersonRecord[]; last: string | null }> {
  const people = await reader.rows<PersonAndStamps>(
    `select ${personColumns} from person where uuid > ?::uuid order by uuid limit ?`,
    [after, limit],
  );
  const last = people.at(-1)?.uuid ?? null;
  if (last === null) return { records: [], last };
  return { records: await joinFacts(reader, people, between(after, last)), last };
}

export async function readPeople(
  reader: PublishedReader,
  uuids: ReadonlySet<string>,
): Promise<PersonRecord[]> {
  if (uuids.size === 0) return [];
  const selection = among(uuids);
  const people = await reader.rows<PersonAndStamps>(
    `select ${personColumns} from person where ${selection.where('uuid')} order by uuid`,
    selection.values,
  );
  return joinFacts(reader, people, selection);
}

async function joinFacts(
  reader: PublishedReader,
  people: readonly PersonAndStamps[],
  selection: Selection,
): Promise<PersonRecord[]> {
  const accounts = await readAccounts(reader, 'person', selection);
  const byPerson = async <Row extends { person: string }>(read: ReadFacts<Row>) =>
    groupBy(await read(reader, selection), (row) => row.person);
  const mail = await byPerson(readMail);
  const posts = await byPerson(readHeldPosts);
  const grants = await byPerson(readGrants);
  const employments = await byPerson(readEmployments);
  const clearances = await byPerson(readClearances);
  const certificates = await byPerson(readCertificates);

  return people.flatMap((row) => {
    const account = accounts.get(row.uuid) ?? null;
    if (account?.state === 'ARCHIVED') return [];
    return personRecord(reader, row, account, {
      mail: mail.get(row.uuid) ?? [],
      posts: posts.get(row.uuid) ?? [],
      grants: grants.get(row.uuid) ?? [],
      employments: employments.get(row.uuid) ?? [],
      clearances: clearances.get(row.uuid) ?? [],
      certificates: certificates.get(row.uuid) ?? [],
    });
  });
}

interface Facts {
  mail: MailRow[];
  posts: HeldPostRow[];
  grants: GrantRow[];
  employments: Employment[];
  clearances: ClearanceRow[];
  certificates: CertificateDer[];
}

function personRecord(
  { organisations, now }: PublishedReader,
  row: PersonAndStamps,
  account: PlainAccount | null,
  facts: Facts,
): PersonRecord {
  const { stamps, rest: person } = partStamps(row);
  const [first] = facts.posts; // the primary one, where there is one
  const employment = facts.employments.find((one) => one.uuid === first?.employment) ?? facts.employments[0];
  const organisation = organisations.get(first?.organisation ?? employment?.organisation ?? '');
  const category = employment?.category ?? null;
  const organisationCeiling = organisation?.ceiling ?? 'NONE';
  return {
    kind: 'person',
    person,
    stamps: {
      created_at: stamps.created_at,
      modified_at: latest(
        stamps.modified_at,
        organisation?.modified_at,
        ...facts.posts.flatMap((post) => [post.modified_at, post.unit_modified_at ?? undefined]),
      ),
    },
    account: account && {
      ...account,
      grants: facts.grants.map(({ role, organisation, post }) => ({ role, organisation, post })),
      organisation: organisation?.uuid ?? null,
      category,
      clearance: recordedLevel(facts.clearances, now),
      clearance_ceiling: lowest(organisationCeiling, categoryCeiling(category)),
    },
    mail: facts.mail.map((one) => one.address),
    posts: facts.posts.map((post) => heldPost(post, organisations.get(post.organisation)?.code ?? '')),
    organisation: organisation
      ? {
          uuid: organisation.uuid,
          code: organisation.code,
          name_en: organisation.name_en,
          name_zh: organisation.name_zh,
        }
      : null,
    unit:
      first === undefined || first.unit_name_en === null
        ? null
        : { name_en: first.unit_name_en, name_zh: first.unit_name_zh },
    staff_number: employment?.staff_number ?? null,
    certificates: facts.certificates.map(({ profile, der }) => ({ profile, der })),
  };
}

function heldPost(row: HeldPostRow, organisation_code: string): HeldPost {
  const { post, post_number, organisation, unit, title_en, title_zh, rank_en, telephone, fax, room } = row;
  const { kind, is_primary } = row;
  return {
    post,
    post_number,
    organisation,
    organisation_code,
    unit,
    title_en,
    title_zh,
    rank_en,
    telephone,
    fax,
    room,
    kind,
    is_primary,
  };
}

type ReadFacts<Row> = (reader: PublishedReader, selection: Selection) => Promise<Row[]>;
interface MailRow {
  person: string;
  address: string;
}
type GrantRow = RoleGrant & { person: string };
interface CertificateDer {
  person: string;
  profile: string;
  der: Buffer;
}

const readMail: ReadFacts<MailRow> = ({ rows, now }, selection) =>
  rows(
    `select person, address from mail_address
     where ${selection.where('person')} and ${isValid('mail_address')}
     order by is_primary desc, valid_from, uuid`,
    [...selection.values, now, now],
  );

const readHeldPosts: ReadFacts<HeldPostRow> = ({ rows, now }, selection) =>
  rows(
    `select assignment.person, assignment.employment, assignment.kind, is_primary, post.uuid as post,
            post.number as post_number, post.organisation, post.unit, title_en, title_zh, rank.name_en as rank_en,
            telephone, fax, room, post.modified_at, unit.name_en as unit_name_en, unit.name_zh as unit_name_zh,
            unit.modified_at as unit_modified_at
     from assignment
       join post on post.uuid = assignment.post
       left join rank on rank.code = post.rank
       left join unit on unit.uuid = post.unit
     where ${selection.where('assignment.person')} and ${isValid('assignment')} and ${isValid('post')}
     order by is_primary desc, assignment.valid_from, assignment.uuid`,
    [...selection.values, now, now, now, now],
  );

const readGrants: ReadFacts<GrantRow> = ({ rows, now }, selection) =>
  rows(
    `select distinct assignment.person, post_role.role, post_role.organisation, post_role.post
     from post_role
       join post on post.uuid = post_role.post
       join assignment on assignment.post = post.uuid
     where ${selection.where('assignment.person')} and ${isValid('assignment')} and ${isValid('post')}
     order by post_role.post, post_role.role, post_role.organisation`,
    [...selection.values, now, now, now, now],
  );

const readEmployments: ReadFacts<Employment> = ({ rows, today }, selection) =>
  rows(
    `select uuid, person, organisation, staff_number, category from employment
     where ${selection.where('person')} and ${isServing('employment')}
     order by start_date desc, uuid`,
    [...selection.values, today, today],
  );

const readClearances: ReadFacts<ClearanceRow> = ({ rows, now }, selection) =>
  rows(
    `select person, level, status, valid_from, valid_to from clearance
     where ${selection.where('person')} and status = 'active' and ${isValid('clearance')}`,
    [...selection.values, now, now],
  );

const readCertificates: ReadFacts<CertificateDer> = ({ rows, now }, selection) =>
  rows(
    `select person, profile, der from certificate
     where ${selection.where('person')} and state = 'valid' and not_before <= ? and not_after > ?
     order by profile = 'encryption' desc, not_before desc, uuid`,
    [...selection.values, now, now],
  );
