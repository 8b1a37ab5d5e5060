// Compare (RFC 4511 4.10). Asked as searches of one entry, so that matching rules, visibility and indexes are the same
// there and here. What is not there and what may not be seen answer noSuchAttribute alike (mod_authnz_ldap takes nothing
// else for an answer).
import { isOperationError } from '../errors.ts';
import { parseDescription } from '../x500/attribute_description.ts';
import { checkFilter } from '../x500/check_filter.ts';
import { printFilter } from '../x500/filter_text.ts';
import { compileFilter } from '../x500/match_filter.ts';
import type { UncheckedFilter } from '../x500/unchecked_filter.ts';
import { addReading } from './add_reading.ts';
import { type Answer, answer, COMPARE_FALSE, COMPARE_TRUE } from './answer.ts';
import { noSuchObject } from './no_such_object.ts';
import { everythingVisible } from './own_entries.ts';
import type { Question } from './readings.ts';
import { RESULT_CODE } from './result_code.ts';
import type { Session } from './session.ts';
import type { CompareRequest, RequestMessage } from './wire/message.ts';

const BIND_FIRST = answer(RESULT_CODE.insufficientAccessRights, 'bind first');
const NO_SUCH_ATTRIBUTE = answer(RESULT_CODE.noSuchAttribute, 'the entry has no such attribute');

/** Errors: invalid_dn. */
export function compare(session: Session, { messageId }: RequestMessage, request: CompareRequest): Answer {
  const { readModel, settings, ownEntries } = session.service;
  const { entry: dn, attribute, value } = request;
  const own = ownEntries.find(dn) !== undefined;
  if (!own && session.identity.account === null && !settings.anonymousSearch) return BIND_FIRST;
  if (!own && !holds(session, dn, { kind: 'and', filters: [] })) return noSuchObject(session, dn);
  // Who compares many entries reads them as well.
  if (!own) addReading(session, messageId, 1, () => questionOf(request));

  const { schema } = readModel;
  const described = parseDescription(schema, attribute);
  if (described === undefined) {
    return answer(RESULT_CODE.undefinedAttributeType, `${attribute.slice(0, 64)} is not defined`);
  }
  if (!holds(session, dn, { kind: 'present', attribute })) return NO_SUCH_ATTRIBUTE;
  const { equality, name } = described.type;
  if (equality === null) return answer(RESULT_CODE.inappropriateMatching, `${name} has no equality rule`);
  if (equality.normalise(value) === null) {
    return answer(RESULT_CODE.invalidAttributeSyntax, `the value asserted of ${name} breaks its syntax`);
  }
  return holds(session, dn, { kind: 'equality', attribute, value }) ? COMPARE_TRUE : COMPARE_FALSE;
}

/** As recorded. */
function questionOf({ entry, attribute, value }: CompareRequest): Question {
  return { base: entry, filter: printFilter({ kind: 'equality', attribute, value }).slice(0, 1024) };
}

/** Whether the entry is there for the reader and the filter true of it. */
function holds(session: Session, dn: string, unchecked: UncheckedFilter): boolean {
  const { readModel, ownEntries } = session.service;
  const { schema } = readModel;
  const filter = checkFilter(schema, unchecked);
  const own = ownEntries.find(dn);
  if (own !== undefined)
    return compileFilter(schema, filter, everythingVisible, own.forms).matcher(own.entry) === true;
  try {
    const { visibility } = session;
    const cursor = readModel.search({ base: dn, scope: 'base', filter, visibility, after: 0 });
    for (;;) {
      const found = cursor.next(64);
      if (found !== 'more') return found !== 'end';
    }
  } catch (error) {
    if (isOperationError(error, 'not_found')) return false;
    throw error;
  }
}
