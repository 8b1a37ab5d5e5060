// Input rules against what people have and what attackers send.
// Lengths: Person English Name COM000022, Person Chinese Name COM000016 (the government's common schemas).
import { expect } from 'chai';
import fc from 'fast-check';
import { parsePasswordHash, parseUid } from '../../src/directory/account.ts';
import { overlap, requireAssignmentPeriod } from '../../src/directory/assignment.ts';
import { dayOf, endOfDay, parseDay, startOfDay } from '../../src/directory/day.ts';
import { currentEmployment, requireOrderedDates } from '../../src/directory/employment.ts';
import {
  parseChanges,
  parseExtension,
  parseFields,
  parseInstant,
  parseMailAddress,
  parseReference,
  parseTelephone,
} from '../../src/directory/field.ts';
import { groupFields } from '../../src/directory/group.ts';
import { organisationFields } from '../../src/directory/organisation.ts';
import { personFields } from '../../src/directory/person.ts';
import { postFields } from '../../src/directory/post.ts';
import { relyingSystemFields, requireConsistentEntry } from '../../src/directory/relying_system.ts';
import type { EmploymentRow } from '../../src/directory/tables.ts';
import { someHash } from './world.ts';

/** Not what any text field takes. */
const hostile: unknown[] = [
  42,
  true,
  {},
  [],
  ['a'],
  Symbol('a'),
  { toString: () => 'a' },
  'a\u0000b',
  'a\nb',
  'a\r\nuid: root',
  'a\u001b[2J',
  'a\u0085b',
  'a\u2028b',
  'pay\u202egnp.exe',
  ...['a\u3164', 'a\u1160b', 'a\u2800b', 'a\u034fb', 'a\ufe0f', 'a\u{e0100}', 'a\u{e0041}'],
  'a\u200bb',
  'a\ufeffb',
  'a\ud800b',
  'a\uffff',
  'a\ue000',
  ' a',
  'a ',
  '\u00a0a',
  '\u3000a',
  'x'.repeat(1_000_000),
  '陳'.repeat(100_000),
];

describe('fields: text', () => {
  const rules: [string, (value: unknown) => unknown][] = [
    ['surname', personFields.surname],
    ['given_name', personFields.given_name],
    ['english_name', personFields.english_name],
    ['name_zh', personFields.name_zh],
    ['title_en', postFields.title_en],
    ['number', postFields.number],
    ['name_en', organisationFields.name_en],
    ['code', organisationFields.code],
    ['uid', parseUid],
    ['mail', (value) => parseMailAddress('mail', value)],
    ['telephone', (value) => parseTelephone('telephone', value)],
    ['name', groupFields.name],
    ['password hash', parsePasswordHash],
    ['information_owner', relyingSystemFields.information_owner],
    ['start_date', (value) => parseDay('start_date', value)],
    ['person', (value) => parseReference('person', value)],
  ];
  for (const [field, parse] of rules) {
    it(`${field} takes no control, invisible, overlong or foreign value, and says so by name`, () => {
      for (const value of hostile) {
        expect(() => parse(value), String(value).slice(0, 20))
          .to.throw(new RegExp(`^invalid_value: ${field} `))
          .with.property('code', 'invalid_value');
      }
    });
  }

  it('never repeats the value in the refusal', () => {
    const secret = 'correct horse battery staple';
    for (const [, parse] of rules.filter(([field]) => !['surname', 'given_name'].includes(field))) {
      try {
        parse(`${secret}\n`);
      } catch (error) {
        expect(String(error)).to.not.contain('horse');
      }
    }
  });
});

