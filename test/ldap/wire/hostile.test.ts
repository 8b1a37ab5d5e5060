// What hostile clients send: named attacks, and a hundred thousand mutations of sound requests. Nothing but a declared
// refusal may come of it, quickly and without keeping memory.
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { expect } from 'chai';
import fc from 'fast-check';
import { OperationError } from '../../../src/errors.ts';
import { RequestDecoder } from '../../../src/ldap/wire/decode_request.ts';
import { MessageFramer } from '../../../src/ldap/wire/framing.ts';
import { sample } from './request_samples.ts';
import { constructed, integer, octetString, searchRequest, tlv } from './tlv.ts';

const MAXIMUM = 1 << 20;
const decoder = new RequestDecoder();

/** What comes of a stream: the refusal that ends the session, or what each message was. */
function outcome(...chunks: Buffer[]): string {
  const framer = new MessageFramer(MAXIMUM);
  const messages: string[] = [];
  try {
    for (const chunk of chunks) {
      framer.push(chunk);
      for (let message = framer.next(); message !== null; message = framer.next()) {
        const decoded = decoder.decode(message);
        messages.push(decoded.kind === 'request' ? 'request' : `answered ${decoded.refusal.message}`);
      }
    }
  } catch (error) {
    if (!(error instanceof OperationError)) throw error;
    return `ended ${error.message}`;
  }
  return messages.join(', ') || 'waiting';
}

/** `levels` of one tag around `inner`, built inside out in linear work. */
function nested(tag: number, levels: number, inner: Buffer): Buffer {
  const parts: Buffer[] = [inner];
  let length = inner.length;
  for (let level = 0; level < levels; level++) {
    const header = Buffer.from([tag, 0x84, 0, 0, 0, 0]);
    header.writeUInt32BE(length, 2);
    parts.push(header);
    length += header.length;
  }
  return Buffer.concat(parts.reverse());
}

function withMessageId(octets: string): Buffer {
  return searchRequest({ messageId: Buffer.from(octets, 'hex') });
}

const WRONG_ID = 'ended invalid_request: messageID must be from 1 to 2147483647';
const LONG_ID = 'ended invalid_request: an INTEGER must have its shortest form';
const leaf = tlv(0x87, Buffer.from('cn'));

