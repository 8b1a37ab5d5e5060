// What PostgreSQL refused, in the directory's words: SQLSTATE (Appendix A of its manual) to OperationError.
// The database's own message may quote values of others, so it stays in `cause` and never in `detail`.
import { type ErrorCode, OperationError } from '../errors.ts';

/** Constraints (schema/migrations) that a caller can break, as a sentence about what they sent. */
const sentences: Readonly<Record<string, string>> = {
  organisation_code_is_unique: 'organisation code is taken',
  unit_code_is_unique: 'unit code is taken in its organisation',
  rank_code_is_unique: 'rank code is taken',
  post_number_is_unique: 'post number is taken in its organisation, in whatever case and spacing',
  post_role_is_unique: 'the post has this role already',
  mail_address_is_unique: 'mail address is taken',
  mail_name_is_unique: 'mail address is taken, or was given up by another holder less than a year ago',
  mail_address_one_primary: 'the person has another primary mail address at that time',
  employment_staff_number_is_unique: 'staff_number is taken in its source',
  assignment_one_substantive_holder: 'the post has a substantive holder in that time',
  assignment_one_primary: 'the person has another primary assignment at that time',
  account_uid_is_unique: 'uid is taken',
  account_one_personal: 'the person has a personal account already',
  credential_one_password: 'the account has a password already',
  clearance_one_active: 'the person has another active clearance at that time',
  group_name_is_unique: 'group name is taken',
  group_gid_number_is_unique: 'gid_number is taken',
  group_member_person_is_unique: 'the person is a member already',
  group_member_group_is_unique: 'the group is a member already',
  relying_system_code_is_unique: 'relying system code is taken',
  certificate_authority_name_is_unique: 'certificate authority name is taken',
  certificate_serial_is_unique: 'serial is taken at its authority',
  key_escrow_certificate_is_unique: 'the key of this certificate is in escrow already',
  signing_key_one_current: 'the purpose has a current key of this algorithm already',
  period_is_forward: 'valid_to lies before valid_from',
};

/** What a database error tells, whichever of pg, Knex or the socket raised it. */
interface DatabaseFault {
  code: string;
  table: string | undefined;
  column: string | undefined;
  constraint: string | undefined;
  detail: string | undefined;
}

const text = (error: object, key: string): string | undefined => {
  const value: unknown = Reflect.get(error, key);
  return typeof value === 'string' ? value : undefined;
};

function faultOf(error: unknown): DatabaseFault | undefined {
  if (!(error instanceof Error)) return undefined;
  const code = text(error, 'code');
  if (code === undefined) return undefined;
  return {
    code,
    table: text(error, 'table'),
    column: text(error, 'column'),
    constraint: text(error, 'constraint'),
    detail: text(error, 'detail'),
  };
}

const socketCodes = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'ECONNABORTED',
  'EPIPE',
  'ENOENT', // no socket in the folder
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ETIMEDOUT',
]);

/** Sentences that pg throws without a code when an open connection breaks; Knex puts its SQL before. */
const brokenConnection =
  /(?:^| - )(?:Connection terminated unexpectedly|Connection ended unexpectedly|Client has encountered a connection error)/;

/** And those of pg, Knex and its pool when none can be had. */
const noConnection =
  /(?:^| - )(?:Connection terminated|timeout expired|Client was closed|Knex: Timeout acquiring a connection|aborted$|operation timed out for an unknown reason)/;

/** True when the error says that the database cannot be reached or went away. */
export function isConnectionLoss(error: unknown): boolean {
  if (error instanceof OperationError) return error.code === 'unavailable' && isConnectionLoss(error.cause);
  if (error instanceof AggregateError) return error.errors.some(isConnectionLoss);
  const code = faultOf(error)?.code;
  if (code !== undefined && (socketCodes.has(code) || /^(08...|57P0[1-5]|53300)$/.test(code))) return true;
  return (
    error instanceof Error && [brokenConnection, noConnection].some((words) => words.test(error.message))
  );
}