describe('fields: names of people', () => {
  const take = (name: Parameters<typeof parseFields<object>>[1]) => parseFields(personFields, name);

  it('takes the variant of an ideograph that a name is written with (UTS 37)', () => {
    const name = { surname: 'KATSURAGI', given_name: 'Rei', name_zh: '葛\u{e0100}城' };
    expect(take(name)).to.include({ name_zh: name.name_zh });
  });

  it('keeps what was sent, as it was sent', () => {
    const sent = {
      surname: 'AU-YEUNG',
      given_name: 'Kwun-chung',
      english_name: "D'Arcy",
      name_zh: '歐陽冠聰',
      aliases: ['Chan Mei Yee (Mrs)'],
      preferred_language: 'zh-Hant' as const,
      extension: {},
    };
    expect(take(sent)).to.deep.equal(sent);
    const decomposed = 'Jose\u0301';
    expect(personFields.given_name(decomposed)).to.equal(decomposed);
  });

  it('counts characters, not code units: 40 of the supplementary planes fit', () => {
    const rare = '\u{20bb7}'.repeat(40); // 𠮷
    expect(personFields.surname(rare)).to.equal(rare);
    expect(() => personFields.surname(`${rare}\u{20bb7}`)).to.throw('surname must be at most 40 characters');
  });

  it('takes Chinese names of one to six characters, beyond the basic plane too', () => {
    for (const name of ['陳', '司徒', '𠮷田美代子', '\u{2ebf0}文', '葛\u{e0100}志明', '阿卜杜·巴']) {
      expect(personFields.name_zh(name), name).to.equal(name);
    }
    expect(personFields.name_zh('一二三四五六')).to.equal('一二三四五六');
    expect(personFields.name_zh('')).to.equal(null);
    for (const name of ['一二三四五六七', 'Chan', '陳 文', '陳1', '\u{e0100}', 'さくら', '陳😀']) {
      expect(() => personFields.name_zh(name), name).to.throw(/^invalid_value: name_zh /);
    }
  });

  it('takes letters that English and Chinese names are written with, one at least', () => {
    const { surname, given_name, english_name, aliases } = personFields;
    for (const name of ['Ngô', 'Ørsted', 'Đỗ', "O'Brien", 'Kamakaʻeha', '陳', 'de la Cruz (2)'])
      for (const parse of [surname, given_name, english_name]) expect(parse(name), name).to.equal(name);
    for (const name of ['-', "'", '1', '··', 'Ch\u0430n', '\u0421han', 'Ch\u03b1n', 'さくら', 'ﾁｬﾝ'])
      for (const parse of [surname, given_name, english_name, (value: unknown) => aliases([value])])
        expect(() => parse(name), name).to.throw(/^invalid_value: \w+ must be a name in English or Chinese/);
    expect(() => personFields.name_zh('··')).to.throw(/^invalid_value: name_zh /);
  });

  it('bounds aliases', () => {
    expect(personFields.aliases(undefined)).to.deep.equal([]);
    expect(() => personFields.aliases(Array(21).fill('Chan'))).to.throw('aliases must be at most 20 names');
    expect(() => personFields.aliases(['x'.repeat(61)])).to.throw('aliases must be at most 60 characters');
    expect(() => personFields.aliases('Chan')).to.throw(/aliases/);
  });

  it('takes any text of letters within its length (property)', () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom(..."aZé陳\u{20bb7}-'"), maxLength: 39 }), (marks) => {
        const name = `a${marks}`;
        expect(personFields.surname(name)).to.equal(name);
      }),
    );
  });

  it('throws nothing but refusals, whatever comes (property)', () => {
    fc.assert(
      fc.property(fc.anything(), (value) => {
        for (const parse of [...Object.values(personFields), ...Object.values(groupFields)]) {
          try {
            (parse as (value: unknown) => unknown)(value);
          } catch (error) {
            expect(error).to.have.property('code', 'invalid_value');
          }
        }
      }),
    );
  });
});

