// A small government for the tests of the LDAP face, as the database would publish it: 300 officers of two organisations,
// a group, two relying systems with service accounts, and accounts in every state that must not bind.
import type { AccountState, ClearanceLevel } from '../../src/directory/vocabulary.ts';
import type {
  GroupMembers,
  PersonRecord,
  PublishedRecord,
  SystemRecordRow,
} from '../../src/x500/published.ts';

const at = new Date('2026-01-01T00:00:00Z');
const stamps = { created_at: at, modified_at: at };

/** A uuid made of a number, so that tests can name it. */
export function uuidFrom(kind: number, number: number): string {
  return `${kind.toString(16).padStart(8, '0')}-0000-4000-8000-${number.toString(16).padStart(12, '0')}`;
}

export const organisations = [
  { uuid: uuidFrom(1, 1), code: 'CSB', name_en: 'Civil Service Bureau', name_zh: '公務員事務局' },
  { uuid: uuidFrom(1, 2), code: 'DPO', name_en: 'Digital Policy Office', name_zh: '數字政策辦公室' },
] as const;

export type Account = NonNullable<PersonRecord['account']>;

function accountOf(uid: string, hash: string, change: Partial<Account>): Account {
  return {
    uuid: uuidFrom(2, [...uid].reduce((sum, character) => sum * 37 + character.charCodeAt(0), 7) % 2 ** 40),
    uid,
    kind: 'personal',
    state: 'ACTIVE',
    locked_until: null,
    expires_at: null,
    sessions_valid_from: at,
    person: null,
    relying_system: null,
    password: { hash, must_change: false, expires_at: null },
    grants: [],
    organisation: null,
    category: 'civil_servant',
    clearance: 'NONE',
    clearance_ceiling: 'CONFIDENTIAL',
    ...change,
  };
}

export function person(
  number: number,
  uid: string,
  hash: string,
  change: Partial<Account> = {},
): PersonRecord {
  const [first, second] = organisations;
  const organisation = number % 2 === 0 ? first : second;
  const uuid = uuidFrom(3, number);
  const level: ClearanceLevel = number % 5 === 0 ? 'CONFIDENTIAL' : 'NONE';
  return {
    kind: 'person',
    person: {
      uuid,
      surname: ['Chan', 'Wong', 'Lee'][number % 3] ?? '',
      given_name: `Tai-${uid}`,
      english_name: number % 4 === 0 ? 'Nathan' : null,
      name_zh: '陳大文',
      aliases: [],
      preferred_language: 'en',
      extension: {},
    },
    stamps,
    account: accountOf(uid, hash, {
      person: uuid,
      organisation: organisation.uuid,
      clearance: level,
      ...change,
    }),
    mail: [`${uid}@${organisation.code.toLowerCase()}.gov.hk`],
    posts: [],
    organisation,
    unit: null,
    staff_number: `S${number}`,
    certificates: [],
  };
}

export function system(
  number: number,
  code: string,
  hash: string,
  change: Partial<SystemRecordRow['system']> = {},
): SystemRecordRow {
  const uuid = uuidFrom(4, number);
  return {
    kind: 'system',
    system: {
      uuid,
      code,
      name_en: `The ${code} system`,
      name_zh: '系統',
      organisation: organisations[1].uuid,
      information_owner: 'uid=u1',
      classification: 'RESTRICTED',
      minimum_clearance: 'NONE',
      minimum_strength: null,
      released_attributes: [],
      population: null,
      clearance_approved: false,
      client: null,
      ...change,
    },
    account: accountOf(`svc-${code}`, hash, { kind: 'service', relying_system: uuid, category: null }),
    stamps,
  };
}

export const OFFICERS = 300;
export const groupUuid = uuidFrom(5, 1);

export const closedStates: readonly AccountState[] = ['LOCKED', 'SUSPENDED', 'DISABLED', 'FINAL_LEAVE'];

export function publishedRecords(hash: string): PublishedRecord[] {
  const officers = Array.from({ length: OFFICERS }, (_, index) => person(index + 1, `u${index + 1}`, hash));
  return [
    ...organisations.map(
      (organisation): PublishedRecord => ({
        kind: 'organisation',
        organisation: {
          ...organisation,
          kind: 'bureau',
          parent: null,
          mail_domain: null,
          help_contact_en: null,
          help_contact_zh: null,
          stroke_order: 4,
          clearance_ceiling: 'CONFIDENTIAL',
          valid_from: at,
          valid_to: null,
          extension: {},
        },
        stamps,
      }),
    ),
    ...officers,
    ...closedStates.map((state, index) =>
      person(900 + index, state.toLowerCase().replace('_', '-'), hash, { state }),
    ),
    person(920, 'newcomer', hash, { password: { hash, must_change: true, expires_at: null } }),
    person(921, 'admin', hash, {
      grants: [{ role: 'directory_administrator', organisation: null, post: null }],
    }),
    {
      kind: 'group',
      group: {
        uuid: groupUuid,
        name: 'readers',
        description: 'those who read',
        organisation: organisations[0].uuid,
        kind: 'static',
        rule: null,
        gid_number: null,
        mail: null,
      },
      stamps,
    },
    system(1, 'mail', hash),
    system(2, 'im', hash, {
      classification: 'CONFIDENTIAL',
      population: [organisations[0].uuid],
      clearance_approved: true,
    }),
  ];
}

export const memberships: GroupMembers[] = [
  { group: groupUuid, persons: [1, 2, 3].map((number) => uuidFrom(3, number)), groups: [] },
];
