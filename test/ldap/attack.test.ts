// A hundred thousand mutated requests over real sockets: the listener neither crashes nor stalls, an honest connection
// keeps getting answers meanwhile, and memory stays flat.
import { once } from 'node:events';
import { connect } from 'node:net';
import { setTimeout } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { expect } from 'chai';
import fc from 'fast-check';
import { bindRequest, equality, RawClient, searchRequest, TAG } from './raw_client.ts';
import { sample } from './wire/request_samples.ts';
import { dnOf, mailDn, openWorld, password, suffix } from './world.ts';

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;
/** Octets in use once closed sockets have let go of theirs, which they do some turns after they closed. */
async function held(): Promise<number> {
  let least = Number.POSITIVE_INFINITY;
  for (let turns = 0; turns < 5; turns++) {
    await setTimeout(100);
    collect();
    const { heapUsed, arrayBuffers } = process.memoryUsage();
    least = Math.min(least, heapUsed + arrayBuffers);
  }
  return least;
}

/** A small generator of our own: repeatable, and quick. */
function random(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1664525) + 1013904223) | 0;
    return (state >>> 8) % below;
  };
}

const LENGTHS = [0x00, 0x7f, 0x80, 0x81, 0x82, 0x84, 0xff];
const TAGS = [0x02, 0x04, 0x0a, 0x30, 0x42, 0x50, 0x60, 0x63, 0x6e, 0x77, 0xa0, 0xa2, 0xa3, 0xa9];

/** One way to damage a request. A header that stays whole lets the damage through to the operations. */
function mutate(sound: Buffer, next: (below: number) => number): Buffer {
  const octets = Buffer.from(sound);
  const at = next(octets.length);
  switch (next(6)) {
    case 0:
      octets[at] = (octets[at] ?? 0) ^ (1 << next(8));
      return octets;
    case 1:
      octets[at] = LENGTHS[next(LENGTHS.length)] ?? 0;
      return octets;
    case 2:
      octets[at] = TAGS[next(TAGS.length)] ?? 0;
      return octets;
    case 3:
      return octets.subarray(0, at);
    case 4:
      octets[octets.length - 1 - next(Math.min(20, octets.length))] = next(256);
      return octets;
    default:
      return Buffer.concat([octets.subarray(0, at), octets.subarray(next(octets.length))]);
  }
}

describe('100,000 mutated PDUs on the wire', () => {
  it('are refused or answered, while others are served', async function () {
    this.timeout(90_000);
    // What one address may cost is not the subject here.
    const unbounded = { ldapWorkAnonymous: 1e9, ldapBytesAnonymous: 1e12 };
    const world = await openWorld({ settings: unbounded });
    const honest = await RawClient.open(world.ldap);
    await honest.ask(1, bindRequest(1, mailDn, password));
    honest.answers.length = 0;
    const sound = [
      ...fc.sample(sample, { numRuns: 200, seed: 4511 }).map(({ octets }) => octets),
      ...Array.from({ length: 50 }, (_, n) => searchRequest(1 + n, suffix, 2, equality('uid', `u${n}`))),
      bindRequest(7, dnOf('u1'), password),
    ];
    const next = random(2026);
    let sent = 0;
    let slowest = 0;
    let answered = 0;
    let served = 0;

    async function attack(): Promise<void> {
      const socket = connect(world.ldap, '127.0.0.1');
      socket.on('error', () => undefined); // resets are what it asks for
      socket.on('data', (chunk: Buffer) => {
        answered += chunk.length;
      });
      await once(socket, 'connect');
      // A message that is taken for the beginning of a longer one swallows the rest: few go on each connection.
      const burst = Array.from({ length: 25 }, () =>
        mutate(sound[next(sound.length)] ?? Buffer.alloc(1), next),
      );
      sent += burst.length;
      const closed = once(socket, 'close');
      socket.end(Buffer.concat(burst));
      await closed;
    }

    async function serve(until: () => boolean): Promise<void> {
      for (let messageId = 2; !until(); messageId++) {
        const started = performance.now();
        const uid = `u${1 + (messageId % 300)}`;
        const { code } = await honest.ask(
          messageId,
          searchRequest(messageId, suffix, 2, equality('uid', uid), ['1.1']),
        );
        slowest = Math.max(slowest, performance.now() - started);
        expect(code).to.equal(0);
        expect(honest.answers.find(({ tag }) => tag === TAG.entry)?.dn).to.equal(dnOf(uid));
        honest.answers.length = 0;
        served++;
      }
    }

    const attackers = async (count: number): Promise<void> => {
      const goal = sent + count;
      const one = async (): Promise<void> => {
        while (sent < goal) await attack();
      };
      await Promise.all(Array.from({ length: 16 }, one));
    };
    let done = false;
    const serving = serve(() => done);
    await attackers(20_000); // warms up
    const before = await held();
    await attackers(80_000);
    done = true;
    await serving;

    expect(sent).to.be.at.least(100_000);
    expect(answered, 'many were answered').to.be.above(100_000);
    expect(served).to.be.above(1_000);
    expect(slowest, 'milliseconds of the slowest honest search').to.be.below(1_000);
    while (world.listeners.connections > 1) await new Promise((resolve) => setImmediate(resolve));
    expect((await held()) - before).to.be.below(8 * 1024 * 1024);
    const faults = await world.registry.getSingleMetricAsString('bauhinia_ldap_operations_total');
    expect(faults, 'no mutation found a fault of ours').not.to.include('result="other"');
    honest.end();
    await world.close();
  });
});
