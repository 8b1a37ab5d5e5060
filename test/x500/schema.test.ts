import { expect } from 'chai';
import { OperationError } from '../../src/errors.ts';
import { buildSchema } from '../../src/x500/load_schema.ts';
import { parseDefinitions } from '../../src/x500/schema_parser.ts';
import { subschemaAttributes } from '../../src/x500/subschema.ts';
import { listOf, schema } from './entries.ts';
import { violations } from './schema_check.ts';

const top =
  "attributetype ( 2.5.4.0 NAME 'objectClass' EQUALITY objectIdentifierMatch SYNTAX 1.3.6.1.4.1.1466.115.121.1.38 )\n";

describe('schema definitions (RFC 4512 4.1)', () => {
  it('are found by every name and by OID, regardless of case', () => {
    for (const name of ['cn', 'CN', 'commonName', 'commonname', '2.5.4.3']) {
      expect(schema.attributeType(name)?.name).to.equal('cn');
    }
    for (const alias of ['surname', 'gn', 'fax', 'facsimiletelephonenumber', 'rfc822Mailbox', 'userid']) {
      expect(schema.attributeType(alias), alias).to.not.equal(undefined);
    }
    expect(schema.attributeType('__proto__')).to.equal(undefined);
    expect(schema.attributeType('dn')).to.equal(undefined);
  });

  it('inherit syntax and rules from the superior type', () => {
    const cn = schema.attributeType('cn');
    expect(cn?.equality?.name).to.equal('caseIgnoreMatch');
    expect(cn?.substrings?.name).to.equal('caseIgnoreSubstringsMatch');
    expect(cn?.syntax.description).to.equal('Directory String');
    const name = schema.attributeType('name');
    expect(cn && name && schema.isSubtype(cn, name)).to.equal(true);
    expect(cn && name && schema.isSubtype(name, cn)).to.equal(false);
  });

  it('inherit required and allowed attributes from superior classes', () => {
    const must = schema.objectClass('inetOrgPerson')?.must.map(({ name }) => name);
    expect(must).to.have.members(['objectClass', 'sn', 'cn']);
  });

  it('make one description of all spellings', () => {
    const description = schema.describe('CN;Lang-ZH-Hant');
    expect(description).to.equal(schema.describe('commonName;lang-zh-hant'));
    expect(description?.name).to.equal('cn;lang-zh-hant');
    expect(schema.describe('cn;x-b;x-a')).to.equal(schema.describe('cn;X-A;x-b;x-a'));
    for (const malformed of ['cn;', 'cn;;x', 'cn; x', 'cn;a_b', ';x', `cn;${'x'.repeat(300)}`, 'nobody;x']) {
      expect(schema.describe(malformed), malformed).to.equal(undefined);
    }
  });

  const broken: [string, string, string][] = [
    [
      'an unknown superior',
      "attributetype ( 1.2.3 NAME 'a' SUP b )",
      'attributetype a descends from b, which nobody defined',
    ],
    [
      'a cycle',
      "attributetype ( 1.2.3 NAME 'a' SUP b )\nattributetype ( 1.2.4 NAME 'b' SUP a )",
      'descends from itself',
    ],
    [
      'a second name',
      `${top}attributetype ( 1.2.3 NAME 'OBJECTCLASS' SYNTAX 1.3.6.1.4.1.1466.115.121.1.15 )`,
      'has a name or OID that is taken',
    ],
    [
      'a second OID',
      `${top}attributetype ( 2.5.4.0 NAME 'x' SYNTAX 1.3.6.1.4.1.1466.115.121.1.15 )`,
      'has a name or OID that is taken',
    ],
    [
      'an unknown syntax',
      "attributetype ( 1.2.3 NAME 'a' SYNTAX 1.2.3.4 )",
      'has the syntax 1.2.3.4, which nobody defined',
    ],
    [
      'an unknown rule',
      "attributetype ( 1.2.3 NAME 'a' EQUALITY fooMatch SYNTAX 1.3.6.1.4.1.1466.115.121.1.15 )",
      'names the matching rule fooMatch',
    ],
    [
      'a rule of another kind',
      "attributetype ( 1.2.3 NAME 'a' ORDERING caseIgnoreMatch SYNTAX 1.3.6.1.4.1.1466.115.121.1.15 )",
      'names caseIgnoreMatch for ordering',
    ],
    [
      'an unknown attribute',
      "objectclass ( 1.2.3 NAME 'a' MUST b )",
      'names the attribute b, which nobody defined',
    ],
    ['a name for an OID', "attributetype ( a NAME 'a' )", 'it must begin with a numeric OID'],
    ['an end too early', "attributetype ( 1.2.3 NAME 'a'", 'the file ends within a definition'],
    ['an unknown clause', '( 1.2.3 )', 'begins no definition'],
    ['a clause twice', "attributetype ( 1.2.3 NAME 'a' NAME 'b' )", 'NAME stands twice'],
    ['an inherited clause name', 'attributetype ( 1.2.3 constructor )', 'constructor is no clause'],
    [
      'a class of another kind',
      "objectclass ( 1.2.3 NAME 'a' AUXILIARY )\nobjectclass ( 1.2.4 NAME 'b' SUP a STRUCTURAL )",
      'descends from a class of another kind',
    ],
  ];
  for (const [what, text, message] of broken) {
    it(`are refused for ${what}`, () => {
      expect(() => buildSchema(parseDefinitions('test.schema', text)))
        .to.throw(OperationError)
        .with.property('detail')
        .that.includes(message);
    });
  }

  it('are shown by the subschema entry as they can be read again', () => {
    const attributes = subschemaAttributes(schema, '20261122000000Z');
    const values = (name: string) =>
      attributes.find(({ description }) => description === name)?.values.map(String) ?? [];
    const again = parseDefinitions(
      'subschema',
      [
        ...values('attributeTypes').map((text) => `attributetype ${text}`),
        ...values('objectClasses').map((text) => `objectclass ${text}`),
      ].join('\n'),
    );
    const rebuilt = buildSchema(again);
    expect(rebuilt.attributeTypes.length).to.equal(schema.attributeTypes.length);
    expect(rebuilt.objectClasses.length).to.equal(schema.objectClasses.length);
    expect(values('matchingRuleUse').some((text) => /caseIgnoreMatch.*APPLIES.*\bcn\b/.test(text))).to.equal(
      true,
    );
    expect(values('ldapSyntaxes').length).to.equal(schema.syntaxes.length);
    expect(violations(schema, attributes, 'cn=subschema')).to.deep.equal([]);
  });
});

