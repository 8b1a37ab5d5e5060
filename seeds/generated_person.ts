// One invented person with a post, from a number.
import { startOfDay } from '../src/directory/day.ts';
import type {
  AccountRow,
  AssignmentRow,
  CredentialRow,
  EmploymentRow,
  MailAddressRow,
  PersonRow,
  PostRow,
} from '../src/directory/tables.ts';
import { areas, englishNames, givenSyllables, surnames, titles } from './generated_words.ts';
import { createRandom, type Random } from './random.ts';

export interface GeneratedPerson {
  person: PersonRow;
  post: PostRow;
  employment: EmploymentRow;
  assignment: AssignmentRow;
  mail: MailAddressRow;
  account: AccountRow;
  credential: CredentialRow;
}

export interface GeneratePersonInput {
  seed: number;
  index: number;
  organisations: readonly { uuid: string; mail_domain: string }[];
  passwordHash: string;
  now: Date;
}

export function generatedUid(index: number): string {
  return `u${String(index).padStart(6, '0')}`;
}

/** Rows in a fixed order of draws: a new draw goes last, or everybody becomes somebody else. */
export function generatePerson(input: GeneratePersonInput): GeneratedPerson {
  const { index, organisations, now } = input;
  const random = createRandom(input.seed, index);
  const place = organisations[random.below(organisations.length)];
  if (place === undefined) throw new RangeError('people are generated into at least one organisation');
  const uid = generatedUid(index);
  const person = generateNames(random);
  const post = generatePost(random, place.uuid, index);
  const start_date = generateStart(random);
  const since = startOfDay(start_date);
  const employment: EmploymentRow = {
    uuid: random.uuid(),
    person: person.uuid,
    organisation: place.uuid,
    source: 'generated',
    staff_number: `G${String(index).padStart(7, '0')}`,
    category: random.pick(['civil_servant', 'civil_servant', 'civil_servant', 'civil_servant', 'ncsc']),
    start_date,
    last_duty_date: null,
    last_service_date: null,
  };
  const account: AccountRow = {
    uuid: random.uuid(),
    uid,
    kind: 'personal',
    person: person.uuid,
    relying_system: null,
    state: 'ACTIVE',
    locked_until: null,
    expires_at: null,
    sessions_valid_from: now,
    credential_reset_at: null,
    created_at: now,
  };
  return {
    person,
    post,
    employment,
    account,
    assignment: {
      uuid: random.uuid(),
      person: person.uuid,
      employment: employment.uuid,
      post: post.uuid,
      kind: 'substantive',
      is_primary: true,
      valid_from: since,
      valid_to: null,
    },
    mail: {
      uuid: random.uuid(),
      person: person.uuid,
      address: `${uid}@${place.mail_domain}`,
      is_primary: true,
      valid_from: since,
      valid_to: null,
    },
    credential: {
      uuid: random.uuid(),
      account: account.uuid,
      kind: 'password',
      label: 'password',
      secret: input.passwordHash,
      must_change: false,
      created_at: now,
      expires_at: null,
    },
  };
}

function generateNames(random: Random): PersonRow {
  const surname = random.pick(surnames);
  const first = random.pick(givenSyllables);
  const second = random.pick(givenSyllables);
  return {
    uuid: random.uuid(),
    surname: surname.en,
    given_name: `${first.en}-${second.en.toLowerCase()}`,
    english_name: random.below(4) === 0 ? null : random.pick(englishNames),
    name_zh: surname.zh + first.zh + second.zh,
    aliases: [],
    preferred_language: random.pick(['en', 'zh-Hant']),
    extension: {},
  };
}

function generatePost(random: Random, organisation: string, index: number): PostRow {
  const title = random.pick(titles);
  const area = random.pick(areas);
  const number = 1 + random.below(9);
  const digits = String(random.below(1_000_000)).padStart(6, '0');
  return {
    uuid: random.uuid(),
    organisation,
    unit: null,
    number: `G${String(index).padStart(6, '0')}`,
    title_en: `${title.en} (${area.en})${String(number)}`,
    title_zh: `${title.zh}(${area.zh})${String(number)}`,
    rank: title.rank,
    kind: 'permanent',
    required_clearance: 'NONE',
    telephone: `+852 2${String(random.below(9) + 1)}${digits.slice(0, 2)} ${digits.slice(2)}`,
    fax: null,
    mail: null,
    room: String(random.below(40) * 100 + 101 + random.below(30)),
    valid_from: startOfDay('2003-01-01'),
    valid_to: null,
    extension: {},
  };
}

function generateStart(random: Random): string {
  const year = 2004 + random.below(20);
  const month = 1 + random.below(12);
  const day = 1 + random.below(28);
  return `${String(year)}-${String(month).padStart(2, '0')}-${String(day).padStart(2, '0')}`;
}