describe('fields: identifiers and addresses', () => {
  it('login names', () => {
    for (const uid of ['ptmchan', 'u000001', 'a.b', 'mail-relay', 'x_y']) expect(parseUid(uid)).to.equal(uid);
    for (const uid of [
      '',
      'a',
      'Chan',
      '1chan',
      'chan.',
      'a..b',
      'a b',
      'chan=x',
      'ch*n',
      'chan,ou=x',
      '陳',
      'a'.repeat(33),
    ])
      expect(() => parseUid(uid), uid).to.throw(/^invalid_value: uid /);
  });

  it('mail addresses (RFC 5321 Mailbox, without quoting)', () => {
    for (const address of ['vkmcheuk@ogcio.gov.hk', "o'neil+x@a-b.gov.hk", 'VKMCHEUK@OGCIO.GOV.HK'])
      expect(parseMailAddress('mail', address)).to.equal(address);
    const long = 'a'.repeat(64);
    expect(parseMailAddress('mail', `${long}@gov.hk`)).to.equal(`${long}@gov.hk`);
    for (const address of [
      'chan',
      '@gov.hk',
      'chan@',
      'chan@hk',
      'chan@@gov.hk',
      'a@b@gov.hk',
      '.chan@gov.hk',
      'chan.@gov.hk',
      '"a b"@gov.hk',
      'chan@-gov.hk',
      'chan@gov..hk',
      'chan@gov.hk.',
      'chan@[127.0.0.1]',
      'chän@gov.hk',
      `${long}a@gov.hk`,
      `a@${'b'.repeat(64)}.hk`,
      `a@${'b.'.repeat(130)}hk`,
    ])
      expect(() => parseMailAddress('mail', address), address).to.throw(/^invalid_value: mail /);
  });

  it('telephone numbers (E.164), grouped as sent', () => {
    for (const number of ['+852 2867 4608', '+85228674608', '+44 20-7946 0958'])
      expect(parseTelephone('telephone', number)).to.equal(number);
    expect(parseTelephone('telephone', null)).to.equal(null);
    for (const number of [
      '2867 4608',
      '+0 123 4567',
      '+852',
      '+852  2867',
      '+852 2867 46O8',
      '+1234567890123456',
    ])
      expect(() => parseTelephone('telephone', number), number).to.throw(/^invalid_value: telephone /);
  });

  it('codes and post numbers', () => {
    for (const code of ['CSB', 'FSTB-TB', 'D3']) expect(organisationFields.code(code)).to.equal(code);
    for (const code of ['csb', 'C SB', '-CSB', 'CSB-', 'C--B', '局', '3D'])
      expect(() => organisationFields.code(code), code).to.throw(/^invalid_value: code /);
    for (const number of ['AS-1', 'SE-6(N)', 'E-6(N)1', 'PAS (Food)3', '12/3', 'DSO 1'])
      expect(postFields.number(number)).to.equal(number);
    for (const number of ['AS,1', 'AS=1', 'AS+1', '#1', 'AS-', '"AS"', 'A\\B', 'DSO  1', 'A  (B)'])
      expect(() => postFields.number(number), number).to.throw(/^invalid_value: number /);
  });

  it('decides in linear time on long near-misses', () => {
    const started = performance.now();
    const near = [
      `${'a-'.repeat(31)}-`,
      `${'a.'.repeat(126)}@`,
      `+1${' 1'.repeat(15)} `,
      `A${'-A'.repeat(11)}-`,
    ];
    for (const value of near)
      for (const parse of [parseUid, postFields.number, organisationFields.code, groupFields.name]) {
        expect(() => parse(value)).to.throw(/invalid_value/);
        expect(() => parseMailAddress('mail', value)).to.throw(/invalid_value/);
        expect(() => parseTelephone('telephone', value)).to.throw(/invalid_value/);
      }
    expect(performance.now() - started).to.be.below(200);
  });

  it('hashes, never passwords', () => {
    expect(parsePasswordHash(someHash)).to.equal(someHash);
    for (const value of ['hunter2hunter2', '$2b$12$abcdefghijklmnopqrstuv', '{SSHA}abcdef', '$argon2id$'])
      expect(() => parsePasswordHash(value), value).to.throw('password hash must be an argon2id hash');
  });

  it('what a system asks of those who enter agrees with what it handles', () => {
    const system = {
      classification: 'CONFIDENTIAL',
      minimum_clearance: 'RESTRICTED',
      minimum_strength: null,
    } as const;
    requireConsistentEntry(system);
    requireConsistentEntry({ ...system, minimum_strength: 'certificate' });
    expect(() => requireConsistentEntry({ ...system, minimum_strength: 'password' })).to.throw(
      'minimum_strength must be at least second_factor for a system that handles CONFIDENTIAL',
    );
    expect(() => requireConsistentEntry({ ...system, classification: 'NONE' })).to.throw(
      'minimum_clearance must be at most NONE',
    );
    expect(() => relyingSystemFields.minimum_strength('console')).to.throw('minimum_strength');
  });

  it('redirect URIs: https, or this machine (RFC 8252 7.3)', () => {
    const client = (uri: unknown) =>
      relyingSystemFields.client({
        redirect_uris: [uri],
        token_endpoint_auth_method: 'client_secret_basic',
        scope: 'openid',
      });
    for (const uri of [
      'https://mail.gov.hk/cb',
      'http://localhost:9001/cb',
      'http://127.0.0.1:1/',
      'http://[::1]:1/',
    ])
      expect(client(uri)?.redirect_uris).to.deep.equal([uri]);
    for (const uri of [
      'http://mail.gov.hk/cb',
      'javascript:alert(1)',
      'https://mail.gov.hk/cb#x',
      'https://user@mail.gov.hk/',
      'https://*.gov.hk/',
      'http://localhost.evil.example/',
      '/cb',
      '',
      7,
    ])
      expect(() => client(uri), String(uri)).to.throw(/^invalid_value: redirect_uris /);
    expect(() => relyingSystemFields.client({ redirect_uris: [] })).to.throw(/invalid_value/);
    expect(() => relyingSystemFields.classification('SECRET')).to.throw(
      'classification must be at most CONFIDENTIAL',
    );
  });

  it('rules of groups name conditions that exist', () => {
    expect(groupFields.rule({ rank: 'AO' })).to.deep.equal({ rank: 'AO' });
    for (const rule of [{}, { sql: '1=1' }, 'all', { category: 'emperor' }, { organisation: 'CSB' }])
      expect(() => groupFields.rule(rule), JSON.stringify(rule)).to.throw(/^invalid_value: rule/);
  });

  it('extensions are bounded and cannot reach the prototype', () => {
    expect(parseExtension({ 'description;lang-en': ['a'] })).to.deep.equal({ 'description;lang-en': ['a'] });
    for (const value of [
      JSON.parse('{"__proto__": ["a"]}'),
      { a: [] },
      { a: 'a' },
      { a: [1] },
      { a: ['x'.repeat(4097)] },
      { a: Array(101).fill('x') },
      { 'a b': ['x'] },
      Object.fromEntries(Array.from({ length: 65 }, (_, index) => [`a${String(index)}`, ['x']])),
    ])
      expect(() => parseExtension(value)).to.throw(/^invalid_value: extension/);
  });

  it('changes touch only what was sent', () => {
    expect(parseChanges(personFields, { surname: 'Ho' })).to.deep.equal({ surname: 'Ho' });
    const polluted = Object.assign(Object.create({ given_name: 'x' }) as object, { surname: 'Ho' });
    expect(parseChanges(personFields, polluted)).to.deep.equal({ surname: 'Ho' });
    expect(() => parseChanges(personFields, { surname: '' })).to.throw('surname is required');
  });
});

