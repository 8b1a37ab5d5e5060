// Password modify (RFC 3062): the holder's own password, proved by the old one, or somebody else's by who may reset it. It
// is also the way out of a password that must be changed, on a connection that such a password bound or on one that
// nobody did.
import { isUtf8 } from 'node:buffer';
import type { ChangeOutcome } from '../authentication/change_password.ts';
import { describeRules, generatePassword } from '../authentication/choose_password.ts';
import { isOperationError } from '../errors.ts';
import { normaliseDn } from '../x500/dn.ts';
import type { AccountRecord } from '../x500/read_model.ts';
import { type Answer, answer, SUCCESS } from './answer.ts';
import { POLICY_ERROR_OF, withPolicyError } from './policy_control.ts';
import { RESULT_CODE } from './result_code.ts';
import type { Session } from './session.ts';
import type { RequestOperation } from './wire/message.ts';
import {
  decodePasswordModify,
  encodeGeneratedPassword,
  PASSWORD_MODIFY,
  type PasswordModify,
} from './wire/password_policy.ts';

const NOT_CONFIDENTIAL = answer(RESULT_CODE.confidentialityRequired, 'password modify requires TLS');
const NOBODY = answer(
  RESULT_CODE.unwillingToPerform,
  'userIdentity is required on a connection that is not bound',
);
const OLD_REQUIRED = answer(
  RESULT_CODE.unwillingToPerform,
  'oldPasswd is required to change one’s own password',
);
const NOT_TEXT = answer(RESULT_CODE.constraintViolation, 'the new password must be UTF-8');
const REFUSED = answer(RESULT_CODE.invalidCredentials, 'the name or the password is wrong');

/** Operations that change who the session is: what was begun before them is done before them. */
export function provesAnew(operation: RequestOperation): boolean {
  const { kind } = operation;
  return kind === 'bind' || (kind === 'extended' && operation.requestName === PASSWORD_MODIFY);
}

type Name = { uid: string } | { dn: string };

/** `asked`: the request carries the password policy control. Errors: invalid_request, invalid_dn, and of the change. */
export function modifyPassword(
  session: Session,
  messageId: number,
  value: Buffer | null,
  asked: boolean,
): Answer | Promise<Answer> {
  if (!session.confidential) return NOT_CONFIDENTIAL;
  const request = decodePasswordModify(value);
  const { newPassword } = request;
  if (newPassword !== null && !isUtf8(newPassword)) return NOT_TEXT;
  const { readModel } = session.service;
  const own = session.identity.account ?? session.mustChange;
  const holder = own === null ? undefined : readModel.accountByUuid(own);
  const name = request.userIdentity === null ? null : nameOf(session, request.userIdentity);
  if (name === null && holder === undefined) return NOBODY;
  const target = name === null ? holder : accountOf(session, name);
  const chosen = newPassword?.toString('utf8') ?? generatePassword();
  const generated = newPassword === null ? chosen : null;
  const work = { messageId, asked, chosen, generated };
  if (session.identity.account !== null && target?.uuid !== session.identity.account) {
    return reset(session, target, work);
  }
  if (request.oldPassword === null) return withPolicyError(OLD_REQUIRED, 'mustSupplyOldPassword', asked);
  return change(session, name ?? { dn: holder?.dn ?? '' }, request, work);
}

interface Work {
  messageId: number;
  asked: boolean;
  chosen: string;
  generated: string | null;
}

/** RFC 3062 leaves the form open: an authzId (RFC 4513 5.2.1.8), or a DN as every client sends it. Error: invalid_dn. */
function nameOf({ service }: Session, userIdentity: string): Name {
  if (userIdentity.startsWith('u:')) return { uid: userIdentity.slice(2) };
  const dn = userIdentity.startsWith('dn:') ? userIdentity.slice(3) : userIdentity;
  return { dn: normaliseDn(service.readModel.schema, dn) };
}

function accountOf({ service }: Session, name: Name): AccountRecord | undefined {
  const { readModel } = service;
  return 'uid' in name ? readModel.accountByUid(name.uid) : readModel.accountByDn(name.dn);
}

async function change(session: Session, name: Name, request: PasswordModify, work: Work): Promise<Answer> {
  const { passwords, clock } = session.service;
  const old = request.oldPassword ?? Buffer.alloc(0);
  const { identity, mustChange, provedAt } = session;
  const before: Before = { account: identity.account, mustChange, provedAt };
  let changed: ChangeOutcome['changed'] = null;
  // The change ends what the old password opened, this connection too: `resume` binds it anew.
  session.become(null, clock.now());
  try {
    const outcome = await passwords.change({
      name,
      current: isUtf8(old) ? old.toString('utf8') : '',
      chosen: work.chosen,
      origin: 'ldap',
      address: session.address,
      request: `${session.id}/${work.messageId}`,
    });
    ({ changed } = outcome);
    return changed === null ? refuseBroken(outcome, work.asked) : answerChanged(work);
  } catch (error) {
    if (isOperationError(error, 'invalid_credentials')) return REFUSED;
    throw error;
  } finally {
    resume(session, before, changed, work.messageId);
  }
}

/** What a session had proved before it tried a change. */
interface Before {
  account: string | null;
  mustChange: string | null;
  provedAt: Date;
}

/**
 * Whose own password was changed goes on by the new one. Otherwise the old proof counts as it did: neither a try nor the
 * change of somebody else's password makes it more than it was, or outlives a reset that happened meanwhile.
 */
function resume(
  session: Session,
  before: Before,
  changed: ChangeOutcome['changed'],
  messageId: number,
): void {
  const proved = before.account ?? before.mustChange;
  if (proved === null) return;
  const isOwn = changed?.account === proved;
  const at = isOwn ? changed.at : before.provedAt;
  const from = { origin: 'ldap', address: session.address } as const;
  const identity = session.service.authenticator.current(proved, { at, ...from });
  if (identity === undefined) return;
  if (before.account === null && !isOwn) {
    session.requireChange(proved, at);
    return;
  }
  session.become(identity, at);
  if (before.account === null) session.record(messageId, { act: 'session.start', client: null });
}

async function reset(session: Session, target: AccountRecord | undefined, work: Work): Promise<Answer> {
  const { passwords } = session.service;
  const { identity } = session;
  // Asked first: who may reset nobody learns nothing of a name, and has no hash computed.
  if (identity.grants.length === 0) {
    return answer(RESULT_CODE.insufficientAccessRights, 'you may change your own password only');
  }
  if (target === undefined) return answer(RESULT_CODE.noSuchObject, 'userIdentity names no account');
  const request = `${session.id}/${work.messageId}`;
  const outcome = await passwords.reset({ account: target.uuid, chosen: work.chosen, by: identity, request });
  return outcome.changed === null ? refuseBroken(outcome, work.asked) : answerChanged(work);
}

function answerChanged({ generated }: Work): Answer {
  if (generated === null) return SUCCESS;
  return { ...SUCCESS, response: { name: null, value: encodeGeneratedPassword(generated) } };
}

function refuseBroken({ broken, policy }: ChangeOutcome, asked: boolean): Answer {
  const result = answer(RESULT_CODE.constraintViolation, `the password ${describeRules(broken, policy)}`);
  const [first] = broken;
  return first === undefined ? result : withPolicyError(result, POLICY_ERROR_OF[first], asked);
}