/**
 * True when repeating the whole transaction may succeed: it lost a race or a deadlock, or its connection broke under it
 * (a pool holds some dead ones after a failover). A database that cannot be reached at all is not waited for.
 */
export function isTransient(error: unknown): boolean {
  const cause = error instanceof OperationError ? error.cause : error;
  if (['40001', '40P01', '57P01', '57P02', 'ECONNRESET', 'EPIPE'].includes(faultOf(cause)?.code ?? ''))
    return true;
  return cause instanceof Error && brokenConnection.test(cause.message);
}

/** The OperationError for a database error; anything that is none of the caller's making comes back as it was. */
export function operationError(error: unknown): unknown {
  if (error instanceof OperationError) return error;
  if (isConnectionLoss(error)) return unavailable(error);
  const fault = faultOf(error);
  if (fault === undefined) return error;
  const refused = refusal(fault);
  return refused === undefined ? error : new OperationError(refused.code, refused.detail, { cause: error });
}

/** `work`, its database errors spoken in the directory's words. */
export async function speaking<Result>(work: () => Promise<Result>): Promise<Result> {
  try {
    return await work();
  } catch (error) {
    throw operationError(error);
  }
}

export function unavailable(cause: unknown): OperationError {
  return new OperationError('unavailable', 'the directory database is away', { cause });
}

function refusal(fault: DatabaseFault): { code: ErrorCode; detail: string } | undefined {
  const sentence = fault.constraint === undefined ? undefined : sentences[fault.constraint];
  const named = (fault.constraint ?? fault.column ?? fault.table ?? 'a value').replaceAll('_', ' ');
  switch (fault.code) {
    case '23505': // unique_violation
    case '23P01': // exclusion_violation
      return { code: 'already_exists', detail: sentence ?? `already exists: ${named}` };
    case '23503': // foreign_key_violation, from either end
      return fault.detail?.includes('is still referenced') || fault.detail?.includes('still referenced')
        ? { code: 'has_dependents', detail: `still referred to: ${named}` }
        : { code: 'not_found', detail: `refers to nothing: ${named}` };
    case '23514': // check_violation
      return { code: 'invalid_value', detail: sentence ?? `not allowed: ${named}` };
    case '23502': // not_null_violation
      return { code: 'invalid_value', detail: `${fault.column ?? 'a value'} is required` };
    case '22P05': // untranslatable_character: \u0000 in jsonb
    case '22021': // character_not_in_repertoire: NUL in text
      return { code: 'invalid_value', detail: 'a text holds a character that cannot be stored (NUL)' };
    case '22P02': // invalid_text_representation: no uuid, no number, a lone surrogate in jsonb
    case '22001': // string_data_right_truncation
    case '22003': // numeric_value_out_of_range
    case '22007': // invalid_datetime_format
    case '22008': // datetime_field_overflow
      return { code: 'invalid_value', detail: 'a value does not have the form of its column' };
    case '54000': // program_limit_exceeded: an index row larger than a page
      return { code: 'invalid_value', detail: 'a value is too long' };
    case '40001': // serialization_failure
    case '40P01': // deadlock_detected
    case '55P03': // lock_not_available
      return { code: 'conflict', detail: 'another change got there first' };
    case '57014': // query_canceled by statement_timeout
      return { code: 'time_limit_exceeded', detail: 'the database did not answer in time' };
    // Class 53, insufficient resources: what is missing is told, so that nobody looks for a fault of the service.
    case '53000': // insufficient_resources
      return { code: 'unavailable', detail: 'the directory database lacks resources' };
    case '53100': // disk_full
      return { code: 'unavailable', detail: 'the directory database has no disk space left' };
    case '53200': // out_of_memory
      return { code: 'unavailable', detail: 'the directory database has no memory left' };
    case '53400': // configuration_limit_exceeded
      return { code: 'unavailable', detail: 'the directory database has reached a configured limit' };
    case '25006': // read_only_sql_transaction: the primary became a standby
      return { code: 'unavailable', detail: 'the directory database accepts no writes now' };
    default:
      return undefined;
  }
}
