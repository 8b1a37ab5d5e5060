import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import fc from 'fast-check';
import { isOperationError } from '../../src/errors.ts';
import { packageRoot } from '../../src/package_root.ts';
import { dnOf, normaliseDn, parentKey, rdnOf, superiorKeys } from '../../src/x500/dn.ts';
import { escapeDnValue, parseDn, printDn } from '../../src/x500/dn_text.ts';
import { loadSchema } from '../../src/x500/load_schema.ts';

interface Vectors {
  valid: { text: string; rdns: [string, string][][] }[];
  invalid: string[];
}
const vectors = JSON.parse(readFileSync(join(packageRoot, 'test/vectors/rfc4514.json'), 'utf8')) as Vectors;
const schema = loadSchema();
const plain = (text: string) =>
  parseDn(text).map((rdn) => rdn.map(({ type, value }) => [type, value.toString()]));

function refusal(action: () => unknown): unknown {
  try {
    action();
  } catch (error) {
    return error;
  }
  return undefined;
}

describe('distinguished names (RFC 4514)', () => {
  for (const { text, rdns } of vectors.valid) {
    it(`reads ${JSON.stringify(text)}`, () => {
      expect(plain(text)).to.deep.equal(rdns);
      expect(plain(printDn(parseDn(text)))).to.deep.equal(rdns);
    });
  }

  for (const text of vectors.invalid) {
    it(`refuses ${JSON.stringify(text)}`, () => {
      const error = refusal(() => parseDn(text));
      expect(isOperationError(error, 'invalid_dn'), String(error)).to.equal(true);
    });
  }

  it('refuses names past the limits before doing much work', () => {
    expect(
      isOperationError(
        refusal(() => parseDn(`cn=${'x'.repeat(9000)}`)),
        'invalid_dn',
      ),
    ).to.equal(true);
    expect(
      isOperationError(
        refusal(() => parseDn(Array(65).fill('cn=x').join(','))),
        'invalid_dn',
      ),
    ).to.equal(true);
    expect(
      isOperationError(
        refusal(() => parseDn(Array(200).fill('cn=x').join('+'))),
        'invalid_dn',
      ),
    ).to.equal(true);
  });

  it('writes any values so that they are read again', () => {
    fc.assert(
      fc.property(
        fc.array(
          fc.array(fc.tuple(fc.constantFrom('cn', 'uid', '2.5.4.11'), fc.string({ unit: 'grapheme' })), {
            minLength: 1,
            maxLength: 3,
          }),
          { maxLength: 5 },
        ),
        (names) => {
          const rdns = names.map((rdn) => rdn.map(([type, value]) => ({ type, value: Buffer.from(value) })));
          expect(parseDn(printDn(rdns))).to.deep.equal(rdns);
        },
      ),
    );
  });

  it('writes octets that are no text in #hex form', () => {
    const value = Buffer.from([0xff, 0x00, 0x2c]);
    const text = printDn([[{ type: 'cn', value }]]);
    expect(text).to.equal('cn=#0403ff002c');
    expect(parseDn(text)[0]?.[0]?.value).to.deep.equal(value);
  });

  it('never breaks otherwise than with invalid_dn', () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom(...'cn=, +\\"#;<>a0F\0陳'), maxLength: 40 }), (text) => {
        const error = refusal(() => normaliseDn(schema, text));
        expect(error === undefined || isOperationError(error, 'invalid_dn'), String(error)).to.equal(true);
      }),
    );
  });

  it('escapes a value that is one space or begins like #hex', () => {
    expect(escapeDnValue(' ')).to.equal('\\ ');
    expect(escapeDnValue('#04')).to.equal('\\#04');
    expect(dnOf([['cn', 'Chan, Nathan']], 'dc=hk')).to.equal('cn=Chan\\, Nathan,dc=hk');
  });
});

describe('keys of distinguished names (RFC 4517 4.2.15)', () => {
  it('takes the short way exactly when it is the same as the long way', () => {
    for (const text of [
      'uid=tmchan,ou=people,dc=gov,dc=hk',
      'UID=TMChan,OU=People,DC=gov,DC=hk',
      'cn=a.b_c@d-e,o=x',
    ]) {
      const long = parseDn(text)
        .map((rdn) => printDn([rdn]))
        .join(' , ');
      expect(normaliseDn(schema, text)).to.equal(normaliseDn(schema, long));
    }
  });

  it('is a normal form of itself, in which only separators are commas', () => {
    fc.assert(
      fc.property(
        fc.array(
          fc.tuple(
            fc.constantFrom('cn', 'commonName', 'uid', 'x-unknown'),
            fc.string({ unit: 'grapheme', minLength: 1 }),
          ),
          { minLength: 1, maxLength: 4 },
        ),
        (names) => {
          const dn = names.map(([type, value]) => `${type}=${escapeDnValue(value)}`).join(',');
          const unprintable = refusal(() => normaliseDn(schema, dn));
          if (unprintable !== undefined) return;
          const key = normaliseDn(schema, dn);
          expect(normaliseDn(schema, key)).to.equal(key);
          expect(key.split(',')).to.have.length(names.length);
        },
      ),
    );
  });

  it('finds superiors by the key alone', () => {
    const key = normaliseDn(schema, 'cn=Chan\\, Nathan,ou=people,dc=gov,dc=hk');
    expect(key).to.equal('cn=chan\\2c nathan,ou=people,dc=gov,dc=hk');
    expect(parentKey(key)).to.equal('ou=people,dc=gov,dc=hk');
    expect(superiorKeys(key)).to.deep.equal(['ou=people,dc=gov,dc=hk', 'dc=gov,dc=hk', 'dc=hk']);
    expect(parentKey('dc=hk')).to.equal('');
    expect(parentKey('')).to.equal(null);
  });

  it('parts a name into RDN and superior', () => {
    const { rdn, superior } = rdnOf('cn=a\\,b, ou=people,dc=hk');
    expect(rdn[0]?.value.toString()).to.equal('a,b');
    expect(superior).to.equal('ou=people,dc=hk');
  });
});
