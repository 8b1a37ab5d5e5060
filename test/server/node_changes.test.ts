import { expect } from 'chai';
import { silentLog } from '../../src/log.ts';
import { createLink } from '../../src/server/link.ts';
import { answerNodeChanges, openNodeChanges } from '../../src/server/node_changes.ts';
import type { NodeChannel, PrimaryLink, WorkerLink } from '../../src/server/node_channel.ts';

/** A primary whose workers are links in this process. A worker that is starting hears nothing yet. */
function node() {
  const links = new Map<number, PrimaryLink>();
  const opened: ((link: PrimaryLink, worker: number) => void)[] = [];
  const gone: ((worker: number) => void)[] = [];
  const channel: NodeChannel = {
    attach: () => undefined,
    onOpen: (handler) => opened.push(handler),
    onGone: (handler) => gone.push(handler),
    links: () => links,
  };
  answerNodeChanges(channel);
  return {
    fork(worker: number, hears: () => boolean): WorkerLink {
      const primary: PrimaryLink = createLink((message) => {
        if (hears()) link.receive(structuredClone(message));
      }, silentLog);
      const link: WorkerLink = createLink((message) => primary.receive(structuredClone(message)), silentLog);
      links.set(worker, primary);
      for (const handler of opened) handler(primary, worker);
      return link;
    },
    exit(worker: number): void {
      links.get(worker)?.close();
      links.delete(worker);
      for (const handler of gone) handler(worker);
    },
  };
}

const atOnce = { reached: async () => undefined };

describe('a writer and the other workers of its node', () => {
  it('waits for a worker that follows', async () => {
    const { fork } = node();
    const applied = openNodeChanges(
      fork(1, () => true),
      atOnce,
    );
    let show = (): void => undefined;
    const shown = new Promise<void>((resolve) => {
      show = resolve;
    });
    openNodeChanges(
      fork(2, () => true),
      { reached: () => shown },
    );
    const order: string[] = [];
    const written = applied({ number: 7 } as never).then(() => order.push('answered'));
    await new Promise((resolve) => setImmediate(resolve));
    order.push('shown');
    show();
    await written;
    expect(order).to.deep.equal(['shown', 'answered']);
  });

  it('does not wait for a worker that is starting, nor for one that is gone', async function () {
    this.timeout(2_000); // a question that nobody hears waits for 5 seconds
    const { fork, exit } = node();
    const applied = openNodeChanges(
      fork(1, () => true),
      atOnce,
    );
    fork(2, () => false);
    openNodeChanges(
      fork(3, () => true),
      { reached: () => new Promise(() => undefined) },
    );
    exit(3);
    await applied({ number: 7 } as never);
  });
});
