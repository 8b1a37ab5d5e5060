// The password policy control (draft-behera-ldap-password-policy-10) as answers carry it, when the request asked for it.
import type { PasswordRule } from '../directory/password_policy.ts';
import type { AccountRecord } from '../x500/read_model.ts';
import { type Answer, answer } from './answer.ts';
import { RESULT_CODE } from './result_code.ts';
import type { Control } from './wire/message.ts';
import { encodePolicyResponse, PASSWORD_POLICY, POLICY_ERROR } from './wire/password_policy.ts';

export type PolicyErrorName = keyof typeof POLICY_ERROR;

export function asksForPolicy(controls: readonly Control[]): boolean {
  return controls.some(({ type }) => type === PASSWORD_POLICY);
}

/** The answer with the control that carries `error`, or without it where nobody asked. */
export function withPolicyError(result: Answer, error: PolicyErrorName, asked: boolean): Answer {
  return asked ? { ...result, controls: [policyControl({ error: POLICY_ERROR[error] })] } : result;
}

/** A success that says how long the password still lasts, within `warningDays` of its end. */
export function withExpiryWarning(
  result: Answer,
  account: AccountRecord | undefined,
  now: Date,
  warningDays: number,
): Answer {
  const end = account?.password?.expires_at ?? null;
  const left = end === null ? Number.POSITIVE_INFINITY : end.getTime() - now.getTime();
  const warning = left <= warningDays * 86_400_000 ? { secondsBeforeExpiration: left / 1000 } : {};
  return { ...result, controls: [policyControl(warning)] };
}

/** Section 8.1.2.2: what is asked before the password is changed. */
export function changeFirst(asked: boolean): Answer {
  const result = answer(
    RESULT_CODE.insufficientAccessRights,
    'the password must be changed first: only password modify (RFC 3062) is allowed',
  );
  return withPolicyError(result, 'changeAfterReset', asked);
}

/** Which error of the draft a broken rule is. */
export const POLICY_ERROR_OF = {
  too_short: 'passwordTooShort',
  too_long: 'insufficientPasswordQuality',
  too_few_classes: 'insufficientPasswordQuality',
  restricted_word: 'insufficientPasswordQuality',
  sequence: 'insufficientPasswordQuality',
  used_before: 'passwordInHistory',
  changed_too_recently: 'passwordTooYoung',
} as const satisfies Record<PasswordRule, PolicyErrorName>;

function policyControl(response: Parameters<typeof encodePolicyResponse>[0]): Control {
  return { type: PASSWORD_POLICY, criticality: false, value: encodePolicyResponse(response) };
}
