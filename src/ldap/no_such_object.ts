// The answer for an entry that does not exist, or does not for this reader: the two cannot be told apart. matchedDN
// (RFC 4511 4.1.9) is the nearest superior that the reader may see.
import { normaliseDn, parentKey } from '../x500/dn.ts';
import { isVisibleEntry } from '../x500/visible_entry.ts';
import { type Answer, answer } from './answer.ts';
import { RESULT_CODE } from './result_code.ts';
import type { Session } from './session.ts';

/** Error: invalid_dn. */
export function noSuchObject({ service: { readModel }, visibility }: Session, dn: string): Answer {
  let matched = '';
  let superior = parentKey(normaliseDn(readModel.schema, dn));
  while (superior !== null && superior !== '' && matched === '') {
    const entry = readModel.entryByDn(superior);
    if (entry !== undefined && isVisibleEntry(visibility, entry)) matched = entry.dn;
    superior = parentKey(superior);
  }
  return answer(RESULT_CODE.noSuchObject, 'no such entry', matched);
}
