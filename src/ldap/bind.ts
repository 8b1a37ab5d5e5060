// Bind (RFC 4511 4.2, RFC 4513 section 5). What was bound before is gone when it starts. A refusal of name and password
// has one code, one text and one duration, whatever the reason: authenticator.ts sees to the duration.
import { isUtf8 } from 'node:buffer';
import { isOperationError } from '../errors.ts';
import { normaliseDn } from '../x500/dn.ts';
import { type Answer, answer, SUCCESS } from './answer.ts';
import { asksForPolicy, withExpiryWarning, withPolicyError } from './policy_control.ts';
import { RESULT_CODE } from './result_code.ts';
import type { Session } from './session.ts';
import type { BindRequest, RequestMessage } from './wire/message.ts';

const REFUSED = answer(RESULT_CODE.invalidCredentials, 'the name or the password is wrong');
const WRONG_VERSION = answer(
  RESULT_CODE.protocolError,
  'historical protocol version requested, use LDAPv3', // word for word what OpenLDAP says: people search for it
);
const NO_SASL = answer(RESULT_CODE.authMethodNotSupported, 'only simple binds are offered');
const NO_PASSWORD = answer(RESULT_CODE.unwillingToPerform, 'a bind with a name needs a password');
const NOT_CONFIDENTIAL = answer(
  RESULT_CODE.confidentialityRequired,
  'simple bind requires TLS: use StartTLS or LDAPS',
);

/** Errors: invalid_dn, rate_limited, unavailable. */
export function bind(
  session: Session,
  { messageId, controls }: RequestMessage,
  request: BindRequest,
): Answer | Promise<Answer> {
  const { clock, readModel } = session.service;
  session.become(null, clock.now());
  if (request.version !== 3) return WRONG_VERSION;
  const { credentials, name } = request;
  if (credentials.method !== 'simple') return NO_SASL;
  const { password } = credentials;
  if (password.length === 0) return name === '' ? SUCCESS : NO_PASSWORD; // RFC 4513 5.1.1, 5.1.2
  if (!session.confidential) return NOT_CONFIDENTIAL;
  const dn = normaliseDn(readModel.schema, name); // refuses what is no DN, before anything is said of accounts
  const text = isUtf8(password) ? password.toString('utf8') : '';
  return prove(session, { messageId, asked: asksForPolicy(controls) }, dn, text);
}

async function prove(
  session: Session,
  { messageId, asked }: { messageId: number; asked: boolean },
  dn: string,
  password: string,
): Promise<Answer> {
  const { authenticator, clock } = session.service;
  const at = clock.now();
  const from = { origin: 'ldap', address: session.address } as const;
  const request = `${session.id}/${messageId}`;
  try {
    const proof = await authenticator.password({
      name: { dn },
      password,
      ...from,
      request,
      relyingSystem: null,
    });
    const { account } = proof.identity;
    // The account may have been withdrawn, or its password changed, while the hash was being computed.
    const identity = account === null ? undefined : authenticator.current(account, { at, ...from });
    if (identity === undefined) return REFUSED;
    if (proof.mustChange) {
      const reason = 'the password must be changed first';
      session.record(messageId, { act: 'access.refused', action: 'bind', object: dn, reason });
      // Servers that verify passwords by a bind take success for a sign-in: only a client that knows the control gets it.
      if (!asked) return REFUSED;
      if (account !== null) session.requireChange(account, at);
      return withPolicyError(SUCCESS, 'changeAfterReset', asked);
    }
    session.become(identity, at);
    if (!asked) return SUCCESS;
    const { readModel, settings } = session.service;
    const record = account === null ? undefined : readModel.accountByUuid(account);
    return withExpiryWarning(SUCCESS, record, at, settings.passwordWarningDays);
  } catch (error) {
    if (isOperationError(error, 'invalid_credentials')) return REFUSED;
    throw error;
  }
}
