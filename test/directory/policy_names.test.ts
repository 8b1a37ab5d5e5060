// The access policy and the LDAP schema agree on names: none unknown, none of ours without an audience.
import { expect } from 'chai';
import { loadSchema } from '../../src/x500/load_schema.ts';
import { accessPolicy } from './world.ts';

describe('access policy: attribute names (schema/ldap)', () => {
  const named = Object.values(accessPolicy.audiences).flat();
  const schema = loadSchema();

  it('are all defined', () => {
    expect(named.filter((name) => schema.attributeType(name) === undefined)).to.deep.equal([]);
  });

  it('cover every attribute of our own schema', () => {
    const ours = schema.attributeTypes.map((type) => type.name).filter((name) => name.startsWith('bauhinia'));
    expect(ours.filter((name) => !named.includes(name))).to.deep.equal([]);
  });

  it('never include a secret', () => {
    expect(named.map((name) => name.toLowerCase())).to.not.include('userpassword');
  });
});
