// Extension attributes are text that an administrator of one department may write into an entry. None of it may pass for
// somebody's identity, clearance or address, under whatever name or option it comes.
import { expect } from 'chai';
import { createCommandRunner } from '../../src/database/command_runner.ts';
import { builtinAccounts } from '../../src/directory/builtin.ts';
import { changePerson } from '../../src/directory/commands/person_change.ts';
import { type CreatedPerson, createPerson } from '../../src/directory/commands/person_create.ts';
import { defaultRules } from '../../src/directory/rules.ts';
import { silentLog } from '../../src/log.ts';
import {
  classesOf,
  descriptionSpelling,
  extensionRules,
  projectedAttributes,
} from '../../src/x500/extension.ts';
import { projectRecord } from '../../src/x500/projection.ts';
import { accessPolicy, openGovernment, personWith, type World } from '../directory/world.ts';
import { outcome } from '../outcome.ts';
import { person as personRecord } from '../replica/records.ts';
import { schema } from '../x500/entries.ts';

const refuseExtension = extensionRules(schema);

/** Names of a type in every form that LDAP accepts. */
const formsOf = (name: string): string[] => {
  const { oid, names } = schema.attributeType(name) ?? { oid: name, names: [name] };
  return [oid, ...names, ...names.map((one) => one.toUpperCase())].flatMap((one) => [
    one,
    `${one};x-a`,
    `${one};lang-en`,
    `${one};binary`,
    `${one};lang-zh-hant;x-b`,
  ]);
};

/** Descriptions that mean the same (RFC 4512 2.5). */
const twins = [
  ['l', 'localityName'],
  ['description', 'Description'],
  ['description;lang-en', 'description;LANG-EN'],
  ['description;lang-aa;lang-bb', 'description;lang-bb;lang-aa'],
  ['description;lang-en;lang-en', 'description;lang-en'],
] as const;

describe('extension attributes of an impostor', () => {
  for (const kind of ['organisation', 'post', 'person'] as const) {
    it(`never hold what projection makes of a ${kind}, by any name or option`, () => {
      for (const name of [
        ...projectedAttributes[kind],
        'objectClass',
        'userPassword',
        'userSMIMECertificate',
      ]) {
        for (const form of formsOf(name)) expect(refuseExtension(kind, form, ['x']), form).to.be.a('string');
      }
    });

    it(`of a ${kind} hold nothing that its object classes do not offer, and nothing that the server keeps`, () => {
      const offered = classesOf[kind]
        .flatMap((name) => schema.objectClass(name) ?? [])
        .flatMap(({ must, may }) => [...must, ...may]);
      for (const type of schema.attributeTypes) {
        if (offered.includes(type) && !type.operational) continue;
        expect(refuseExtension(kind, type.name, ['x']), type.name).to.be.a('string');
      }
    });
  }

  it('make up no affiliation: no type of our own and none that names entries, on any kind of object', () => {
    const ours = schema.attributeTypes.map(({ name }) => name).filter((name) => name.startsWith('bauhinia'));
    expect(ours).to.include('bauhiniaOrganisationCode');
    for (const kind of ['organisation', 'post', 'person'] as const) {
      for (const name of [...ours, 'ou', 'o', 'cn', 'uid', 'dc', 'displayName']) {
        expect(refuseExtension(kind, name, ['CSB']), `${kind} ${name}`).to.equal('is made from other fields');
      }
    }
  });

  it('hold what is left: a description in two languages, a mobile number', () => {
    for (const name of ['description', 'description;lang-zh-hant', 'mobile', 'initials']) {
      expect(refuseExtension('person', name, ['+852 9123 4567']), name).to.equal(null);
    }
    expect(refuseExtension('person', 'description;x-a', ['x'])).to.contain('language tags');
    expect(refuseExtension('person', 'manager', ['not a name'])).to.contain('syntax');
    expect(refuseExtension('person', 'nobodyDefinedThis', ['x'])).to.equal('is not defined by the schema');
  });

  it('mean the same by name, object identifier, and options in any order and case (RFC 4512 2.5)', () => {
    const spell = descriptionSpelling(schema);
    for (const [one, other] of [...twins, ['l;lang-en', '2.5.4.7;LANG-EN'] as const]) {
      expect(spell(one), one).to.equal(spell(other));
    }
    expect(new Set(['l', 'l;lang-en', 'description', 'l;lang-en;lang-zh'].map(spell)).size).to.equal(4);
  });

  it('are not shown when they are in the column all the same', () => {
    const record = personRecord(1);
    const impostor = {
      ...record,
      person: {
        ...record.person,
        extension: {
          'mail;x-a': ['gcio@ogcio.gov.hk'],
          'uid;x-a': ['gcio'],
          'bauhiniaClearance;x-a': ['CONFIDENTIAL'],
          'memberOf;x-a': ['cn=staff,ou=groups,dc=gov,dc=hk'],
          description: ['shown'],
        },
      },
    };
    const project = (of: typeof record) =>
      projectRecord(of, { refuseExtension, suffix: 'dc=gov,dc=hk', dnOf: () => undefined })?.attributes ?? [];
    const added = project(impostor).map((one) => one.description);
    const usual = project(record).map((one) => one.description);
    expect(added.filter((name) => !usual.includes(name))).to.deep.equal(['description']);
  });

  describe('through the commands', () => {
    let world: World;
    let officer: CreatedPerson;
    const administrator = personWith([{ role: 'directory_administrator', organisation: null, post: null }], {
      account: builtinAccounts.console.uuid,
    });

    before(async () => {
      world = await openGovernment('2026-11-20T02:00:00Z');
      const csb = await world.one('organisation', { code: 'CSB' });
      officer = await world.run(createPerson, {
        surname: 'Chan',
        given_name: 'Tai-man',
        uid: 'impostor',
        employment: {
          organisation: csb.uuid,
          source: 'hr',
          staff_number: '1',
          category: 'civil_servant',
          start_date: '2020-01-02',
        },
      });
    });
    after(() => world.close());

    it('are refused by name, and nothing is written', async () => {
      const runner = createCommandRunner({
        database: world.database,
        clock: world.clock,
        policy: accessPolicy,
        rules: { ...defaultRules, refuseExtension, spellDescription: descriptionSpelling(schema) },
        log: silentLog,
        applied: async () => undefined,
      });
      const change = (extension: Record<string, string[]>) =>
        outcome(
          runner.run(
            changePerson,
            { person: officer.person.uuid, changes: { extension } },
            { identity: administrator, request: 'test' },
          ),
        );
      expect(await change({ 'mail;x-a': ['gcio@ogcio.gov.hk'] })).to.equal(
        'OperationError: schema_violation: extension attribute mail;x-a is made from other fields',
      );
      expect((await world.one('person', { uuid: officer.person.uuid })).extension).to.deep.equal({});
      expect(await change({ mobile: ['+852 9123 4567'] })).to.equal('done');
      for (const [one, other] of twins) {
        expect(await change({ [one]: ['here'], [other]: ['there'] })).to.equal(
          `OperationError: schema_violation: extension attributes ${one} and ${other} are the same attribute: give its values under one of them`,
        );
      }
      const most = Math.floor((64 * 1024) / 4096);
      const values = (count: number) => Array.from({ length: count }, (_, at) => `${at}`.padEnd(4096, 'x'));
      expect(await change({ description: values(most) })).to.equal(
        'OperationError: invalid_value: extension must hold at most 65536 octets of names and values',
      );
      expect(await change({ description: values(most).map((value) => value.slice(0, 4000)) })).to.equal(
        'done',
      );
    });
  });
});
