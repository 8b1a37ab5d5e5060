// Add, Delete, Modify and ModifyDN (RFC 4511 4.6-4.9): refused with a word on where changes are made.
import { type Answer, answer } from './answer.ts';
import { RESULT_CODE } from './result_code.ts';

const WORDS = {
  add: 'add',
  del: 'delete',
  modify: 'modify',
  modifyDN: 'modifyDN',
} as const;

export type WriteKind = keyof typeof WORDS;

export function refuseWrite(kind: WriteKind): Answer {
  return answer(
    RESULT_CODE.unwillingToPerform,
    `${WORDS[kind]} is not offered: this directory is read over LDAP and changed by its administrators`,
  );
}
