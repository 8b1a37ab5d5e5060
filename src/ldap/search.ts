// Search (RFC 4511 4.5) up to its first entry: where it looks, what it may return, and how much of it.
import type { Visibility } from '../directory/access.ts';
import { isOperationError } from '../errors.ts';
import { checkFilter } from '../x500/check_filter.ts';
import type { Filter } from '../x500/filter.ts';
import { printFilter } from '../x500/filter_text.ts';
import { judge } from '../x500/judge_filter.ts';
import { compileFilter } from '../x500/match_filter.ts';
import type { SearchCursor, SearchQuery, SearchScope } from '../x500/read_model.ts';
import type { Schema } from '../x500/schema.ts';
import { createSelection } from '../x500/select_attributes.ts';
import { simplifyFilter } from '../x500/simplify_filter.ts';
import { type Answer, answer } from './answer.ts';
import { NO_COOKIE, pageControl, pagedResultsOf } from './controls.ts';
import { noSuchObject } from './no_such_object.ts';
import { everythingVisible, type OwnEntry } from './own_entries.ts';
import type { PagePosition } from './page_cookies.ts';
import { RESULT_CODE } from './result_code.ts';
import { entryLimit, timeLimitMs } from './search_limits.ts';
import { type Page, SearchWork } from './search_work.ts';
import type { Session } from './session.ts';
import type { RequestMessage, SearchRequest } from './wire/message.ts';
import type { PagedResults } from './wire/paged_results.ts';

const BIND_FIRST = answer(
  RESULT_CODE.insufficientAccessRights,
  'bind first: without a name this server shows the root DSE and the subschema',
);
const start: PagePosition = { after: 0, sent: 0, named: 0 };

/** The filter asked for, checked and without repetitions. Error: admin_limit_exceeded. */
export function readFilter({ service }: Session, { filter }: SearchRequest): Filter {
  return simplifyFilter(checkFilter(service.readModel.schema, filter));
}

/** Clock.elapsed() at which the search must be done. */
export function deadlineOf({ service }: Session, request: SearchRequest): number {
  return service.clock.elapsed() + timeLimitMs(request, service.settings);
}

/** What was done for a search before. */
export interface BegunSearch {
  readonly filter: Filter;
  readonly deadline: number;
}

/** The search, ready for its first turn, or its answer. Errors: as ReadModel.search, and invalid_request. */
export function search(
  session: Session,
  message: RequestMessage,
  request: SearchRequest,
  begun?: BegunSearch,
): SearchWork | Answer {
  const { service, identity, visibility } = session;
  const { settings } = service;
  const deadline = begun?.deadline ?? deadlineOf(session, request); // planning counts
  const own = request.scope === 'base' ? service.ownEntries.find(request.baseObject) : undefined;
  if (own === undefined && identity.account === null && !settings.anonymousSearch) return BIND_FIRST;
  const filter = begun?.filter ?? readFilter(session, request);
  if (own !== undefined) return searchOwnEntry(session, message, request, { own, filter, deadline });

  const asked = pagedResultsOf(message.controls);
  const scope = asked === null ? '' : pageScope(session, request);
  const position =
    asked === null || asked.cookie.length === 0 ? start : service.pageCookies.open(asked.cookie, scope);
  if (asked !== null && asked.size === 0 && asked.cookie.length > 0) {
    session.walks.givenUp(scope);
    return endOfPages;
  }

  const { base, scope: reach } = whereToLook(request, settings.suffix);
  const query = { base, scope: reach, filter, visibility, after: position.after };
  const cursor = openCursor(session, query);
  if (cursor === null) return noSuchObject(session, base);
  if (asked !== null && asked.size === 0) return estimateOnly(cursor, visibility);
  return new SearchWork(session, {
    messageId: message.messageId,
    request,
    cursor,
    selection: service.selections.of(request, visibility),
    limit: entryLimit(request, asked !== null, identity, settings),
    deadline,
    page: asked === null ? null : pageOf(asked, position, scope),
  });
}

/** The root is no entry of the directory: below it stands the suffix alone. */
function whereToLook(request: SearchRequest, suffix: string): { base: string; scope: SearchScope } {
  const { baseObject, scope } = request;
  if (baseObject !== '' || scope === 'base') return { base: baseObject, scope };
  return { base: suffix, scope: scope === 'one' ? 'base' : 'subtree' };
}

/** Null: there is no such base for this reader. */
function openCursor({ service }: Session, query: SearchQuery): SearchCursor | null {
  try {
    return service.readModel.search(query);
  } catch (error) {
    if (isOperationError(error, 'not_found')) return null;
    throw error;
  }
}

function searchOwnEntry(
  session: Session,
  message: RequestMessage,
  request: SearchRequest,
  { own, filter, deadline }: { own: OwnEntry; filter: Filter; deadline: number },
): SearchWork {
  const { schema } = session.service.readModel;
  return new SearchWork(session, {
    messageId: message.messageId,
    request,
    cursor: ownEntryCursor(schema, own, filter),
    selection: createSelection(schema, request, everythingVisible),
    limit: 1,
    deadline,
    page: pagedResultsOf(message.controls) === null ? null : lastPage,
  });
}

/** Asks one entry piece by piece, as the entries of the directory are asked. */
function ownEntryCursor(schema: Schema, { entry, forms }: OwnEntry, filter: Filter): SearchCursor {
  const compiled = compileFilter(schema, filter, everythingVisible, forms);
  const pieces = judge(compiled, entry);
  return {
    estimate: 1,
    next() {
      const piece = pieces.next();
      if (piece.done !== true) return 'more';
      return piece.value === true ? entry : 'end';
    },
  };
}

/** Everything that must stay the same from page to page (RFC 2696 section 3). */
function pageScope(session: Session, request: SearchRequest): string {
  const { baseObject, scope, sizeLimit, typesOnly, attributes } = request;
  const { account } = session.identity;
  return JSON.stringify([
    session.id,
    account,
    baseObject,
    scope,
    sizeLimit,
    typesOnly,
    attributes,
    printFilter(request.filter),
  ]);
}

const lastPage: Page = { size: Number.POSITIVE_INFINITY, before: start, scope: '' };

function pageOf(asked: PagedResults, position: PagePosition, scope: string): Page {
  return { size: asked.size, before: position, scope };
}

/** A page of size 0 after others gives the rest up (RFC 2696 section 3). */
const endOfPages: Answer = {
  ...answer(RESULT_CODE.success),
  controls: [pageControl({ size: 0, cookie: NO_COOKIE })],
};

/**
 * A first page of size 0 asks how many there are. The estimate counts entries that the reader may not see, and would tell
 * of them: it is for those who see everything, and 0 (not known) for everybody else.
 */
function estimateOnly(cursor: SearchCursor, visibility: Visibility): Answer {
  const size = visibility.attributes === 'all' ? cursor.estimate : 0;
  return { ...answer(RESULT_CODE.success), controls: [pageControl({ size, cookie: NO_COOKIE })] };
}
