import { expect } from 'chai';
import fc from 'fast-check';
import type { Visibility } from '../../src/directory/access.ts';
import { encodeEntry, encodeTypes, LayoutTable } from '../../src/x500/encode_entry.ts';
import { attributesOf, type Entry, textValues } from '../../src/x500/entry.ts';
import { createSelection } from '../../src/x500/select_attributes.ts';
import { everything, listOf, makeEntry, schema, seeing } from './entries.ts';

const person = makeEntry({
  objectClass: ['top', 'person', 'organizationalPerson', 'inetOrgPerson'],
  uid: ['tmchan'],
  cn: ['CHAN Tai-man'],
  'cn;lang-zh-hant': ['陳大文'],
  sn: ['Chan'],
  'userCertificate;binary': [Buffer.from([0x30, 1, 0])],
  employeeNumber: ['1234'],
  entryUUID: ['597ae2f6-16a6-1027-98f4-d28b5365dc14'],
  memberOf: ['cn=a,ou=groups,dc=hk'],
});

/** What a selection sends: names with values, and in how many ranges. */
function sent(
  attributes: string[],
  visibility: Visibility = everything,
  typesOnly = false,
  entry: Entry = person,
) {
  const ranges: [number, number][] = [];
  const octets = createSelection(schema, { attributes, typesOnly }, visibility).select(entry, {
    add: (start, end) => ranges.push([start, end]),
  });
  const bytes = Buffer.concat(ranges.map(([start, end]) => octets.subarray(start, end)));
  return { ranges: ranges.length, bytes, names: namesIn(bytes) };
}

function namesIn(bytes: Buffer): string[] {
  const names: string[] = [];
  for (let at = 0; at < bytes.length; ) {
    const header = (bytes[at + 1] ?? 0) < 0x80 ? 2 : 2 + ((bytes[at + 1] ?? 0) & 0x7f);
    const length = header === 2 ? (bytes[at + 1] ?? 0) : bytes.readUIntBE(at + 2, header - 2);
    const type = at + header;
    names.push(bytes.toString('utf8', type + 2, type + 2 + (bytes[type + 1] ?? 0)));
    at = type + length;
  }
  return names;
}

const user = [
  'objectClass',
  'uid',
  'cn',
  'cn;lang-zh-hant',
  'sn',
  'userCertificate;binary',
  'employeeNumber',
];
const operational = ['entryUUID', 'memberOf'];

describe('encoded entries (RFC 4511 4.5.2)', () => {
  it('hold any values and give them back', () => {
    fc.assert(
      fc.property(
        fc.array(fc.string({ unit: 'grapheme', maxLength: 300 }), { minLength: 1, maxLength: 5 }),
        fc.uint8Array({ size: 'large' }),
        (texts, octets) => {
          const entry = makeEntry({ cn: texts, 'userCertificate;binary': [Buffer.from(octets)] });
          expect(textValues(schema, entry, 'cn')).to.deep.equal(texts);
          expect([...attributesOf(entry)][1]?.values[0]).to.deep.equal(Buffer.from(octets));
        },
      ),
    );
  });

  it('write lengths in their shortest form at every size', () => {
    for (const size of [0, 1, 127, 128, 255, 256, 65_535, 65_536, 70_000]) {
      const entry = makeEntry({ description: ['x'.repeat(size)] });
      expect(textValues(schema, entry, 'description')[0]?.length).to.equal(size);
    }
  });

  it('put objectClass first and operational attributes last, and share layouts', () => {
    const layouts = new LayoutTable();
    const first = encodeEntry(
      schema,
      layouts,
      listOf({ entryUUID: ['u'], cn: ['a'], objectClass: ['top'], sn: ['b'], title: [] }),
    );
    expect(first.layout.descriptions.map(({ name }) => name)).to.deep.equal([
      'objectClass',
      'cn',
      'sn',
      'entryUUID',
    ]);
    expect(first.layout.userAttributes).to.equal(3);
    const second = encodeEntry(
      schema,
      layouts,
      listOf({ objectClass: ['top'], commonName: ['x', 'y'], sn: ['b'], entryUUID: ['u'] }),
    );
    expect(second.layout).to.equal(first.layout);
    expect(layouts.layouts).to.have.length(1);
  });

  it('refuse what no projection may hand over', () => {
    expect(() => makeEntry({ cn: ['a'], commonName: ['b'] })).to.throw('the entry holds cn twice');
    expect(() => makeEntry({ nobodyDefinedThis: ['a'] })).to.throw('not in the schema');
  });
});

