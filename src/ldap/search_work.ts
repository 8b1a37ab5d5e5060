// A search under way: sends its entries in pieces, each small enough that others get their turn, and stops at its limits
// (RFC 4511 4.5.1.4, 4.5.1.5), at the end of its page (RFC 2696) or when it is abandoned.
import type { Entry } from '../x500/entry.ts';
import { printFilter } from '../x500/filter_text.ts';
import type { SearchCursor } from '../x500/read_model.ts';
import type { Selection } from '../x500/select_attributes.ts';
import { type Answer, answer, SUCCESS } from './answer.ts';
import { NO_COOKIE, pageControl } from './controls.ts';
import { RESULT_CODE } from './result_code.ts';
import type { Session } from './session.ts';
import { ByteRanges } from './wire/byte_ranges.ts';
import type { SearchRequest } from './wire/message.ts';

export interface Page {
  readonly size: number;
  readonly sentBefore: number;
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
const PIECE_MS = 4;
const CHECK_EVERY = 16; // entries between two looks at the clock

/** A search that sends more than this is put on record. */
const RECORDED_ENTRIES = 100;

const SIZE_LIMIT = answer(RESULT_CODE.sizeLimitExceeded, 'there are more entries than the size limit');
const TIME_LIMIT = answer(RESULT_CODE.timeLimitExceeded, 'the time limit was reached');

// One for all searches: it is filled and written out again for each entry before anything else runs.
const ranges = new ByteRanges();

export class SearchWork {
  readonly #session: Session;
  readonly #plan: SearchPlan;
  readonly #encoded: { dnOctets: Buffer; attributes: Buffer; ranges: ByteRanges };
  #sent = 0;
  #last = 0;

  constructor(session: Session, plan: SearchPlan) {
    this.#session = session;
    this.#plan = plan;
    this.#encoded = { dnOctets: NO_COOKIE, attributes: NO_COOKIE, ranges };
  }

  /** Goes on for one piece. The answer when it is done; null when it wants another turn. */
  step(): Answer | null {
    const { cursor, limit, page } = this.#plan;
    const { clock } = this.#session.service;
    const { writer } = this.#session.service;
    const before = page?.sentBefore ?? 0;
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
    encoded.attributes = this.#plan.selection.select(entry, ranges);
    this.#session.service.writer.searchResultEntry(this.#plan.messageId, encoded);
    this.#last = entry.id;
    this.#sent++;
  }

  #end(result: Answer): Answer {
    const { page } = this.#plan;
    this.#account(true);
    if (page === null) return result;
    return { ...result, controls: [pageControl({ size: 0, cookie: NO_COOKIE })] };
  }

  #endPage(page: Page): Answer {
    this.#account(false);
    const { pageCookies } = this.#session.service;
    const position = { after: this.#last, sent: page.sentBefore + this.#sent };
    const cookie = pageCookies.seal(position, page.scope);
    return { ...SUCCESS, controls: [pageControl({ size: 0, cookie })] };
  }

  /** Counts what was sent, and records who read many: once when a paged search passes the mark, once at its end. */
  #account(last: boolean): void {
    const { page, request, messageId } = this.#plan;
    const sent = this.#sent;
    if (sent > 0) this.#session.service.metrics.entries(sent);
    const before = page?.sentBefore ?? 0;
    const total = before + sent;
    if (total <= RECORDED_ENTRIES || !(last || before <= RECORDED_ENTRIES)) return;
    this.#session.record(messageId, {
      act: 'directory.read',
      base: request.baseObject,
      filter: printFilter(request.filter).slice(0, 1024),
      entries: total,
    });
  }
}
