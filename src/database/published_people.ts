// People as they are published: set-based reads, one query a kind of fact, joined in memory by person.
import { categoryCeiling, lowest, recordedLevel } from '../directory/clearance.ts';
import type { RoleGrant } from '../directory/identity.ts';
import type { ClearanceRow, EmploymentRow, PersonRow } from '../directory/tables.ts';
import type { HeldPost, PersonRecord, Stamps } from '../x500/published.ts';
import {
  type AccountAndPassword,
  accountQuery,
  accountsByHolder,
  type PlainAccount,
} from './published_accounts.ts';
import {
  everything,
  groupBy,
  isServing,
  isValid,
  latest,
  type PublishedReader,
  type Query,
  type Selection,
} from './published_reader.ts';

interface HeldPostRow extends Omit<HeldPost, 'organisation_code'> {
  person: string;
  employment: string;
  modified_at: Date;
  unit_name_en: string | null;
  unit_name_zh: string | null;
}
type Employment = Pick<EmploymentRow, 'uuid' | 'person' | 'organisation' | 'staff_number' | 'category'>;
type PersonAndStamps = PersonRow & Stamps;

/** Everyone published now, in batches. A tombstone is read and not published. */
export async function* streamPeople(reader: PublishedReader): AsyncGenerator<PersonRecord[]> {
  const open = async <Row extends { person: string | null }>(query: FactQuery) =>
    reader.stream<Row>(query(reader, everything), 'person');
  const people = await reader.stream<PersonAndStamps>(personQuery(reader, everything), 'uuid');
  const accounts = await open<AccountAndPassword>(personalAccountQuery);
  const mail = await open<MailRow>(mailQuery);
  const posts = await open<HeldPostRow>(heldPostQuery);
  const grants = await open<GrantRow>(grantQuery);
  const employments = await open<Employment>(employmentQuery);
  const clearances = await open<ClearanceRow>(clearanceQuery);
  const certificates = await open<CertificateDer>(certificateQuery);
  for (let batch = await people.next(); batch.length > 0; batch = await people.next()) {
    const last = batch.at(-1)?.uuid ?? '';
    yield personRecords(reader, batch, {
      accounts: await accounts.upTo(last),
      mail: await mail.upTo(last),
      posts: await posts.upTo(last),
      grants: await grants.upTo(last),
      employments: await employments.upTo(last),
      clearances: await clearances.upTo(last),
      certificates: await certificates.upTo(last),
    });
  }
}

export async function readPeople(reader: PublishedReader, selection: Selection): Promise<PersonRecord[]> {
  const read = async <Row>(query: FactQuery): Promise<Row[]> => {
    const { sql, values } = query(reader, selection);
    return reader.rows<Row>(sql, values);
  };
  return personRecords(reader, await read<PersonAndStamps>(personQuery), {
    accounts: await read(personalAccountQuery),
    mail: await read(mailQuery),
    posts: await read(heldPostQuery),
    grants: await read(grantQuery),
    employments: await read(employmentQuery),
    clearances: await read(clearanceQuery),
    certificates: await read(certificateQuery),
  });
}

/** The facts of one person, or of a batch of them. */
interface Facts {
  mail: MailRow[];
  posts: HeldPostRow[];
  grants: GrantRow[];
  employments: Employment[];
  clearances: ClearanceRow[];
  certificates: CertificateDer[];
}

function personRecords(
  reader: PublishedReader,
  people: readonly PersonAndStamps[],
  facts: Facts & { accounts: AccountAndPassword[] },
): PersonRecord[] {
  const byPerson = <Row extends { person: string }>(rows: readonly Row[]) =>
    groupBy(rows, (row) => row.person);
  const accounts = accountsByHolder(facts.accounts, 'person');
  const mail = byPerson(facts.mail);
  const posts = byPerson(facts.posts);
  const grants = byPerson(facts.grants);
  const employments = byPerson(facts.employments);
  const clearances = byPerson(facts.clearances);
  const certificates = byPerson(facts.certificates);
  const records: PersonRecord[] = [];
  for (const row of people) {
    const account = accounts.get(row.uuid) ?? null;
    if (account?.state === 'ARCHIVED') continue;
    const ofThem = {
      mail: mail.get(row.uuid) ?? [],
      posts: posts.get(row.uuid) ?? [],
      grants: grants.get(row.uuid) ?? [],
      employments: employments.get(row.uuid) ?? [],
      clearances: clearances.get(row.uuid) ?? [],
      certificates: certificates.get(row.uuid) ?? [],
    };
    records.push(personRecord(reader, row, account, ofThem));
  }
  return records;
}