describe('requested attributes (RFC 4511 4.5.1.8)', () => {
  it('are all user attributes, in one range, when none or * is named', () => {
    for (const request of [[], ['*'], ['*', 'nobodyDefinedThis', 'dn']]) {
      expect(sent(request).names).to.deep.equal(user);
      expect(sent(request).ranges).to.equal(1);
    }
  });

  it('are everything, in one range, for * and +', () => {
    expect(sent(['*', '+'])).to.deep.include({ names: [...user, ...operational], ranges: 1 });
    expect(sent(['*', '+']).bytes).to.deep.equal(person.wire());
    expect(sent(['+']).names).to.deep.equal(operational);
  });

  it('are none for 1.1 and for names that nobody defined', () => {
    for (const request of [['1.1'], ['nobodyDefinedThis'], ['dn'], ['cn;']])
      expect(sent(request).names).to.deep.equal([]);
  });

  it('follow names, aliases, subtypes and options', () => {
    expect(sent(['CN']).names).to.deep.equal(['cn', 'cn;lang-zh-hant']);
    expect(sent(['commonname']).names).to.deep.equal(['cn', 'cn;lang-zh-hant']);
    expect(sent(['cn;lang-zh-hant']).names).to.deep.equal(['cn;lang-zh-hant']);
    expect(sent(['cn;lang-zh-']).names).to.deep.equal(['cn;lang-zh-hant']);
    expect(sent(['name']).names).to.deep.equal(['cn', 'cn;lang-zh-hant', 'sn']);
    expect(sent(['usercertificate']).names).to.deep.equal(['userCertificate;binary']);
    expect(sent(['userCertificate;binary']).names).to.deep.equal(['userCertificate;binary']);
    expect(sent(['uid', 'entryuuid', 'sn'])).to.deep.include({
      names: ['uid', 'sn', 'entryUUID'],
      ranges: 3,
    });
    expect(sent(['*', 'memberOf']).names).to.deep.equal([...user, 'memberOf']);
  });

  it('take a hundred names, most of them of other servers (SSSD, TrueNAS)', () => {
    const names = Array.from({ length: 100 }, (_, at) => `nobody${at}`);
    expect(sent([...names, 'uid', 'krbPrincipalName', 'userAccountControl']).names).to.deep.equal(['uid']);
  });

  it('take the attributes of a class (RFC 4529)', () => {
    expect(sent(['@person']).names).to.deep.equal(['objectClass', 'cn', 'cn;lang-zh-hant', 'sn']);
    expect(sent(['@nobodyDefinedThis']).names).to.deep.equal([]);
  });

  it('come without values for typesOnly', () => {
    const types = sent(['cn', '+'], everything, true);
    expect(types.names).to.deep.equal(['cn', 'cn;lang-zh-hant', ...operational]);
    const descriptions = types.names
      .map((name) => schema.describe(name))
      .filter((known) => known !== undefined);
    expect(types.bytes).to.deep.equal(encodeTypes(descriptions));
    expect(types.bytes.subarray(0, 8)).to.deep.equal(Buffer.from([0x30, 6, 4, 2, 0x63, 0x6e, 0x31, 0]));
    expect(sent(['1.1'], everything, true).names).to.deep.equal([]);
  });

  it('leave out what the reader may not see', () => {
    const reader = seeing(['objectclass', 'uid', 'cn', 'sn', 'entryuuid'], ['employeenumber'], person.uuid);
    const other = { ...person, uuid: 'other' };
    expect(sent(['*', '+'], reader, false, other)).to.deep.include({
      names: ['objectClass', 'uid', 'cn', 'cn;lang-zh-hant', 'sn', 'entryUUID'],
      ranges: 2,
    });
    expect(sent(['employeeNumber'], reader, false, other).names).to.deep.equal([]);
    expect(sent(['employeeNumber'], reader, true, other).names).to.deep.equal([]);
    expect(sent(['employeeNumber'], reader).names).to.deep.equal(['employeeNumber']);
  });

  it('are decided anew for entries of another table of layouts', () => {
    const selection = createSelection(schema, { attributes: ['sn'], typesOnly: false }, everything);
    const { layout, wire } = encodeEntry(schema, new LayoutTable(), listOf({ sn: ['z'], cn: ['a'] }));
    const parts: string[] = [];
    for (const entry of [
      person,
      { ...person, layout: { ...layout, index: person.layout.index }, wire: () => wire },
    ]) {
      const octets = selection.select(entry, {
        add: (start, end) => parts.push(...namesIn(slice(entry, start, end))),
      });
      expect(octets).to.equal(entry.wire());
    }
    expect(parts).to.deep.equal(['sn', 'sn']);
  });
});

const slice = (entry: Entry, start: number, end: number) => entry.wire().subarray(start, end);
