// From a decoded request to its answer: one row an operation (RFC 4511 4.2-4.12). What is answered at once costs no
// promise; searches that take longer go on in turns, and a bind holds back whatever comes behind it.
import { type Answer, answer, answerOf } from './answer.ts';
import { bind } from './bind.ts';
import { compare } from './compare.ts';
import { refuseControls } from './controls.ts';
import { DeferredSearch, isLargeFilter } from './deferred_search.ts';
import { extended, isAllowedBeforeChange } from './extended.ts';
import type { Outstanding } from './outstanding.ts';
import { asksForPolicy, changeFirst } from './policy_control.ts';
import { RESULT_CODE } from './result_code.ts';
import { search } from './search.ts';
import { SearchWork } from './search_work.ts';
import type { Session } from './session.ts';
import type { Turn } from './turns.ts';
import type { RequestMessage, RequestOperation } from './wire/message.ts';
import { refuseWrite } from './write.ts';

type Kind = RequestOperation['kind'];
/** Null: nothing is answered. */
type Outcome = Answer | Promise<Answer> | SearchWork | DeferredSearch | null;

/** What the dispatcher asks of a connection besides what operations may. */
export interface Host extends Session {
  /** Answers and takes the operation off those under way. `started`: Clock.elapsed() when it was decoded. */
  finish(messageId: number, kind: Kind, result: Answer, started: number): void;
  /** No further request is looked at until as many `release` came. */
  hold(): void;
  release(): void;
  /** Whose share of the process its work takes: the account, or the address without one. */
  readonly owner: string;
  readonly service: Session['service'] & { readonly outstanding: Outstanding };
  /** Counts work done outside of the connection's own burst of requests. */
  worked(milliseconds: number): void;
  /** Gives a search further turns; it waits while the connection is clogged. */
  goOn(turn: Turn): void;
  /** Ends the session as its client asked. */
  unbind(): void;
}

const BUSY = answer(RESULT_CODE.busy, 'too many operations are under way on this connection');
const ACCOUNT_BUSY = answer(
  RESULT_CODE.busy,
  'too many searches of this account are under way; wait for some of them to end',
);

export function perform(host: Host, message: RequestMessage): void {
  const { messageId, operation } = message;
  const { kind } = operation;
  const started = host.service.clock.elapsed();
  let outcome: Outcome;
  try {
    outcome = admit(host, message) ?? run(host, message);
    if (outcome instanceof SearchWork) {
      const work = outcome;
      outcome = work.step();
      if (outcome === null) goOn(host, messageId, work, started);
    } else if (outcome instanceof DeferredSearch) {
      goOn(host, messageId, outcome, started);
      return;
    }
  } catch (error) {
    outcome = answerFault(host, messageId, kind, error);
  }
  if (outcome === null) return;
  if (outcome instanceof Promise) {
    finishLater(host, messageId, kind, outcome, started);
    return;
  }
  host.finish(messageId, kind, outcome, started);
}

function admit(host: Host, message: RequestMessage): Answer | null {
  const { kind } = message.operation;
  const { size } = host.underWay;
  if (size >= host.service.settings.ldapMaxOutstanding && kind !== 'abandon' && kind !== 'unbind')
    return BUSY;
  if (kind === 'search' && host.service.outstanding.isFull(host.owner)) return ACCOUNT_BUSY;
  const refusal = refuseControls(message);
  if (refusal !== null || host.mustChange === null || mayPrecedeChange(message.operation)) return refusal;
  return changeFirst(asksForPolicy(message.controls));
}

/** What a session may do whose password must be changed first. */
function mayPrecedeChange(operation: RequestOperation): boolean {
  const { kind } = operation;
  if (kind === 'extended') return isAllowedBeforeChange(operation.requestName);
  return kind === 'bind' || kind === 'abandon' || kind === 'unbind';
}

function run(host: Host, message: RequestMessage): Outcome {
  const { operation } = message;
  switch (operation.kind) {
    case 'search':
      return isLargeFilter(operation.filter)
        ? new DeferredSearch(host, message, operation)
        : search(host, message, operation);
    case 'bind':
      return bind(host, message, operation);
    case 'compare':
      return compare(host, message, operation);
    case 'extended':
      return extended(host, message, operation);
    case 'abandon':
      host.underWay.stop(operation.messageId); // has no answer, whatever comes of it (RFC 4511 4.11)
      return null;
    case 'unbind':
      host.unbind();
      return null;
    case 'add':
    case 'del':
    case 'modify':
    case 'modifyDN':
      return refuseWrite(operation.kind);
  }
}

function answerFault(host: Host, messageId: number, operation: Kind, error: unknown): Answer {
  return answerOf(error, host.service.log, { operation, request: `${host.id}/${messageId}` });
}

function finishLater(
  host: Host,
  messageId: number,
  kind: Kind,
  outcome: Promise<Answer>,
  started: number,
): void {
  host.hold();
  host.underWay.add(messageId, { kind, stop: null });
  outcome
    .catch((error: unknown) => answerFault(host, messageId, kind, error))
    .then((result) => {
      host.finish(messageId, kind, result, started);
      host.flush();
      host.release();
    })
    .catch((error: unknown) => host.service.log.error({ err: error }, 'an LDAP answer could not be sent'));
}

function goOn(host: Host, messageId: number, work: SearchWork | DeferredSearch, started: number): void {
  const { clock, outstanding } = host.service;
  const { owner } = host;
  const isLarge = work instanceof DeferredSearch;
  const leave = outstanding.enter(owner, work.filter);
  let stopped = false;
  const stop = () => {
    stopped = true;
    leave();
    work.stop();
  };
  host.underWay.add(messageId, { kind: 'search', stop });
  const turn = (): boolean => {
    if (stopped) return false;
    const began = clock.elapsed();
    let result: Answer | null;
    try {
      result = work.step();
    } catch (error) {
      result = answerFault(host, messageId, 'search', error);
    }
    host.worked(clock.elapsed() - began);
    if (result !== null) {
      leave();
      host.finish(messageId, 'search', result, started);
    }
    host.flush();
    if (result !== null || stopped) return false;
    if (!host.clogged) return true;
    host.goOn({ owner, isLarge, turn });
    return false;
  };
  host.goOn({ owner, isLarge, turn });
}
