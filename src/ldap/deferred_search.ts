// A search with a large filter: checking it is a turn of its own, and so is planning it, as its pieces are later, so that
// sixteen of them in one loop of events keep nobody waiting for longer than one.
import type { Filter } from '../x500/filter.ts';
import type { UncheckedFilter } from '../x500/unchecked_filter.ts';
import type { Answer } from './answer.ts';
import { filterWeight } from './outstanding.ts';
import { deadlineOf, readFilter, search } from './search.ts';
import type { SearchWork } from './search_work.ts';
import type { Session } from './session.ts';
import type { RequestMessage, SearchRequest } from './wire/message.ts';

/** Filters up to this weight are planned as soon as they come in: nearly all are. */
const LIGHT = 12;

export function isLargeFilter(filter: UncheckedFilter): boolean {
  return filterWeight(filter) > LIGHT;
}

export class DeferredSearch {
  readonly filter: UncheckedFilter;
  readonly #session: Session;
  readonly #message: RequestMessage;
  readonly #request: SearchRequest;
  readonly #deadline: number;
  #checked: Filter | null = null;
  #work: SearchWork | null = null;

  constructor(session: Session, message: RequestMessage, request: SearchRequest) {
    this.filter = request.filter;
    this.#session = session;
    this.#message = message;
    this.#request = request;
    this.#deadline = deadlineOf(session, request);
  }

  /** As SearchWork.step. Errors: as search. */
  step(): Answer | null {
    if (this.#work !== null) return this.#work.step();
    if (this.#checked === null) {
      this.#checked = readFilter(this.#session, this.#request);
      return null;
    }
    const found = search(this.#session, this.#message, this.#request, {
      filter: this.#checked,
      deadline: this.#deadline,
    });
    if (!('step' in found)) return found;
    this.#work = found;
    return null;
  }

  stop(): void {
    this.#work?.stop();
  }
}
