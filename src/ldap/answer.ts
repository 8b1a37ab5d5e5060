// What an operation comes to: an LDAPResult (RFC 4511 4.1.9) with what its response may carry besides, and the answers
// that are given so often that one object serves all.
import { isOperationError } from '../errors.ts';
import type { Log } from '../log.ts';
import { RESULT_CODE, RESULT_CODE_OF } from './result_code.ts';
import type { Control, LdapResult } from './wire/message.ts';

export interface Answer extends LdapResult {
  readonly controls?: readonly Control[];
  /** Of an extended operation (RFC 4511 4.12). */
  readonly response?: { readonly name: string | null; readonly value: Uint8Array | null };
}

/** A result with a text for the person at the other end. */
export function answer(resultCode: number, diagnosticMessage = '', matchedDN = ''): Answer {
  return { resultCode, matchedDN, diagnosticMessage };
}

export const SUCCESS = answer(RESULT_CODE.success);
export const COMPARE_TRUE = answer(RESULT_CODE.compareTrue);
export const COMPARE_FALSE = answer(RESULT_CODE.compareFalse);
export const CANCELED = answer(RESULT_CODE.canceled, 'canceled as asked');
const FAULT = answer(RESULT_CODE.other, 'an internal error occurred');

/** What a refusal answers. Anything else thrown is a fault of ours: logged whole, answered with a fixed text. */
export function answerOf(error: unknown, log: Log, fields: Record<string, unknown>): Answer {
  if (isOperationError(error)) return answer(RESULT_CODE_OF[error.code], error.detail);
  log.error({ err: error, ...fields }, 'an LDAP operation failed by a fault');
  return FAULT;
}
