// A search under way: sends its entries in pieces, each small enough that others get their turn, and stops at its limits
// (RFC 4511 4.5.1.4, 4.5.1.5), at the end of its page (RFC 2696) or when it is abandoned.
import type { ReadState } from '../audit/event.ts';
import type { Entry } from '../x500/entry.ts';
import { printFilter } from '../x500/filter_text.ts';
import type { SearchCursor } from '../x500/read_model.ts';
import type { Selection } from '../x500/select_attributes.ts';
import type { UncheckedFilter } from '../x500/unchecked_filter.ts';
import { addReading } from './add_reading.ts';
import { type Answer, answer, SUCCESS } from './answer.ts';
import { NO_COOKIE, pageControl } from './controls.ts';
import type { PagePosition } from './page_cookies.ts';
import type { Question, Reading } from './readings.ts';
import { RESULT_CODE } from './result_code.ts';
import type { Session } from './session.ts';
import { ByteRanges } from './wire/byte_ranges.ts';
import type { SearchRequest } from './wire/message.ts';

export interface Page {
  readonly size: number;
  /** Where the page before ended. */
  readonly before: PagePosition;
  /** What its cookie is sealed for. */
  readonly scope: string;
}

export interface SearchPlan {
  readonly messageId: number;
  readonly request: SearchRequest;
  readonly cursor: SearchCursor;
  readonly selection: Selection;
  /** Entries in all, over all pages. */
  readonly limit: number;
  /** Clock.elapsed() at which it must be done. */
  readonly deadline: number;
  readonly page: Page | null;
}

/** One piece: this many entries, candidates looked at, octets written, or milliseconds. */
const ENTRIES = 256;
const CANDIDATES = 512;
const LOOKS = 32; // of CANDIDATES each
const OCTETS = 64 * 1024;
const PIECE_MS = 2;
const CHECK_EVERY = 16; // entries between two looks at the clock

const SIZE_LIMIT = answer(RESULT_CODE.sizeLimitExceeded, 'there are more entries than the size limit');
const TIME_LIMIT = answer(RESULT_CODE.timeLimitExceeded, 'the time limit was reached');

// One for all searches: it is filled and written out again for each entry before anything else runs.
const ranges = new ByteRanges();

export class SearchWork {
  readonly #session: Session;
  readonly #plan: SearchPlan;
  readonly #encoded: { dnOctets: Buffer; attributes: Buffer; ranges: ByteRanges };
  readonly #began: number;
  #sent = 0;
  /** People named in the entries sent: whoever reads a group reads of as many as its values name. */
  #named = 0;
  /** Entries and names, on the pages before this one too. */
  #told: number;
  #last = 0;

  constructor(session: Session, plan: SearchPlan) {
    this.#session = session;
    this.#plan = plan;
    this.#began = session.service.clock.elapsed();
    this.#told = (plan.page?.before.sent ?? 0) + (plan.page?.before.named ?? 0);
    this.#encoded = { dnOctets: NO_COOKIE, attributes: NO_COOKIE, ranges };
  }

  get filter(): UncheckedFilter {
    return this.#plan.request.filter;
  }

  /** Goes on for one piece. The answer when it is done; null when it wants another turn. */
  step(): Answer | null {
    try {
      return this.#piece();
    } catch (error) {
      this.stop();
      throw error;
    }
  }

  /** It will not go on: it was abandoned, or its reader is gone. What was sent until then is on record all the same. */
  stop(): void {
    const { service } = this.#session;
    service.metrics.operation('search', RESULT_CODE.canceled, service.clock.elapsed() - this.#began);
    this.#record('stopped');
  }

  #piece(): Answer | null {
    const { cursor, limit, page } = this.#plan;
    const { clock } = this.#session.service;
    const { writer } = this.#session.service;
    const before = page?.before.sent ?? 0;
    let started = -1;
    let looks = 0;
    for (let sent = 0; sent < ENTRIES && writer.size < OCTETS; ) {
      const found = cursor.next(CANDIDATES);
      if (found === 'end') return this.#end(SUCCESS);
      if (found === 'more') {
        if (++looks >= LOOKS) break;
      } else if (before + this.#sent >= limit) {
        return this.#end(SIZE_LIMIT);
      } else if (page !== null && this.#sent >= page.size) {
        return this.#endPage(page);
      } else {
        this.#send(found);
        sent++;
      }
      if (found !== 'more' && sent % CHECK_EVERY !== 0) continue;
      const now = clock.elapsed();
      if (now >= this.#plan.deadline) return this.#end(TIME_LIMIT);
      if (started < 0) started = now;
      else if (now - started >= PIECE_MS) break;
    }
    return clock.elapsed() >= this.#plan.deadline ? this.#end(TIME_LIMIT) : null;
  }

  #send(entry: Entry): void {
    ranges.clear();
    const encoded = this.#encoded;
    encoded.dnOctets = entry.dnOctets;
    const { selection } = this.#plan;
    encoded.attributes = selection.select(entry, ranges);
    this.#session.service.writer.searchResultEntry(this.#plan.messageId, encoded);
    this.#last = entry.id;
    const { service } = this.#session;
    const wasMany = this.#isMany;
    this.#sent++;
    this.#named += selection.names;
    this.#told += 1 + selection.names;
    service.metrics.entries(1);
    if (!wasMany && this.#isMany) this.#recordRead('going on');
  }

  #end(result: Answer): Answer {
    const { page } = this.#plan;
    this.#record('ended');
    if (page === null) return result;
    return { ...result, controls: [pageControl({ size: 0, cookie: NO_COOKIE })] };
  }

  #endPage(page: Page): Answer {
    this.#sumUp();
    if (this.#isMany) this.#session.walks.stands(page.scope, this.#plan.messageId, this.#reading('stopped'));
    const { pageCookies } = this.#session.service;
    const { sent, named } = page.before;
    const position = { after: this.#last, sent: sent + this.#sent, named: named + this.#named };
    const cookie = pageCookies.seal(position, page.scope);
    return { ...SUCCESS, controls: [pageControl({ size: 0, cookie })] };
  }

  get #isMany(): boolean {
    return this.#told > this.#session.service.settings.ldapRecordedEntries;
  }

  /** Records what was read in all, when that is much. */
  #record(state: ReadState): void {
    const { page } = this.#plan;
    if (page !== null && page.before.sent > 0) this.#session.walks.ended(page.scope);
    if (this.#isMany) this.#recordRead(state);
    this.#sumUp();
  }

  /** Small searches count together. */
  #sumUp(): void {
    if (this.#sent === 0) return;
    const question = this.#isMany ? null : () => this.#question();
    addReading(this.#session, this.#plan.messageId, this.#sent + this.#named, question);
  }

  #recordRead(state: ReadState): void {
    this.#session.record(this.#plan.messageId, this.#reading(state));
  }

  #reading(state: ReadState): Reading {
    const names = (this.#plan.page?.before.named ?? 0) + this.#named;
    const read = { act: 'directory.read', ...this.#question(), entries: this.#told, state } as const;
    return names > 0 ? { ...read, names } : read;
  }

  #question(): Question {
    const { baseObject, filter } = this.#plan.request;
    return { base: baseObject, filter: printFilter(filter).slice(0, 1024) };
  }
}