describe('fields: days and instants', () => {
  it('days are Hong Kong days', () => {
    expect(startOfDay('2026-11-22').toISOString()).to.equal('2026-11-21T16:00:00.000Z');
    expect(endOfDay('2026-11-22').toISOString()).to.equal('2026-11-22T16:00:00.000Z');
    expect(dayOf(new Date('2026-11-22T15:59:59.999Z'))).to.equal('2026-11-22');
    expect(dayOf(new Date('2026-11-22T16:00:00Z'))).to.equal('2026-11-23');
  });

  it('round trip: every instant of a day is in that day (property)', () => {
    const instants = fc.date({
      min: new Date('1950-01-01'),
      max: new Date('2150-01-01'),
      noInvalidDate: true,
    });
    fc.assert(
      fc.property(instants, (instant) => {
        const day = parseDay('day', dayOf(instant));
        expect(startOfDay(day) <= instant && instant < endOfDay(day)).to.equal(true);
      }),
    );
  });

  it('refuses days that no calendar has', () => {
    for (const day of [
      '2026-02-29',
      '2026-13-01',
      '2026-00-10',
      '2026-1-1',
      '20261122',
      '1899-12-31',
      '2200-01-01',
      '２０２６-01-01',
    ])
      expect(() => parseDay('start_date', day), day).to.throw(
        'start_date must be a calendar day written YYYY-MM-DD',
      );
    expect(parseDay('start_date', '2028-02-29')).to.equal('2028-02-29');
  });

  it('refuses instants that are none', () => {
    for (const value of [new Date(Number.NaN), new Date(8.64e15), '2026-01-01', 0, null])
      expect(() => parseInstant('valid_to', value)).to.throw(/^invalid_value: valid_to /);
  });

  const employment = (start: string, duty: string | null, service: string | null): EmploymentRow => ({
    uuid: '00000000-0000-4000-8000-000000000001',
    person: '00000000-0000-4000-8000-000000000002',
    organisation: '00000000-0000-4000-8000-000000000003',
    source: 'hr',
    staff_number: '1',
    category: 'civil_servant',
    start_date: start,
    last_duty_date: duty,
    last_service_date: service,
  });

  it('keeps start, last duty and last service in order', () => {
    expect(() => requireOrderedDates(employment('2026-01-01', '2026-01-01', '2026-01-01'))).to.not.throw();
    expect(() => requireOrderedDates(employment('2026-01-02', '2026-01-01', null))).to.throw(
      /last_duty_date/,
    );
    expect(() => requireOrderedDates(employment('2026-01-01', '2026-03-01', '2026-02-01'))).to.throw(
      /last_service_date/,
    );
    expect(() => requireOrderedDates(employment('2026-01-01', null, '2026-02-01'))).to.throw(
      /last_service_date/,
    );
  });

  it('the running employment speaks for a person, not the one that ended or comes', () => {
    const past = employment('2010-01-01', '2020-12-31', null);
    const running = employment('2022-01-01', null, null);
    const coming = employment('2030-01-01', null, null);
    const now = new Date('2026-11-22T00:00:00Z');
    expect(currentEmployment([past, coming, running], now)).to.equal(running);
    expect(currentEmployment([past], now)).to.equal(past);
    expect(currentEmployment([], now)).to.equal(undefined);
  });

  it('periods are half open, and acting appointments end', () => {
    const day = (text: string) => startOfDay(text);
    const first = { valid_from: day('2026-01-01'), valid_to: day('2026-02-01') };
    expect(overlap(first, { valid_from: day('2026-02-01'), valid_to: null })).to.equal(false);
    expect(overlap(first, { valid_from: day('2026-01-31'), valid_to: null })).to.equal(true);
    expect(() => requireAssignmentPeriod('acting', day('2026-01-01'), null)).to.throw('valid_to is required');
    expect(() => requireAssignmentPeriod('acting', day('2026-01-02'), day('2026-01-01'))).to.throw(
      /valid_to/,
    );
    expect(() => requireAssignmentPeriod('substantive', day('2026-01-01'), null)).to.not.throw();
  });
});
