// The one error class. `code` is for programs (each face maps every code to its protocol's own word),
// `detail` is for the person at the other end, `cause` is for our log. Anything else thrown is a fault of ours.

/** Every way an operation can be refused. A face maps this union exhaustively, with no default row. */
export type ErrorCode =
  | 'invalid_request' // malformed or contradictory input
  | 'invalid_value' // a value breaks its syntax, range or length
  | 'invalid_dn' // a distinguished name does not parse
  | 'undefined_type' // an attribute type, object class or schema URN nobody defined
  | 'schema_violation' // an entry would break its object class or naming rule
  | 'not_found' // the named object does not exist, or may not be seen by the asker
  | 'already_exists' // a unique name or key is taken
  | 'has_dependents' // the object is still referred to
  | 'invalid_state' // the lifecycle allows no such move from here
  | 'conflict' // another change got there first; reading again and repeating may succeed
  | 'invalid_credentials' // who the caller claims to be was not proved; never says why
  | 'stronger_proof_required' // proved, but too weakly for this operation or classification
  | 'access_denied' // proved, and not allowed
  | 'size_limit_exceeded'
  | 'time_limit_exceeded'
  | 'admin_limit_exceeded' // a limit of this server on size, depth, count or outstanding work
  | 'rate_limited'
  | 'unsupported' // well-formed, and not offered here
  | 'unavailable' // a part we depend on is away; nothing was changed
  | 'configuration'; // a setting, file or port keeps the service from starting

export class OperationError extends Error {
  override readonly name = 'OperationError';
  readonly code: ErrorCode;
  /** One sentence that names the offending thing and holds no secret. Safe to show to the asker. */
  readonly detail: string;

  constructor(code: ErrorCode, detail: string, options?: { cause?: unknown }) {
    super(`${code}: ${detail}`, options);
    this.code = code;
    this.detail = detail;
  }
}

/** True for a refusal that carries one of `codes` (any code when none is named). */
export function isOperationError(error: unknown, ...codes: ErrorCode[]): error is OperationError {
  return error instanceof OperationError && (codes.length === 0 || codes.includes(error.code));
}