describe('RFC 4511 section 6: attacks on the decoder', () => {
  const attacks: { name: string; octets: Buffer; outcome: string }[] = [
    { name: 'message id 0', octets: withMessageId('020100'), outcome: WRONG_ID },
    { name: 'a negative message id', octets: withMessageId('0201ff'), outcome: WRONG_ID },
    { name: 'message id -2^31', octets: withMessageId('020480000000'), outcome: WRONG_ID },
    { name: 'an overlong message id', octets: withMessageId('02020001'), outcome: LONG_ID },
    { name: 'an overlong negative message id', octets: withMessageId('0202ff80'), outcome: LONG_ID },
    {
      name: 'message id 2^31',
      octets: withMessageId('02050080000000'),
      outcome: 'ended invalid_request: an INTEGER must be one to four octets',
    },
    {
      name: 'a message id without content',
      octets: withMessageId('0200'),
      outcome: 'ended invalid_request: an INTEGER must be one to four octets',
    },
    {
      name: 'a message id of another type',
      octets: withMessageId('040101'),
      outcome: 'ended invalid_request: found tag 0x04 where 0x02 must be',
    },
    { name: 'an empty message', octets: constructed(), outcome: 'ended invalid_request: 0x02 is missing' },
    {
      name: 'a message without an operation',
      octets: constructed(integer(1)),
      outcome: 'ended invalid_request: protocolOp is not a request',
    },
    {
      name: 'a response sent as a request',
      octets: constructed(integer(1), tlv(0x65)),
      outcome: 'ended invalid_request: protocolOp is not a request',
    },
    {
      name: 'an operation tag of several octets',
      octets: constructed(integer(1), Buffer.from('7f8a0100', 'hex')),
      outcome: 'ended invalid_request: protocolOp is not a request',
    },
    {
      name: 'an indefinite length inside',
      octets: constructed(integer(1), Buffer.from('6380', 'hex'), Buffer.alloc(2)),
      outcome: 'ended invalid_request: lengths must be definite',
    },
    {
      name: 'a length of 0x84ffffffff inside',
      octets: constructed(integer(1), Buffer.from('6384ffffffff', 'hex')),
      outcome: 'ended invalid_request: a length runs past the value it stands in',
    },
    {
      name: 'a length of 126 octets',
      octets: constructed(integer(1), Buffer.from('63fe', 'hex'), Buffer.alloc(126)),
      outcome: 'ended invalid_request: lengths must be of at most four octets',
    },
    {
      name: 'a child longer than its parent, though not than the message',
      octets: constructed(
        integer(1),
        tlv(0x6e, Buffer.from('0408', 'hex')),
        tlv(0xa0, constructed(octetString('1.2'))),
      ),
      outcome: 'ended invalid_request: a length runs past the value it stands in',
    },
    {
      name: 'a constructed octet string',
      octets: constructed(integer(1), tlv(0x60, integer(3), tlv(0x24, octetString('cn=a')), tlv(0x80))),
      outcome: 'ended invalid_request: found tag 0x24 where 0x04 must be',
    },
    {
      name: 'a boolean of two octets',
      octets: constructed(
        integer(1),
        tlv(0x6c, octetString('cn=a'), octetString('cn=b'), tlv(0x01, Buffer.alloc(2))),
      ),
      outcome: 'ended invalid_request: a BOOLEAN must be one octet',
    },
    {
      name: 'a trailing component that is cut off',
      octets: constructed(integer(1), tlv(0x42), Buffer.from([0x8f, 0x05, 0x00])),
      outcome: 'ended invalid_request: a length runs past the value it stands in',
    },
    {
      name: 'two filters in one not',
      octets: searchRequest({ filter: tlv(0xa2, leaf, leaf) }),
      outcome: 'ended invalid_request: octets follow the end of the value',
    },
    {
      name: 'an empty not',
      octets: searchRequest({ filter: tlv(0xa2) }),
      outcome: 'ended invalid_request: a value is missing',
    },
    {
      name: 'a bomb of 100,000 nested nots',
      octets: searchRequest({ filter: nested(0xa2, 100_000, leaf) }),
      outcome: 'answered admin_limit_exceeded: more than 32 levels of filters',
    },
    {
      name: 'a bomb of 100,000 nested ands',
      octets: searchRequest({ filter: nested(0xa0, 100_000, leaf) }),
      outcome: 'answered admin_limit_exceeded: more than 32 levels of filters',
    },
    {
      name: '100,000 filters side by side',
      octets: searchRequest({ filter: tlv(0xa1, Buffer.alloc(400_000, leaf)) }),
      outcome: 'answered admin_limit_exceeded: more than 1024 filters',
    },
    {
      name: '10,000 attribute selectors',
      octets: searchRequest({ attributes: new Array<Buffer>(10_000).fill(Buffer.from('a')) }),
      outcome: 'answered admin_limit_exceeded: more than 1024 attributes',
    },
    {
      name: '250,000 empty values',
      octets: constructed(
        integer(1),
        tlv(
          0x68,
          octetString('cn=a'),
          constructed(constructed(octetString('cn'), tlv(0x31, Buffer.alloc(500_000, '\x04\x00')))),
        ),
      ),
      outcome: 'answered admin_limit_exceeded: more than 200000 values',
    },
    {
      name: '10,000 controls',
      octets: constructed(
        integer(1),
        tlv(0x4a, Buffer.from('cn=a')),
        tlv(0xa0, Buffer.alloc(70_000, constructed(octetString('1.2')))),
      ),
      outcome: 'answered admin_limit_exceeded: more than 16 controls',
    },
  ];
  for (const { name, octets, outcome: expected } of attacks) {
    it(`${name}: ${expected}`, () => {
      expect(outcome(octets)).to.equal(expected);
    });
  }

  it('octets after a message belong to the next one, and end the session there', () => {
    expect(outcome(Buffer.concat([searchRequest({}), Buffer.from('junk')]))).to.equal(
      'ended invalid_request: a message must begin with the tag 0x30',
    );
    expect(() => decoder.decode(Buffer.concat([searchRequest({}), Buffer.from([0])]))).to.throw(
      OperationError,
      'octets follow the end of the value',
    );
  });

  it('no detail repeats what was sent: it may be a password', () => {
    const password = Buffer.from('hunter2hunter2');
    const bind = constructed(integer(1), tlv(0x60, integer(3), octetString('cn=a'), tlv(0x80, password)));
    for (let cut = 2; cut < bind.length; cut++) {
      const broken = Buffer.from(bind);
      broken[cut] = 0x85;
      expect(outcome(broken)).not.to.include('hunter');
    }
  });
});