function personRecord(
  { organisations, now }: PublishedReader,
  row: PersonAndStamps,
  account: PlainAccount | null,
  facts: Facts,
): PersonRecord {
  const [first] = facts.posts; // the primary one, where there is one
  const employment = facts.employments.find((one) => one.uuid === first?.employment) ?? facts.employments[0];
  const organisation = organisations.get(first?.organisation ?? employment?.organisation ?? '');
  const category = employment?.category ?? null;
  const organisationCeiling = organisation?.ceiling ?? 'NONE';
  return {
    kind: 'person',
    person: {
      uuid: row.uuid,
      surname: row.surname,
      given_name: row.given_name,
      english_name: row.english_name,
      name_zh: row.name_zh,
      aliases: row.aliases,
      preferred_language: row.preferred_language,
      extension: row.extension,
    },
    stamps: {
      created_at: row.created_at,
      modified_at: latest(
        row.modified_at,
        organisation?.modified_at,
        ...facts.posts.map((post) => post.modified_at),
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
  return {
    post: row.post,
    post_number: row.post_number,
    organisation: row.organisation,
    organisation_code,
    unit: row.unit,
    title_en: row.title_en,
    title_zh: row.title_zh,
    rank_en: row.rank_en,
    telephone: row.telephone,
    fax: row.fax,
    room: row.room,
    kind: row.kind,
    is_primary: row.is_primary,
  };
}

type FactQuery = (reader: PublishedReader, selection: Selection) => Query;
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

const personQuery: FactQuery = (_reader, selection) => ({
  sql: `select uuid, surname, given_name, english_name, name_zh, aliases, preferred_language, extension, created_at,
          modified_at
     from person where ${selection.where('uuid')} order by uuid`,
  values: selection.values,
});

const personalAccountQuery: FactQuery = (_reader, selection) => accountQuery('person', selection);

const mailQuery: FactQuery = ({ now }, selection) => ({
  sql: `select person, address from mail_address
     where ${selection.where('person')} and ${isValid('mail_address')}
     order by person, is_primary desc, valid_from, uuid`,
  values: [...selection.values, now, now],
});

const heldPostQuery: FactQuery = ({ now }, selection) => ({
  sql: `select assignment.person, assignment.employment, assignment.kind, is_primary, post.uuid as post,
          post.number as post_number, post.organisation, post.unit, title_en, title_zh, rank.name_en as rank_en,
          telephone, fax, room, greatest(post.modified_at, unit.modified_at) as modified_at,
          unit.name_en as unit_name_en, unit.name_zh as unit_name_zh
     from assignment
       join post on post.uuid = assignment.post
       left join rank on rank.code = post.rank
       left join unit on unit.uuid = post.unit
     where ${selection.where('assignment.person')} and ${isValid('assignment')} and ${isValid('post')}
     order by assignment.person, is_primary desc, assignment.valid_from, assignment.uuid`,
  values: [...selection.values, now, now, now, now],
});

const grantQuery: FactQuery = ({ now }, selection) => ({
  sql: `select distinct assignment.person, post_role.post, post_role.role, post_role.organisation
     from post_role
       join post on post.uuid = post_role.post
       join assignment on assignment.post = post.uuid
     where ${selection.where('assignment.person')} and ${isValid('assignment')} and ${isValid('post')}
     order by assignment.person, post_role.post, post_role.role, post_role.organisation`,
  values: [...selection.values, now, now, now, now],
});

const employmentQuery: FactQuery = ({ today }, selection) => ({
  sql: `select uuid, person, organisation, staff_number, category from employment
     where ${selection.where('person')} and ${isServing('employment')}
     order by person, start_date desc, uuid`,
  values: [...selection.values, today, today],
});

const clearanceQuery: FactQuery = ({ now }, selection) => ({
  sql: `select person, level, status, valid_from, valid_to from clearance
     where ${selection.where('person')} and status = 'active' and ${isValid('clearance')}
     order by person`,
  values: [...selection.values, now, now],
});

const certificateQuery: FactQuery = ({ now }, selection) => ({
  sql: `select person, profile, der from certificate
     where ${selection.where('person')} and state = 'valid' and not_before <= ? and not_after > ?
     order by person, profile = 'encryption' desc, not_before desc, uuid`,
  values: [...selection.values, now, now],
});
