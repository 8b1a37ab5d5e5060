// What a clearance is worth at one moment: every combination against the rule restated, and the grants that are refused.
import { expect } from 'chai';
import {
  categoryCeiling,
  effectiveClearance,
  isAtLeast,
  lowest,
  recordedLevel,
  requireGrantable,
} from '../../src/directory/clearance.ts';
import { strengths } from '../../src/directory/identity.ts';
import type { ClearanceRow } from '../../src/directory/tables.ts';
import { checkTypes, clearanceLevels, employmentCategories } from '../../src/directory/vocabulary.ts';

describe('clearance (S17 9.1.4, G3 11.1(c))', () => {
  it('orders the levels', () => {
    expect(isAtLeast('RESTRICTED', 'NONE')).to.equal(true);
    expect(isAtLeast('RESTRICTED', 'RESTRICTED')).to.equal(true);
    expect(isAtLeast('RESTRICTED', 'CONFIDENTIAL')).to.equal(false);
    expect(lowest('SECRET', 'CONFIDENTIAL', 'TOP_SECRET')).to.equal('CONFIDENTIAL');
    expect(lowest('NONE')).to.equal('NONE');
  });

  it('holds staff other than civil servants at RESTRICTED, and who is not employed at NONE', () => {
    const ceilings = employmentCategories.map((category) => categoryCeiling(category));
    expect(ceilings).to.deep.equal(['TOP_SECRET', ...Array<string>(7).fill('RESTRICTED')]);
    expect(categoryCeiling(null)).to.equal('NONE');
  });

  describe('effective clearance', () => {
    const best = {
      recorded: 'CONFIDENTIAL',
      category: 'civil_servant',
      organisationCeiling: 'CONFIDENTIAL',
      strength: 'second_factor',
      systemClassification: 'CONFIDENTIAL',
    } as const;

    it('is what is recorded when nothing bounds it', () => {
      expect(effectiveClearance(best)).to.equal('CONFIDENTIAL');
      expect(effectiveClearance({ ...best, strength: 'certificate' })).to.equal('CONFIDENTIAL');
      expect(effectiveClearance({ ...best, systemClassification: null })).to.equal('CONFIDENTIAL');
    });

    it('takes a second factor or a certificate for CONFIDENTIAL: a password gives RESTRICTED', () => {
      expect(effectiveClearance({ ...best, strength: 'password' })).to.equal('RESTRICTED');
      expect(effectiveClearance({ ...best, strength: 'none' })).to.equal('NONE');
    });

    it('is bounded by system, organisation and category', () => {
      expect(effectiveClearance({ ...best, systemClassification: 'RESTRICTED' })).to.equal('RESTRICTED');
      expect(effectiveClearance({ ...best, organisationCeiling: 'NONE' })).to.equal('NONE');
      expect(effectiveClearance({ ...best, category: 't_contract' })).to.equal('RESTRICTED');
      expect(effectiveClearance({ ...best, category: null })).to.equal('NONE');
    });

    it('is never above any of its bounds, nor above CONFIDENTIAL, in all combinations', () => {
      let combinations = 0;
      for (const recorded of clearanceLevels)
        for (const category of [...employmentCategories, null])
          for (const organisationCeiling of clearanceLevels)
            for (const strength of strengths)
              for (const systemClassification of [...clearanceLevels, null]) {
                combinations += 1;
                const level = effectiveClearance({
                  recorded,
                  category,
                  organisationCeiling,
                  strength,
                  systemClassification,
                });
                const rank = clearanceLevels.indexOf(level);
                expect(rank).to.be.at.most(clearanceLevels.indexOf('CONFIDENTIAL'));
                expect(rank).to.be.at.most(clearanceLevels.indexOf(recorded));
                expect(rank).to.be.at.most(clearanceLevels.indexOf(organisationCeiling));
                if (systemClassification !== null)
                  expect(rank).to.be.at.most(clearanceLevels.indexOf(systemClassification));
                if (strength === 'password') expect(level).to.not.equal('CONFIDENTIAL');
                if (category !== 'civil_servant') expect(level).to.not.equal('CONFIDENTIAL');
              }
      expect(combinations).to.equal(5 * 9 * 5 * 5 * 6);
    });
  });

  describe('recorded level', () => {
    const now = new Date('2026-11-22T00:00:00Z');
    const row = (patch: Partial<ClearanceRow>): ClearanceRow => ({
      uuid: '00000000-0000-4000-8000-000000000001',
      person: '00000000-0000-4000-8000-000000000002',
      level: 'CONFIDENTIAL',
      check_type: 'normal',
      basis: 'DSO/1',
      granted_by: '00000000-0000-4000-8000-000000000003',
      valid_from: new Date('2026-01-01T00:00:00Z'),
      valid_to: null,
      status: 'active',
      ...patch,
    });

    it('counts active records within their dates only', () => {
      expect(recordedLevel([row({})], now)).to.equal('CONFIDENTIAL');
      expect(recordedLevel([], now)).to.equal('NONE');
      expect(recordedLevel([row({ status: 'withdrawn' })], now)).to.equal('NONE');
      expect(recordedLevel([row({ valid_to: now })], now)).to.equal('NONE');
      expect(recordedLevel([row({ valid_from: new Date(now.getTime() + 1) })], now)).to.equal('NONE');
    });
  });

  it('records nothing above RESTRICTED without civil service and an integrity check', () => {
    for (const level of clearanceLevels)
      for (const category of [...employmentCategories, null])
        for (const check of checkTypes) {
          const low = level === 'RESTRICTED' && category !== null;
          const high =
            level !== 'NONE' && level !== 'RESTRICTED' && category === 'civil_servant' && check !== 'none';
          const grant = () => requireGrantable(level, category, check);
          if (low || high) expect(grant, `${level} ${String(category)} ${check}`).to.not.throw();
          else expect(grant, `${level} ${String(category)} ${check}`).to.throw(/^invalid_value: level /);
        }
  });
});