/** A small generator of our own: fast-check would spend the time on shrinking trees. */
function random(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1664525) + 1013904223) | 0;
    return (state >>> 8) % below;
  };
}

const LENGTHS = [0x00, 0x7f, 0x80, 0x81, 0x82, 0x84, 0x85, 0xff];
const TAGS = [0x02, 0x04, 0x0a, 0x30, 0x31, 0x60, 0x63, 0x66, 0xa0, 0xa1, 0xa2, 0xa4, 0xa9, 0xa3];

const MUTATIONS: ((octets: Buffer, next: (below: number) => number) => Buffer)[] = [
  function flipBits(octets, next) {
    for (let flips = 1 + next(4); flips > 0; flips--) {
      const at = next(octets.length);
      octets[at] = (octets[at] ?? 0) ^ (1 << next(8));
    }
    return octets;
  },
  function truncate(octets, next) {
    return octets.subarray(0, next(octets.length));
  },
  function truncateUnderAnHonestLength(octets, next) {
    return constructed(octets.subarray(2, 2 + next(octets.length - 2)));
  },
  function lieAboutALength(octets, next) {
    octets[next(octets.length)] = LENGTHS[next(LENGTHS.length)] ?? 0;
    return octets;
  },
  function swapATag(octets, next) {
    octets[next(octets.length)] = TAGS[next(TAGS.length)] ?? 0;
    return octets;
  },
  function announceTooMuch(octets, next) {
    const huge = Buffer.from('0484ffffffff', 'hex');
    huge.copy(octets, next(Math.max(1, octets.length - huge.length)));
    return octets;
  },
  function repeatAPart(octets, next) {
    const from = next(octets.length);
    const part = octets.subarray(from, from + next(64));
    return Buffer.concat([octets.subarray(0, from), part, octets.subarray(from)]);
  },
  function nest(octets, next) {
    return searchRequest({ filter: nested(TAGS[8 + next(3)] ?? 0xa0, next(60), octets) });
  },
];

describe('100,000 mutated PDUs', () => {
  it('are read or refused as declared, without stalling and with a flat heap', function () {
    this.timeout(60_000);
    const sound = fc.sample(sample, { numRuns: 400, seed: 4511 }).map(({ octets }) => octets);
    const next = random(4511);
    const seen = { request: 0, answered: 0, ended: 0, waiting: 0 };
    let slowest = 0;
    let heapAfterWarmUp = 0;
    for (let run = 0; run < 100_000; run++) {
      const original = sound[next(sound.length)] ?? Buffer.alloc(2);
      const mutate = MUTATIONS[next(MUTATIONS.length)];
      const octets = mutate === undefined ? original : mutate(Buffer.from(original), next);
      const split = next(octets.length + 1);
      const started = performance.now();
      const result = outcome(octets.subarray(0, split), octets.subarray(split));
      slowest = Math.max(slowest, performance.now() - started);
      const kind = result.startsWith('ended') ? 'ended' : result.startsWith('answered') ? 'answered' : result;
      if (kind === 'ended' || kind === 'answered' || kind === 'waiting') seen[kind]++;
      else seen.request++;
      if (run === 20_000) heapAfterWarmUp = usedHeap();
    }
    // All four happen often, or the mutations test nothing.
    for (const count of Object.values(seen)) expect(count).to.be.greaterThan(1000);
    expect(slowest).to.be.lessThan(250); // a collection on a busy machine, not a stall
    expect(usedHeap() - heapAfterWarmUp).to.be.lessThan(8 * 1024 * 1024);
  });
});

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;

/** What is still held once the garbage is gone. */
function usedHeap(): number {
  collect();
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
}
