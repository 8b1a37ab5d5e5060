// What a command's end tells a script: 0 done; 1 refused; 2 wrong usage; 3 not found; 69, 70, 75 and 78 as sysexits.h
// (a part is away, a fault of ours, try again, configuration).
import type { ErrorCode } from '../errors.ts';

export const exitCodes = {
  invalid_request: 2,
  invalid_value: 2,
  invalid_dn: 2,
  undefined_type: 2,
  schema_violation: 1,
  not_found: 3,
  already_exists: 1,
  has_dependents: 1,
  invalid_state: 1,
  conflict: 75,
  invalid_credentials: 1,
  stronger_proof_required: 1,
  access_denied: 1,
  size_limit_exceeded: 1,
  time_limit_exceeded: 1,
  admin_limit_exceeded: 1,
  rate_limited: 75,
  unsupported: 1,
  unavailable: 69,
  configuration: 78,
} as const satisfies Record<ErrorCode, number>;

export const faultExitCode = 70;
