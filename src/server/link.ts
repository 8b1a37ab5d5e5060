// Questions, answers and news between two processes over a channel that keeps their order (Node's cluster channel). Each
// side names the topics that it may send; a question is answered once, or fails when its deadline passes or the other
// side is gone.
import { type ErrorCode, isOperationError, OperationError } from '../errors.ts';
import type { Log } from '../log.ts';

/** The topics of one direction. */
export interface Topics {
  asks: object; // topic: { ask: …; answer: … }
  tells: object; // topic: payload
}

type AskOf<Out extends Topics, Topic extends keyof Out['asks']> = Out['asks'][Topic] extends {
  ask: infer Ask;
}
  ? Ask
  : never;
type AnswerOf<Out extends Topics, Topic extends keyof Out['asks']> = Out['asks'][Topic] extends {
  answer: infer Answer;
}
  ? Answer
  : never;

export type LinkMessage =
  | { kind: 'ask'; id: number; topic: string; payload: unknown }
  | { kind: 'answer'; id: number; payload: unknown }
  | { kind: 'refusal'; id: number; code: ErrorCode; detail: string }
  | { kind: 'tell'; topic: string; payload: unknown };

export interface Link<Out extends Topics, In extends Topics> {
  /** Errors: unavailable (no answer within the deadline, or nobody there); whatever the other side refused with. */
  ask<Topic extends keyof Out['asks'] & string>(
    topic: Topic,
    payload: AskOf<Out, Topic>,
    deadlineMs?: number,
  ): Promise<AnswerOf<Out, Topic>>;
  tell<Topic extends keyof Out['tells'] & string>(topic: Topic, payload: Out['tells'][Topic]): void;
  /** Answers the other side's questions on a topic; a later handler replaces an earlier one. */
  onAsk<Topic extends keyof In['asks'] & string>(
    topic: Topic,
    handler: (payload: AskOf<In, Topic>) => AnswerOf<In, Topic> | Promise<AnswerOf<In, Topic>>,
  ): void;
  onTell<Topic extends keyof In['tells'] & string>(
    topic: Topic,
    handler: (payload: In['tells'][Topic]) => void,
  ): void;
  /** A message of the other side. */
  receive(message: LinkMessage): void;
  /** The other side is gone: questions under way fail. */
  close(): void;
}

const defaultDeadlineMs = 2_000;

interface Waiting {
  resolve(answer: unknown): void;
  reject(error: OperationError): void;
  timer: NodeJS.Timeout;
}

/** `send` hands a message to the channel; it must not throw. */
export function createLink<Out extends Topics, In extends Topics>(
  send: (message: LinkMessage) => void,
  log: Log,
): Link<Out, In> {
  const waiting = new Map<number, Waiting>();
  const askHandlers = new Map<string, (payload: never) => unknown>();
  const tellHandlers = new Map<string, (payload: never) => void>();
  let lastId = 0;
  let closed = false;

  function settle(id: number): Waiting | undefined {
    const one = waiting.get(id);
    if (one === undefined) return undefined; // its deadline passed
    waiting.delete(id);
    clearTimeout(one.timer);
    return one;
  }

  async function answer(id: number, topic: string, payload: unknown): Promise<void> {
    try {
      const handler = askHandlers.get(topic);
      if (handler === undefined) throw new OperationError('unavailable', `nobody answers ${topic}`);
      send({ kind: 'answer', id, payload: await handler(payload as never) });
    } catch (error) {
      if (isOperationError(error)) {
        send({ kind: 'refusal', id, code: error.code, detail: error.detail });
      } else {
        log.error({ err: error, topic }, 'a question of another process failed by a fault');
        send({ kind: 'refusal', id, code: 'unavailable', detail: `${topic} failed` });
      }
    }
  }

  return {
    ask(topic, payload, deadlineMs = defaultDeadlineMs) {
      if (closed) return Promise.reject(new OperationError('unavailable', 'the other process is gone'));
      const id = ++lastId;
      return new Promise((resolve, reject) => {
        const timer = setTimeout(() => {
          settle(id)?.reject(
            new OperationError('unavailable', `${topic} was not answered within ${deadlineMs} ms`),
          );
        }, deadlineMs);
        waiting.set(id, { resolve: resolve as (answer: unknown) => void, reject, timer });
        send({ kind: 'ask', id, topic, payload });
      });
    },
    tell(topic, payload) {
      if (!closed) send({ kind: 'tell', topic, payload });
    },
    onAsk: (topic, handler) => {
      askHandlers.set(topic, handler);
    },
    onTell: (topic, handler) => {
      tellHandlers.set(topic, handler);
    },
    receive(message) {
      switch (message.kind) {
        case 'ask':
          void answer(message.id, message.topic, message.payload); // it catches everything
          break;
        case 'answer':
          settle(message.id)?.resolve(message.payload);
          break;
        case 'refusal':
          settle(message.id)?.reject(new OperationError(message.code, message.detail));
          break;
        case 'tell':
          tellHandlers.get(message.topic)?.(message.payload as never);
          break;
      }
    },
    close() {
      closed = true;
      for (const id of [...waiting.keys()]) {
        settle(id)?.reject(new OperationError('unavailable', 'the other process is gone'));
      }
    },
  };
}
