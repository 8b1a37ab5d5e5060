// Numbers that the rules of commands depend on and an operator sets (settings.ts).

export interface Rules {
  /** Hours for which acts of weight are refused to a password that somebody else has set (settled_proof.ts). */
  resetCoolingHours: number;
}

export const defaultRules: Rules = { resetCoolingHours: 24 };
