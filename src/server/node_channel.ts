// How the processes of a node talk while they serve. Each worker has a link to the primary; workers reach one another
// through it. The primary keeps nothing of what it passes on.
import type { Worker } from 'node:cluster';
import type { Log } from '../log.ts';
import { createLink, type Link, type LinkMessage } from './link.ts';
import type { FromPrimary, FromWorker, PrimaryTopics, WorkerTopics } from './messages.ts';

/** A worker's end. */
export type WorkerLink = Link<WorkerTopics, PrimaryTopics>;
/** The primary's end of one worker's link. */
export type PrimaryLink = Link<PrimaryTopics, WorkerTopics>;

/** The primary's ends, by worker id. */
export interface NodeChannel {
  /** Opens the link of a worker that was just forked; it closes when the worker exits. */
  attach(worker: Worker): void;
  /** Called with each worker's link when it opens: answers to its questions are declared here. */
  onOpen(handler: (link: PrimaryLink, worker: number) => void): void;
  /** Called when a worker listens to what it is asked and told. */
  onListening(handler: () => void): void;
  /** Called when a worker is gone. */
  onGone(handler: (worker: number) => void): void;
  /** The open links, by worker id. */
  links(): ReadonlyMap<number, PrimaryLink>;
  /** Those of workers that listen: one that starts loses what it is told, and a question to it waits out its deadline. */
  listening(): ReadonlyMap<number, PrimaryLink>;
}

export function createNodeChannel(log: Log): NodeChannel {
  const links = new Map<number, PrimaryLink>();
  const listening = new Map<number, PrimaryLink>();
  const openHandlers: ((link: PrimaryLink, worker: number) => void)[] = [];
  const listeningHandlers: (() => void)[] = [];
  const goneHandlers: ((worker: number) => void)[] = [];
  return {
    attach(worker) {
      const send = (message: LinkMessage): void => {
        if (!worker.isConnected()) return; // its exit fails what waits for it
        worker.send({ kind: 'link', message } satisfies FromPrimary, undefined, ignoreClosedChannel);
      };
      const link: PrimaryLink = createLink(send, log);
      for (const handler of openHandlers) handler(link, worker.id);
      links.set(worker.id, link);
      link.onTell('node.listens', () => {
        listening.set(worker.id, link);
        for (const handler of listeningHandlers) handler();
      });
      worker.on('message', (message: FromWorker) => {
        if (message.kind === 'link') link.receive(message.message);
      });
      worker.once('exit', () => {
        links.delete(worker.id);
        listening.delete(worker.id);
        link.close();
        for (const handler of goneHandlers) handler(worker.id);
      });
    },
    onOpen: (handler) => {
      openHandlers.push(handler);
    },
    onListening: (handler) => {
      listeningHandlers.push(handler);
    },
    onGone: (handler) => {
      goneHandlers.push(handler);
    },
    links: () => links,
    listening: () => listening,
  };
}

/** The worker's end, over the channel to the process that forked it. */
export function openWorkerLink(log: Log): WorkerLink {
  const link: WorkerLink = createLink((message) => {
    if (process.connected) {
      process.send?.({ kind: 'link', message } satisfies FromWorker, undefined, {}, ignoreClosedChannel);
    }
  }, log);
  process.on('message', (message: FromPrimary) => {
    if (message.kind === 'link') link.receive(message.message);
  });
  process.once('disconnect', () => link.close());
  return link;
}

/** A channel that closed under a message is reported by the exit of its process. */
function ignoreClosedChannel(_error: Error | null): void {}

/** Has the workers of a node hear what each of them counted (limits/limits.ts). */
export function relayLimits(channel: NodeChannel): void {
  channel.onOpen((link, worker) => {
    link.onTell('limits.news', (news) => {
      for (const [other, to] of channel.listening()) {
        if (other !== worker) to.tell('limits.news', { from: worker, news });
      }
    });
  });
  channel.onListening(() => {
    for (const link of channel.listening().values()) link.tell('limits.tell_all', null);
  });
  channel.onGone((worker) => {
    for (const link of channel.listening().values()) link.tell('limits.forget', { from: worker });
  });
}
