// Controls (RFC 4511 4.1.11): which ones are known, and of which operations. One row a control; the root DSE shows them.
import { OperationError } from '../errors.ts';
import { type Answer, answer } from './answer.ts';
import { RESULT_CODE } from './result_code.ts';
import type { Control, RequestMessage, RequestOperation } from './wire/message.ts';
import {
  decodePagedResults,
  encodePagedResults,
  PAGED_RESULTS,
  type PagedResults,
} from './wire/paged_results.ts';
import { PASSWORD_POLICY } from './wire/password_policy.ts';

type Kind = RequestOperation['kind'];

/** RFC 3296: entries that refer elsewhere are shown as they are. There are none here, so it changes nothing. */
const MANAGE_DSA_IT = '2.16.840.1.113730.3.4.2';

const CONTROLS: Readonly<Record<string, readonly Kind[]>> = {
  [PAGED_RESULTS]: ['search'],
  [PASSWORD_POLICY]: ['bind', 'search', 'compare', 'extended', 'add', 'del', 'modify', 'modifyDN'],
  [MANAGE_DSA_IT]: ['search', 'compare', 'add', 'del', 'modify', 'modifyDN'],
};

export const supportedControls = Object.keys(CONTROLS);

/**
 * The refusal of a request with a critical control that is unknown or does not belong to its operation; null when the
 * operation may go on, leaving out what is not critical. Unbind and Abandon have no criticality (RFC 4511 4.1.11).
 */
export function refuseControls({ operation: { kind }, controls }: RequestMessage): Answer | null {
  if (controls.length === 0 || kind === 'abandon' || kind === 'unbind') return null;
  const unknown = controls.find(
    ({ type, criticality }) =>
      criticality && !(Object.hasOwn(CONTROLS, type) && CONTROLS[type]?.includes(kind)),
  );
  if (unknown === undefined) return null;
  const text = `critical control ${unknown.type.slice(0, 64)} is not available for ${kind}`;
  return answer(RESULT_CODE.unavailableCriticalExtension, text);
}

/** The paged results asked for (RFC 2696); null when they are not. Error: invalid_request. */
export function pagedResultsOf(controls: readonly Control[]): PagedResults | null {
  if (controls.length === 0) return null;
  const asked = controls.filter(({ type }) => type === PAGED_RESULTS);
  const [control] = asked;
  if (control === undefined) return null;
  if (asked.length > 1)
    throw new OperationError('invalid_request', 'paged results must not be asked for twice');
  if (control.value === null) throw new OperationError('invalid_request', 'paged results need a value');
  return decodePagedResults(control.value);
}

export const NO_COOKIE = Buffer.alloc(0);

/** The control of a page's answer. */
export function pageControl(page: PagedResults): Control {
  return { type: PAGED_RESULTS, criticality: false, value: encodePagedResults(page) };
}
