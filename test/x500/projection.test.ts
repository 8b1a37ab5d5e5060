import { expect } from 'chai';
import { extensionRules } from '../../src/x500/extension.ts';
import { ldifHeader, ldifRecord } from '../../src/x500/ldif.ts';
import { englishNames } from '../../src/x500/person_attributes.ts';
import { projectRecord } from '../../src/x500/projection.ts';
import type { PersonRecord, PublishedRecord } from '../../src/x500/published.ts';
import { containers, type ProjectedEntry, withSurroundings } from '../../src/x500/tree.ts';
import { makeEntry, schema } from './entries.ts';
import { violations } from './schema_check.ts';

const suffix = 'dc=gov,dc=hk';
const uuid = (last: number) => `00000000-0000-4000-8000-${String(last).padStart(12, '0')}`;
const instant = new Date('2026-11-22T03:41:31.500Z');
const stamps = { created_at: instant, modified_at: instant };
const organisations = `ou=organisations,${suffix}`;
const context = {
  refuseExtension: extensionRules(schema),
  suffix,
  dnOf: (_kind: 'organisation' | 'unit', of: string) =>
    of === uuid(1) ? `ou=CSB,${organisations}` : of === uuid(2) ? `ou=AD,ou=CSB,${organisations}` : undefined,
};

const held = {
  post: uuid(3),
  post_number: 'AO-12',
  organisation: uuid(1),
  organisation_code: 'CSB',
  unit: uuid(2),
  title_en: 'Principal Assistant Secretary (1)',
  title_zh: '首席助理秘書長(1)',
  rank_en: 'Administrative Officer Staff Grade C',
  telephone: '+852 2867 4608',
  fax: '+852 2530 1265',
  room: '1001',
  kind: 'substantive' as const,
  is_primary: true,
};
const certificate = Buffer.from('30820004020100', 'hex');

const person: PersonRecord = {
  kind: 'person',
  stamps,
  person: {
    uuid: uuid(10),
    surname: 'Chan',
    given_name: 'Tai-man',
    english_name: 'Nathan',
    name_zh: '陳大文',
    aliases: ['Chan Man'],
    preferred_language: 'zh-Hant',
    extension: {
      mobile: ['+852 9123 4567'],
      title: ['never shown twice'],
      nobodyDefinedThis: ['x'],
      userPassword: ['never shown'],
      entryDN: ['cn=never shown'],
    },
  },
  account: {
    uuid: uuid(11),
    uid: 'tmchan',
    kind: 'personal',
    state: 'LOCKED',
    locked_until: null,
    expires_at: instant,
    sessions_valid_from: instant,
    person: uuid(10),
    relying_system: null,
    password: { hash: 'never shown', must_change: true, expires_at: null },
    grants: [],
    organisation: uuid(1),
    category: 'civil_servant',
    clearance: 'SECRET', // more than this service authorises
    clearance_ceiling: 'CONFIDENTIAL',
  },
  mail: ['tmchan@csb.gov.hk', 'nathan.chan@csb.gov.hk'],
  posts: [
    held,
    {
      ...held,
      post_number: 'AO-7',
      title_en: 'Deputy Secretary',
      title_zh: '副秘書長',
      kind: 'acting',
      is_primary: false,
    },
  ],
  organisation: { uuid: uuid(1), code: 'CSB', name_en: 'Civil Service Bureau', name_zh: '公務員事務局' },
  unit: { name_en: 'Administration Division', name_zh: '行政科' },
  staff_number: 'S1234567',
  certificates: [
    { profile: 'encryption', der: certificate },
    { profile: 'signing', der: Buffer.from('30820004020101', 'hex') },
  ],
};

