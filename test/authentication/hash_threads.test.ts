// Hashing apart from libuv's pool: whose turn it is, who finds no place, and what a thread's death costs.
import { readFile } from 'node:fs/promises';
import { Worker } from 'node:worker_threads';
import { expect } from 'chai';
import { type HashClass, HashQueue } from '../../src/authentication/hash_queue.ts';
import { openHashThreads } from '../../src/authentication/hash_threads.ts';
import { createPasswordHasher } from '../../src/authentication/password.ts';
import { isOperationError } from '../../src/errors.ts';

const cheap = { memoryKib: 7168, passes: 1, maxWaiting: 64 };

function drain(queue: HashQueue<string>, isReserved = false): string[] {
  const taken: string[] = [];
  for (let job = queue.next(isReserved); job !== undefined; job = queue.next(isReserved)) taken.push(job);
  return taken;
}

describe('the queue of hashes', () => {
  const place = (name: HashClass, address: string) => ({ class: name, address });

  it('serves addresses in turn', () => {
    const queue = new HashQueue<string>({ known: 10, strangers: 10 });
    for (const job of ['a1', 'a2', 'a3']) queue.add(place('clean', '192.0.2.1'), job);
    queue.add(place('clean', '192.0.2.2'), 'b1');
    expect(drain(queue)).to.deep.equal(['a1', 'b1', 'a2', 'a3']);
  });

  it('serves networks in turn: a flood from many addresses of one leaves others their share', () => {
    const queue = new HashQueue<string>({ known: 10, strangers: 8 });
    for (let host = 1; host <= 8; host++) queue.add(place('clean', `192.0.2.${host}`), `flood ${host}`);
    expect(queue.hasPlace(place('clean', '192.0.2.8'))).to.equal(false);
    expect(queue.hasPlace(place('clean', '198.51.100.1'))).to.equal(true);
    expect(queue.add(place('clean', '198.51.100.1'), 'honest')).to.equal('flood 1');
    expect(queue.add(place('clean', '2001:db8:1:2::7'), 'honest too')).to.contain('flood');
    expect(drain(queue).slice(0, 3)).to.include.members(['honest', 'honest too']);
    expect(queue.hasPlace(place('clean', '192.0.2.9'))).to.equal(true);
  });

  it('serves who succeeded lately first, and lets nobody starve', () => {
    const queue = new HashQueue<string>({ known: 100, strangers: 100 });
    for (let job = 1; job <= 8; job++) {
      queue.add(place('failing', `192.0.2.${job}`), 'failing');
      queue.add(place('clean', `198.51.100.${job}`), 'clean');
      queue.add(place('pair', `203.0.113.${job}`), 'pair');
    }
    const taken = drain(queue);
    expect(taken.slice(0, 8).filter((name) => name === 'pair')).to.have.length(6);
    expect(taken.slice(0, 10)).to.include('clean');
    expect(taken.indexOf('failing')).to.be.below(22);
  });

  it('gives a reserved thread nothing of strangers', () => {
    const queue = new HashQueue<string>({ known: 10, strangers: 10 });
    queue.add(place('clean', '192.0.2.1'), 'stranger');
    queue.add(place('address', '192.0.2.2'), 'known');
    expect(drain(queue, true)).to.deep.equal(['known']);
    expect(drain(queue)).to.deep.equal(['stranger']);
  });

  it('when full, takes the place of the address that has most, and of those with failures first', () => {
    const queue = new HashQueue<string>({ known: 10, strangers: 3 });
    for (const job of ['a1', 'a2', 'a3']) expect(queue.add(place('clean', '192.0.2.1'), job)).to.equal(null);
    expect(queue.add(place('clean', '192.0.2.1'), 'a4')).to.equal('a4');
    expect(queue.add(place('clean', '192.0.2.2'), 'b1')).to.equal('a3');
    expect(queue.add(place('failing', '192.0.2.3'), 'c1')).to.equal('c1');
    expect(queue.add(place('pair', '192.0.2.4'), 'known')).to.equal(null);
  });

  it('when full of equals, takes the place of who has waited longest, in a network as among networks', () => {
    const queue = new HashQueue<string>({ known: 10, strangers: 3 });
    for (const network of [1, 2, 3]) queue.add(place('clean', `198.51.${network}.1`), `network ${network}`);
    expect(queue.add(place('clean', '198.51.4.1'), 'network 4')).to.equal('network 1');
    expect(queue.add(place('clean', '198.51.4.1'), 'network 4 again')).to.equal('network 4 again');
    expect(queue.add(place('clean', '198.51.5.1'), 'network 5')).to.equal('network 2');
    expect(drain(queue)).to.deep.equal(['network 3', 'network 4', 'network 5']);
    for (const host of [1, 2, 3]) queue.add(place('clean', `192.0.2.${host}`), `host ${host}`);
    expect(queue.add(place('clean', '192.0.2.4'), 'host 4')).to.equal('host 1');
    expect(queue.add(place('clean', '192.0.2.4'), 'host 4 again')).to.equal('host 4 again');
  });

  it('lets a stranger without failures displace one with some', () => {
    const queue = new HashQueue<string>({ known: 10, strangers: 2 });
    for (const address of ['192.0.2.1', '192.0.2.2']) queue.add(place('failing', address), address);
    expect(queue.add(place('clean', '192.0.2.3'), 'new')).to.be.oneOf(['192.0.2.1', '192.0.2.2']);
  });
});

describe('hash threads', () => {
  it('leave libuv’s pool alone: files are read while every thread hashes', async () => {
    const hasher = createPasswordHasher({ memoryKib: 32_768, passes: 4, maxWaiting: 64 });
    const hash = await hasher.hash('a');
    let running = 8;
    const hashes = Promise.all(
      Array.from({ length: 8 }, () => hasher.verify(hash, 'b').finally(() => running--)),
    );
    for (let read = 0; read < 20; read++) await readFile(new URL(import.meta.url));
    expect(running).to.be.above(4);
    await hashes;
    await hasher.close();
  });

  it('that die fail their hash with unavailable, never with a verdict, and are replaced', async () => {
    let started = 0;
    const hasher = createPasswordHasher(cheap, (threads, places) =>
      openHashThreads(threads, places, () => {
        started += 1;
        return new Worker(
          `require('node:worker_threads').parentPort.on('message', (job) => {
             if (job.password === 'die') process.exit(3);
             if (job.password === 'throw') throw new Error('broken');
             require('node:worker_threads').parentPort.postMessage({ kind: 'verified', proved: true });
           })`,
          { eval: true },
        );
      }),
    );
    for (const password of ['die', 'throw']) {
      const refused = await hasher.verify(hasher.decoy, password).catch((error: unknown) => error);
      expect(isOperationError(refused, 'unavailable'), String(refused)).to.equal(true);
      expect(await hasher.verify(hasher.decoy, 'fine')).to.equal(true);
    }
    expect(started).to.be.above(2);
    await hasher.close();
  });

  it('that are closed refuse with unavailable what waits and what comes', async () => {
    const hasher = createPasswordHasher(cheap);
    const waiting = Array.from({ length: 8 }, () => hasher.verify(hasher.decoy, 'x'));
    const settled = Promise.allSettled(waiting);
    await hasher.close();
    const refused = (await settled).filter((one) => one.status === 'rejected');
    expect(refused.every((one) => isOperationError(one.reason, 'unavailable'))).to.equal(true);
    expect(refused.length).to.be.above(0);
    const late = await hasher.verify(hasher.decoy, 'x').catch((error: unknown) => error);
    expect(isOperationError(late, 'unavailable')).to.equal(true);
  });
});
