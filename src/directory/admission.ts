// Whether a person may enter a relying system: its population, the clearance it asks for, the strength of the proof.
import { effectiveClearance, isAtLeast, strengthFor } from './clearance.ts';
import { isAtLeastAsStrong, type Strength } from './identity.ts';
import type { RelyingSystemRow } from './tables.ts';
import type { ClearanceLevel, EmploymentCategory } from './vocabulary.ts';

/** What may keep a person out of a system, in the order in which it is looked at. */
export const barriers = ['population', 'clearance', 'strength'] as const;
export type Barrier = (typeof barriers)[number];

export type EnteredSystem = Pick<
  RelyingSystemRow,
  'classification' | 'minimum_clearance' | 'minimum_strength'
> & { readonly population: readonly string[] | null };

export interface EnteringPerson {
  organisation: string | null;
  category: EmploymentCategory | null;
  clearance: ClearanceLevel; // as recorded
  clearance_ceiling: ClearanceLevel;
}

export interface AdmissionRules {
  /** Lets a password open systems that handle CONFIDENTIAL. For the demo: G3 11.1(c) forbids it. */
  passwordOnlyForConfidential: boolean;
}

/** The first thing that keeps the person out of the system with a proof of this strength; null: nothing does. */
export function barrierTo(
  system: EnteredSystem,
  person: EnteringPerson,
  strength: Strength,
  rules: AdmissionRules,
): Barrier | null {
  const { population, classification, minimum_clearance } = system;
  const isMember = person.organisation !== null && population?.includes(person.organisation);
  if (population !== null && !isMember) return 'population';
  const clearanceBy = (proof: Strength): ClearanceLevel =>
    effectiveClearance({
      recorded: person.clearance,
      category: person.category,
      organisationCeiling: person.clearance_ceiling,
      strength: proof,
      systemClassification: classification,
    });
  if (!isAtLeast(clearanceBy('certificate'), minimum_clearance)) return 'clearance';
  const isProved =
    isAtLeastAsStrong(strength, requiredStrength(system, rules)) &&
    isAtLeast(clearanceBy(strength), minimum_clearance);
  return isProved ? null : 'strength';
}

/** The weakest proof that opens the system: its own demand, and never less than its classification requires. */
function requiredStrength(system: EnteredSystem, rules: AdmissionRules): Strength {
  const byClassification = rules.passwordOnlyForConfidential
    ? 'password'
    : strengthFor(system.classification);
  const own = system.minimum_strength ?? 'password';
  return isAtLeastAsStrong(own, byClassification) ? own : byClassification;
}