const records: PublishedRecord[] = [
  {
    kind: 'organisation',
    stamps,
    organisation: {
      uuid: uuid(1),
      code: 'CSB',
      name_en: 'Civil Service Bureau',
      name_zh: '公務員事務局',
      kind: 'bureau',
      parent: null,
      mail_domain: 'csb.gov.hk',
      help_contact_en: null,
      help_contact_zh: null,
      stroke_order: 4,
      clearance_ceiling: 'CONFIDENTIAL',
      valid_from: instant,
      valid_to: null,
      extension: {},
    },
  },
  {
    kind: 'unit',
    stamps,
    unit: {
      uuid: uuid(2),
      organisation: uuid(1),
      parent: null,
      code: 'AD',
      name_en: 'Administration Division',
      name_zh: null,
      kind: 'division',
      valid_from: instant,
      valid_to: null,
    },
  },
  {
    kind: 'post',
    stamps,
    rank_en: 'Administrative Officer',
    holders: ['tmchan'],
    post: {
      uuid: uuid(3),
      organisation: uuid(1),
      unit: uuid(2),
      number: 'AO-12',
      title_en: 'Secretary (1), Acting',
      title_zh: null,
      rank: 'AO',
      kind: 'permanent',
      required_clearance: 'RESTRICTED',
      telephone: null,
      fax: null,
      room: null,
      mail: null,
      valid_from: instant,
      valid_to: null,
      extension: {},
    },
  },
  person,
  {
    kind: 'group',
    stamps,
    group: {
      uuid: uuid(4),
      name: 'All, officers',
      description: null,
      organisation: uuid(1),
      kind: 'rule',
      rule: {},
      gid_number: 5000,
      mail: null,
    },
  },
  {
    kind: 'group',
    stamps,
    group: {
      uuid: uuid(5),
      name: 'empty',
      description: 'nobody yet',
      organisation: null,
      kind: 'static',
      rule: null,
      gid_number: null,
      mail: null,
    },
  },
  {
    kind: 'system',
    stamps,
    account: person.account,
    system: {
      uuid: uuid(6),
      code: 'mail',
      name_en: 'Mail',
      name_zh: '電郵',
      organisation: uuid(1),
      information_owner: 'Head of IT',
      classification: 'RESTRICTED',
      minimum_clearance: 'NONE',
      minimum_strength: null,
      released_attributes: ['employeeNumber'],
      population: null,
      clearance_approved: false,
      client: null,
    },
  },
  {
    kind: 'authority',
    stamps,
    authority: {
      uuid: uuid(7),
      name: 'issuing',
      issuer: uuid(8),
      certificate,
      crl: certificate,
      crl_number: 1,
      crl_this_update: instant,
      crl_next_update: instant,
    },
  },
  {
    kind: 'authority',
    stamps,
    authority: {
      uuid: uuid(8),
      name: 'root',
      issuer: null,
      certificate,
      crl: null,
      crl_number: 0,
      crl_this_update: null,
      crl_next_update: null,
    },
  },
];

function project(record: PublishedRecord): ProjectedEntry {
  const entry = projectRecord(record, context);
  if (entry === null) throw new Error('it has no entry');
  return entry;
}
const valuesOf = ({ attributes }: ProjectedEntry, name: string) =>
  attributes.find(({ description }) => description === name)?.values;

