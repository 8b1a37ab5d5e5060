// Result codes against ldapjs's table of the same names.
import { createRequire } from 'node:module';
import { expect } from 'chai';
import { RESULT_CODE, RESULT_CODE_OF } from '../../src/ldap/result_code.ts';

const fromLdapjs = createRequire(createRequire(import.meta.url).resolve('ldapjs'));
const { resultCodes } = fromLdapjs('@ldapjs/protocol') as { resultCodes: Record<string, number> };

describe('RFC 4511 appendix A: result codes', () => {
  it('have the numbers ldapjs knows them by', () => {
    const letters = (name: string) => name.replaceAll('_', '').toLowerCase();
    const theirs = new Map(Object.entries(resultCodes).map(([name, code]) => [letters(name), code]));
    const known = Object.entries(RESULT_CODE).filter(([name]) => theirs.has(letters(name)));
    expect(known.length).to.be.greaterThan(35);
    for (const [name, code] of known)
      expect({ name, code }).to.deep.equal({ name, code: theirs.get(letters(name)) });
  });

  it('answer no refusal with a code that means success, compare or referral', () => {
    const favourable: number[] = [
      RESULT_CODE.success,
      RESULT_CODE.compareFalse,
      RESULT_CODE.compareTrue,
      RESULT_CODE.referral,
      RESULT_CODE.saslBindInProgress,
    ];
    for (const [error, code] of Object.entries(RESULT_CODE_OF)) {
      expect(favourable.includes(code), error).to.equal(false);
    }
  });
});