describe('entries against the schema (RFC 4512 2.4 and 2.5)', () => {
  const person = { objectClass: ['top', 'person'], cn: ['x'], sn: ['y'] };
  const cases: [string, Record<string, (string | Buffer)[]>, string][] = [
    ['a missing attribute', { ...person, sn: [] }, 'sn is required by objectClass person'],
    [
      'an attribute not allowed',
      { ...person, mail: ['a@b'] },
      "mail is not allowed by the entry's object classes",
    ],
    ['an unknown attribute', { ...person, foo: ['x'] }, 'foo is not defined in the schema'],
    [
      'an unknown class',
      { ...person, objectClass: ['top', 'person', 'foo'] },
      'the object class foo is not defined in the schema',
    ],
    [
      'a missing superclass',
      { ...person, objectClass: ['person'] },
      'objectClass person requires objectClass top',
    ],
    ['no structural class', { objectClass: ['top'] }, 'objectClass must name a structural class'],
    [
      'two structural classes',
      { ...person, objectClass: ['top', 'person', 'device'] },
      'objectClass names unrelated structural classes: person, device',
    ],
    [
      'two values of one',
      { ...person, createTimestamp: ['20260101000000Z', '20270101000000Z'] },
      'createTimestamp takes one value',
    ],
    ['a malformed value', { ...person, seeAlso: ['x'] }, 'seeAlso has a value that is no DN'],
    ['equal values', { ...person, cn: ['x', 'X'] }, 'cn has the same value twice'],
    [
      'a certificate without ;binary',
      { ...person, objectClass: ['top', 'person', 'pkiUser'], userCertificate: [Buffer.from([0x30, 1, 0])] },
      'userCertificate must be given as userCertificate;binary',
    ],
    ['text under ;binary', { ...person, 'cn;binary': ['z'] }, 'cn;binary has no binary form'],
  ];
  for (const [what, attributes, message] of cases) {
    it(`complains of ${what}`, () => expect(violations(schema, listOf(attributes))).to.include(message));
  }

  it('is content with what obeys', () => {
    expect(violations(schema, listOf(person), 'cn=X,dc=hk')).to.deep.equal([]);
    expect(violations(schema, listOf(person), 'cn=z,dc=hk')).to.deep.equal([
      'cn must hold the value that names the entry',
    ]);
  });
});