describe('projection', () => {
  for (const record of records) {
    const entry = project(record);
    it(`${entry.dn} obeys the schema and can be encoded`, () => {
      const attributes = withSurroundings(entry.attributes, {
        member: [entry.dn],
        memberOf: [entry.dn],
        subordinates: 2,
      });
      const allowed =
        record.kind === 'group'
          ? attributes
          : attributes.filter(({ description }) => description !== 'member');
      expect(violations(schema, allowed, entry.dn)).to.deep.equal([]);
      expect(makeEntry(allowed, entry.dn).layout.descriptions[0]?.name).to.equal('objectClass');
      expect(entry.dn.endsWith(`,${entry.superior}`)).to.equal(true);
    });
  }

  for (const root of [suffix, 'o=Gov', 'ou=x,dc=hk', 'c=HK', 'l=Tamar,c=HK']) {
    it(`builds the containers of ${root}`, () => {
      const entries = containers(root);
      for (const { attributes, dn } of entries)
        expect(violations(schema, attributes, dn), dn).to.deep.equal([]);
      expect(entries.map(({ superior }) => superior)).to.deep.equal([null, root, root, root, root, root]);
      expect(new Set(entries.map((entry) => entry.uuid)).size).to.equal(6);
      expect(containers(root)).to.deep.equal(entries);
    });
  }

  it('names people in both scripts, and orders what has an order', () => {
    const entry = project(person);
    expect(entry.dn).to.equal(`uid=tmchan,ou=people,${suffix}`);
    expect(valuesOf(entry, 'cn')).to.deep.equal([
      'Nathan CHAN Tai-man',
      'CHAN Tai-man',
      'CHAN Tai-man, Nathan',
    ]);
    expect(valuesOf(entry, 'cn;lang-zh-hant')).to.deep.equal(['陳大文']);
    expect(valuesOf(entry, 'displayName')).to.deep.equal(['Nathan CHAN Tai-man']);
    expect(valuesOf(entry, 'sn')).to.deep.equal(['Chan']);
    expect(valuesOf(entry, 'bauhiniaClearance')).to.deep.equal(['RESTRICTED']); // what a password supports
    expect(valuesOf(entry, 'bauhiniaRecordedClearance')).to.deep.equal(['CONFIDENTIAL']);
    expect(valuesOf(entry, 'mail')).to.deep.equal(person.mail);
    expect(valuesOf(entry, 'telephoneNumber')).to.deep.equal(['+852 2867 4608']);
    expect(valuesOf(entry, 'title')).to.deep.equal(['Principal Assistant Secretary (1)', 'Deputy Secretary']);
    expect(valuesOf(entry, 'userCertificate;binary')?.[0]).to.equal(certificate);
    expect(valuesOf(entry, 'bauhiniaDeliveryAddress')).to.deep.equal(person.mail.slice(0, 1));
    expect(valuesOf(entry, 'bauhiniaPostTitle')).to.have.length(2);
    expect(valuesOf(entry, 'bauhiniaPost')).to.deep.equal(['CSB/AO-12', 'CSB/AO-7']);
    expect(valuesOf(entry, 'bauhiniaActingPost')).to.deep.equal(['CSB/AO-7']);
    expect(valuesOf(entry, 'modifyTimestamp')).to.deep.equal(['20261122034131Z']);
    expect(valuesOf(entry, 'mobile')).to.deep.equal(['+852 9123 4567']);
    expect(valuesOf(entry, 'pwdReset')).to.deep.equal(['TRUE']);
    expect(entry.organisation).to.equal(uuid(1));
    expect(englishNames({ surname: 'Au Yeung', given_name: 'Mei', english_name: null })).to.deep.equal({
      display: 'AU YEUNG Mei',
      all: ['AU YEUNG Mei'],
    });
  });

  it('shows no password, no hash and no one without an account', () => {
    const text = JSON.stringify(records.map(project));
    expect(text).to.not.include('never shown');
    expect(text).to.not.include('userPassword');
    expect(projectRecord({ ...person, account: null }, context)).to.equal(null);
  });

  it('escapes names and nests posts below units', () => {
    expect(records.map(project).map(({ dn }) => dn)).to.include.members([
      `cn=All\\, officers,ou=groups,${suffix}`,
      `cn=AO-12,ou=AD,ou=CSB,${organisations}`,
      `ou=AD,ou=CSB,${organisations}`,
    ]);
  });
});

describe('LDIF (RFC 2849)', () => {
  it('writes text as it is, and in base64 what is not safe', () => {
    const text = ldifRecord('cn=陳,dc=hk', [
      {
        description: 'cn',
        values: ['陳', ' leading', ':colon', 'trailing ', 'line\nbreak', '<file', 'plain: text', ''],
      },
      { description: 'userCertificate;binary', values: [Buffer.from([0x30, 0])] },
    ]);
    expect(ldifHeader + text).to.equal(
      [
        'version: 1',
        'dn:: Y2496ZmzLGRjPWhr',
        'cn:: 6Zmz',
        'cn:: IGxlYWRpbmc=',
        'cn:: OmNvbG9u',
        'cn:: dHJhaWxpbmcg',
        'cn:: bGluZQpicmVhaw==',
        'cn:: PGZpbGU=',
        'cn: plain: text',
        'cn:',
        'userCertificate;binary:: MAA=',
        '',
        '',
      ].join('\n'),
    );
  });

  it('folds long lines so that unfolding gives them back', () => {
    const value = 'abcdefghij'.repeat(40);
    const lines = ldifRecord('dc=hk', [{ description: 'description', values: [value] }]).split('\n');
    expect(Math.max(...lines.map((line) => line.length))).to.equal(76);
    expect(lines.join('\n').replaceAll('\n ', '')).to.include(`description: ${value}\n`);
  });
});
