// Extended operations (RFC 4511 4.12), one row each. The root DSE shows those that are offered.
import { type Answer, answer, CANCELED, SUCCESS } from './answer.ts';
import { modifyPassword } from './password_modify.ts';
import { asksForPolicy } from './policy_control.ts';
import { RESULT_CODE } from './result_code.ts';
import type { Session } from './session.ts';
import { BerReader } from './wire/ber_reader.ts';
import type { ExtendedRequest, RequestMessage } from './wire/message.ts';
import { PASSWORD_MODIFY } from './wire/password_policy.ts';
import { UNIVERSAL } from './wire/tag.ts';

const START_TLS = '1.3.6.1.4.1.1466.20037';

interface ExtendedOperation {
  /** May come before a password that must be changed is changed. */
  readonly beforeChange: boolean;
  /** Null: the session ends. */
  perform(session: Session, value: Buffer | null, message: RequestMessage): Answer | Promise<Answer> | null;
}

const EXTENDED: Readonly<Record<string, ExtendedOperation>> = {
  [START_TLS]: { beforeChange: true, perform: startTls },
  '1.3.6.1.4.1.4203.1.11.3': { beforeChange: true, perform: whoAmI },
  '1.3.6.1.1.8': { beforeChange: true, perform: cancel },
  [PASSWORD_MODIFY]: {
    beforeChange: true,
    perform: (session, value, { messageId, controls }) =>
      modifyPassword(session, messageId, value, asksForPolicy(controls)),
  },
};

export function isAllowedBeforeChange(requestName: string): boolean {
  return Object.hasOwn(EXTENDED, requestName) && EXTENDED[requestName]?.beforeChange === true;
}

/** OIDs for the root DSE; without a certificate there is no StartTLS. */
export function supportedExtensions(offersTls: boolean): string[] {
  return Object.keys(EXTENDED).filter((oid) => oid !== START_TLS || offersTls);
}

/** Errors: invalid_request, and of the operation. */
export function extended(
  session: Session,
  message: RequestMessage,
  request: ExtendedRequest,
): Answer | Promise<Answer> | null {
  const row = Object.hasOwn(EXTENDED, request.requestName) ? EXTENDED[request.requestName] : undefined;
  if (row === undefined) {
    const text = `extended operation ${request.requestName.slice(0, 64)} is not known`;
    return answer(RESULT_CODE.protocolError, text); // RFC 4511 4.12
  }
  return row.perform(session, request.requestValue, message);
}

/** RFC 4511 4.14. Nothing may be under way, and nothing may have been sent behind it in the clear. */
function startTls(session: Session, value: Buffer | null): Answer | null {
  const named = { response: { name: START_TLS, value: null } };
  if (value !== null) return { ...answer(RESULT_CODE.protocolError, 'StartTLS has no value'), ...named };
  if (!session.offersTls) {
    return {
      ...answer(RESULT_CODE.protocolError, 'StartTLS is not offered: there is no certificate'),
      ...named,
    };
  }
  if (session.encrypted) {
    return { ...answer(RESULT_CODE.operationsError, 'TLS is established already'), ...named };
  }
  if (session.underWay.size > 0) {
    return { ...answer(RESULT_CODE.operationsError, 'operations are under way'), ...named };
  }
  if (!session.startTls()) return null;
  return { ...SUCCESS, ...named };
}

/** RFC 4532: an authzId, empty for nobody. */
function whoAmI(session: Session, value: Buffer | null): Answer {
  if (value !== null) return answer(RESULT_CODE.protocolError, 'Who am I? has no value');
  const { account, uid } = session.identity;
  const record = account === null ? undefined : session.service.readModel.accountByUuid(account);
  const authzId = account === null ? '' : record === undefined ? `u:${uid}` : `dn:${record.dn}`;
  return { ...SUCCESS, response: { name: null, value: Buffer.from(authzId) } };
}

/** RFC 3909: as Abandon, but both operations are answered. */
function cancel(session: Session, value: Buffer | null): Answer {
  if (value === null) return answer(RESULT_CODE.protocolError, 'Cancel needs a value');
  const reader = new BerReader(value);
  const outer = reader.enter(UNIVERSAL.sequence);
  const messageId = reader.integer();
  reader.leave(outer);
  reader.finish();
  const stopped = session.underWay.stop(messageId);
  if (stopped === 'unknown')
    return answer(RESULT_CODE.noSuchOperation, `message ${messageId} is not under way`);
  if (stopped === 'kept') return answer(RESULT_CODE.cannotCancel, `message ${messageId} cannot be canceled`);
  session.answer(messageId, stopped.kind, CANCELED);
  return SUCCESS;
}
