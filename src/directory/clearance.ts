// Clearance levels, their ceilings, and what a clearance is worth at one moment (effective clearance).
import { OperationError } from '../errors.ts';
import { type Strength, type SystemStrength, systemStrengths } from './identity.ts';
import type { ClearanceRow } from './tables.ts';
import {
  type CheckType,
  type ClearanceLevel,
  clearanceLevels,
  type EmploymentCategory,
} from './vocabulary.ts';

/** The highest level that this service authorises. What lies above belongs in no shared directory. */
export const serviceCeiling: ClearanceLevel = 'CONFIDENTIAL';

export function isAtLeast(level: ClearanceLevel, required: ClearanceLevel): boolean {
  return clearanceLevels.indexOf(level) >= clearanceLevels.indexOf(required);
}

export function lowest(first: ClearanceLevel, ...others: ClearanceLevel[]): ClearanceLevel {
  return others.reduce((least, level) => (isAtLeast(level, least) ? least : level), first);
}

/** Above RESTRICTED only civil servants (S17 9.1.4, G3 9.1(d)). */
const categoryCeilings = {
  civil_servant: 'TOP_SECRET',
  agreement: 'RESTRICTED',
  ncsc: 'RESTRICTED',
  prsc: 'RESTRICTED',
  t_contract: 'RESTRICTED',
  agency: 'RESTRICTED',
  vendor: 'RESTRICTED',
  secondee: 'RESTRICTED',
} as const satisfies Record<EmploymentCategory, ClearanceLevel>;

/** The highest level that staff of this category may use; whoever is not employed may use none. */
export function categoryCeiling(category: EmploymentCategory | null): ClearanceLevel {
  return category === null ? 'NONE' : categoryCeilings[category];
}

/** What a proof of identity supports: CONFIDENTIAL takes a second factor or a certificate (G3 11.1(c)). */
const strengthCeilings = {
  none: 'NONE',
  password: 'RESTRICTED',
  second_factor: 'CONFIDENTIAL',
  certificate: 'CONFIDENTIAL',
  console: 'CONFIDENTIAL',
} as const satisfies Record<Strength, ClearanceLevel>;

/** The highest level that a proof of this strength supports. */
export function strengthCeiling(strength: Strength): ClearanceLevel {
  return strengthCeilings[strength];
}

/** The weakest proof of identity that a system of this classification may accept from people. */
export function strengthFor(classification: ClearanceLevel): SystemStrength {
  return systemStrengths.find((one) => isAtLeast(strengthCeiling(one), classification)) ?? 'certificate';
}

export interface EffectiveClearanceInput {
  /** Level of the person's active clearance record. */
  recorded: ClearanceLevel;
  category: EmploymentCategory | null;
  /** Ceiling of the organisation (AccountRecord.clearance_ceiling already folds the category in). */
  organisationCeiling: ClearanceLevel;
  strength: Strength;
  /** Highest classification that the relying system handles; null where none is between. */
  systemClassification: ClearanceLevel | null;
}

/** What the person may read here and now: the lowest of everything that bounds it. */
export function effectiveClearance(input: EffectiveClearanceInput): ClearanceLevel {
  return lowest(
    serviceCeiling,
    input.recorded,
    categoryCeiling(input.category),
    input.organisationCeiling,
    strengthCeiling(input.strength),
    input.systemClassification ?? serviceCeiling,
  );
}

/** The level that a person's clearance records give now; a withdrawn or lapsed one gives nothing. */
export function recordedLevel(clearances: readonly ClearanceRow[], now: Date): ClearanceLevel {
  const current = clearances.filter(
    (one) =>
      one.status === 'active' && one.valid_from <= now && (one.valid_to === null || one.valid_to > now),
  );
  return current.reduce<ClearanceLevel>(
    (high, one) => (isAtLeast(one.level, high) ? one.level : high),
    'NONE',
  );
}

/**
 * Whether a level may be recorded for a person at all.
 * Errors: invalid_value, when the category or the lack of an integrity check bars it.
 */
export function requireGrantable(
  level: ClearanceLevel,
  category: EmploymentCategory | null,
  check: CheckType,
): void {
  if (level === 'NONE') {
    throw new OperationError('invalid_value', 'level NONE is not granted: withdraw the clearance instead');
  }
  if (!isAtLeast(categoryCeiling(category), level)) {
    throw new OperationError('invalid_value', `level ${level} is for civil servants only`);
  }
  if (isAtLeast(level, 'CONFIDENTIAL') && check === 'none') {
    throw new OperationError('invalid_value', `level ${level} takes a recorded integrity check (check_type)`);
  }
}
