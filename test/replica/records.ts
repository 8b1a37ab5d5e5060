// Published records made of a number: the same number, the same person. For tests and benchmarks of the replica that
// need more of them, or faster changing ones, than the seeds give.
import { createHash } from 'node:crypto';
import type {
  GroupRecord,
  OrganisationRecord,
  PersonRecord,
  PostRecord,
  UnitRecord,
} from '../../src/x500/published.ts';

const surnames = [
  'Chan',
  'Wong',
  'Lee',
  'Cheung',
  'Lau',
  'Ho',
  'Yip',
  'Tang',
  'Tsang',
  'Kwok',
  'Au Yeung',
  'Ng',
];
const givenNames = [
  'Kwun-chung',
  'Mei-ling',
  'Siu-man',
  'Ka-yan',
  'Wai-lun',
  'Chi-keung',
  'Pui-shan',
  'Tai-man',
];
const englishNames = [
  'Nathan',
  'Grace',
  'Daniel',
  'Winnie',
  'Alan',
  'Carol',
  'Joyce',
  'Kelvin',
  'Simon',
  'Ada',
];
const chineseNames = ['陳冠中', '黃美玲', '李少文', '張嘉欣', '劉偉倫', '何志強', '葉佩珊', '鄧大文'];
const ranks = ['Clerical Officer', 'Executive Officer I', 'Administrative Officer', 'Systems Manager'];

/** A UUID (RFC 9562 version 8) that stands for a text. */
export function uuidFor(text: string): string {
  const hex = createHash('md5').update(text).digest('hex');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-8${hex.slice(13, 16)}-9${hex.slice(17, 20)}-${hex.slice(20)}`;
}

const pick = <Item>(items: readonly Item[], number: number): Item => {
  const item = items[number % items.length];
  if (item === undefined) throw new RangeError('nothing to pick from');
  return item;
};

/** Spreads a number, so that neighbours differ. */
const mix = (number: number, salt: number): number => Math.imul(number + salt, 0x9e3779b1) >>> 5;

const epoch = new Date('2026-01-01T00:00:00Z');
const stampsOf = (number: number) => ({
  created_at: epoch,
  modified_at: new Date(epoch.getTime() + (number % 40_000) * 60_000),
});

export const organisationCount = 22;

export function organisation(number: number): OrganisationRecord {
  const code = `ORG${number}`;
  return {
    kind: 'organisation',
    stamps: stampsOf(number),
    organisation: {
      uuid: uuidFor(code),
      code,
      name_en: `Bureau for Matter ${number}`,
      name_zh: `第${number}局`,
      kind: number % 3 === 0 ? 'bureau' : 'department',
      parent: number > 0 && number % 3 !== 0 ? uuidFor(`ORG${number - (number % 3)}`) : null,
      mail_domain: `org${number}.gov.hk`,
      help_contact_en: null,
      help_contact_zh: null,
      stroke_order: number,
      clearance_ceiling: 'CONFIDENTIAL',
      valid_from: epoch,
      valid_to: null,
      extension: {},
    },
  };
}

export function unit(number: number): UnitRecord {
  return {
    kind: 'unit',
    stamps: stampsOf(number),
    unit: {
      uuid: uuidFor(`unit ${number}`),
      organisation: uuidFor(`ORG${number % organisationCount}`),
      parent: null,
      code: `U${number}`,
      name_en: `Section ${number}`,
      name_zh: `第${number}組`,
      kind: 'section',
      valid_from: epoch,
      valid_to: null,
    },
  };
}

export function post(number: number, holders: string[] = []): PostRecord {
  return {
    kind: 'post',
    stamps: stampsOf(number),
    rank_en: pick(ranks, number),
    holders,
    post: {
      uuid: uuidFor(`post ${number}`),
      organisation: uuidFor(`ORG${number % organisationCount}`),
      unit: number % 2 === 0 ? uuidFor(`unit ${number % organisationCount}`) : null,
      number: `P${number}`,
      title_en: `${pick(ranks, number)} (${number})`,
      title_zh: null,
      rank: 'CO',
      kind: 'permanent',
      required_clearance: 'RESTRICTED',
      telephone: `+852 2867 ${1000 + (number % 9000)}`,
      fax: null,
      mail: null,
      room: null,
      valid_from: epoch,
      valid_to: null,
      extension: {},
    },
  };
}

/** An officer. `version` changes names, mail, telephone and organisation, and leaves uuid and uid alone. */
export function person(number: number, version = 0): PersonRecord {
  const uuid = uuidFor(`person ${number}`);
  const uid = `u${String(number).padStart(6, '0')}`;
  const varied = mix(number, version * 7919);
  const organisationNumber = varied % organisationCount;
  const code = `ORG${organisationNumber}`;
  const surname = pick(surnames, varied >>> 3);
  const english = number % 3 === 0 ? null : pick(englishNames, varied >>> 7);
  const mail = `${(english ?? 'x').toLowerCase()}.${surname.toLowerCase().replace(' ', '')}${number}@${code.toLowerCase()}.gov.hk`;
  return {
    kind: 'person',
    stamps: stampsOf(number + version),
    person: {
      uuid,
      surname,
      given_name: pick(givenNames, varied >>> 11),
      english_name: english,
      name_zh: number % 5 === 0 ? null : pick(chineseNames, varied >>> 2),
      aliases: [],
      preferred_language: 'en',
      extension: {},
    },
    account: {
      uuid: uuidFor(`account ${number}`),
      uid,
      kind: 'personal',
      state: version % 4 === 3 ? 'SUSPENDED' : 'ACTIVE',
      locked_until: null,
      expires_at: null,
      sessions_valid_from: epoch,
      person: uuid,
      relying_system: null,
      password: {
        hash: '$argon2id$v=19$m=19456,t=2,p=1$c2FsdHNhbHRzYWx0c2FsdA$Zm9yIHRlc3RzIG9ubHk6IG5vIHJlYWwgaGFzaA',
        must_change: false,
        expires_at: null,
      },
      grants: [],
      organisation: uuidFor(code),
      category: 'civil_servant',
      clearance: 'RESTRICTED',
      clearance_ceiling: 'CONFIDENTIAL',
    },
    mail: [mail],
    posts: [
      {
        post: uuidFor(`post ${number}`),
        post_number: `P${number}`,
        organisation: uuidFor(code),
        organisation_code: code,
        unit: null,
        title_en: pick(ranks, varied),
        title_zh: null,
        rank_en: pick(ranks, varied),
        telephone: `+852 2${String(varied % 10_000_000).padStart(7, '0')}`,
        fax: null,
        room: `${varied % 30}/F`,
        kind: 'substantive',
        is_primary: true,
      },
    ],
    organisation: {
      uuid: uuidFor(code),
      code,
      name_en: `Bureau for Matter ${organisationNumber}`,
      name_zh: `第${organisationNumber}局`,
    },
    unit: null,
    staff_number: `S${100_000 + number}`,
    certificates: [],
  };
}

export function group(number: number, gidNumber: number | null = null): GroupRecord {
  return {
    kind: 'group',
    stamps: stampsOf(number),
    group: {
      uuid: uuidFor(`group ${number}`),
      name: `group-${number}`,
      description: `Those of matter ${number}`,
      organisation: uuidFor('ORG0'),
      kind: 'static',
      rule: null,
      gid_number: gidNumber,
      mail: null,
    },
  };
}
