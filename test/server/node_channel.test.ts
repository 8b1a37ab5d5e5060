import type { Worker } from 'node:cluster';
import { EventEmitter } from 'node:events';
import { expect } from 'chai';
import type { Clock } from '../../src/clock.ts';
import { createLimits, type SharedLimits } from '../../src/limits/limits.ts';
import { silentLog } from '../../src/log.ts';
import { createLink } from '../../src/server/link.ts';
import type { FromPrimary } from '../../src/server/messages.ts';
import { answerNodeChanges, openNodeChanges } from '../../src/server/node_changes.ts';
import { createNodeChannel, relayLimits, type WorkerLink } from '../../src/server/node_channel.ts';
import { hearOthers } from '../../src/server/node_limits.ts';

/** A worker whose process is this one: it hears nothing before `listen`, and tells what it is asked to. */
class LocalWorker extends EventEmitter {
  readonly id: number;
  readonly link: WorkerLink;
  #listens = false;

  constructor(id: number) {
    super();
    this.id = id;
    this.link = createLink((message) => {
      this.emit('message', { kind: 'link', message: structuredClone(message) });
    }, silentLog);
  }

  isConnected(): boolean {
    return true;
  }

  send(message: FromPrimary): void {
    if (this.#listens && message.kind === 'link') this.link.receive(structuredClone(message.message));
  }

  listen(): void {
    this.#listens = true;
    this.link.tell('node.listens', null);
  }
}

function node() {
  const channel = createNodeChannel(silentLog);
  relayLimits(channel);
  answerNodeChanges(channel);
  let last = 0;
  return function fork(): LocalWorker {
    const worker = new LocalWorker(++last);
    channel.attach(worker as unknown as Worker);
    return worker;
  };
}

const atOnce = { reached: async () => undefined };
const change = { number: 7 } as never;

describe('a writer and the other workers of its node', () => {
  it('waits for a worker that listens', async () => {
    const fork = node();
    const [first, second] = [fork(), fork()];
    const applied = openNodeChanges(first.link, atOnce);
    let show = (): void => undefined;
    const shown = new Promise<void>((resolve) => {
      show = resolve;
    });
    openNodeChanges(second.link, { reached: () => shown });
    for (const worker of [first, second]) worker.listen();
    const order: string[] = [];
    const written = applied(change).then(() => order.push('answered'));
    await new Promise((resolve) => setImmediate(resolve));
    order.push('shown');
    show();
    await written;
    expect(order).to.deep.equal(['shown', 'answered']);
  });

  it('does not wait for a worker that is starting, nor for one that is gone', async function () {
    this.timeout(2_000); // a question that nobody hears waits for 5 seconds
    const fork = node();
    const [first, , third] = [fork(), fork(), fork()];
    const applied = openNodeChanges(first.link, atOnce);
    openNodeChanges(third.link, { reached: () => new Promise(() => undefined) });
    for (const worker of [first, third]) worker.listen();
    third.emit('exit');
    await applied(change);
  });
});

describe('limits of a node', () => {
  const clock: Clock = { now: () => new Date(0), elapsed: () => 0 };
  const limitsOf = ({ link }: LocalWorker): SharedLimits => {
    const limits = createLimits(clock, (news) => link.tell('limits.news', news));
    hearOthers(link, limits);
    return limits;
  };
  const enter = (limits: SharedLimits) => limits.level('connections', 2).enter('192.0.2.1');

  it('hold for a worker that was started later', () => {
    const fork = node();
    const first = fork();
    const held = limitsOf(first);
    first.listen();
    for (const _ of [1, 2]) expect(enter(held)).not.to.equal(null);
    held.publish();
    const second = fork();
    held.publish(); // whatever it is told while it starts is lost
    const late = limitsOf(second);
    second.listen();
    held.publish();
    expect(enter(late)).to.equal(null);
    first.emit('exit');
    expect(enter(late)).not.to.equal(null);
  });
});
