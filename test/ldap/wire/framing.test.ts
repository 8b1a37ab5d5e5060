// Framing: any split of any stream gives the same messages, and an announced size is judged before it is believed.
import { expect } from 'chai';
import fc from 'fast-check';
import { OperationError } from '../../../src/errors.ts';
import { MessageFramer } from '../../../src/ldap/wire/framing.ts';
import { constructed, octetString } from './tlv.ts';

function drain(framer: MessageFramer): Buffer[] {
  const messages: Buffer[] = [];
  for (let message = framer.next(); message !== null; message = framer.next()) messages.push(message);
  return messages;
}

function refusal(maximum: number, ...chunks: Buffer[]): string {
  const framer = new MessageFramer(maximum);
  try {
    for (const chunk of chunks) {
      framer.push(chunk);
      drain(framer);
    }
  } catch (error) {
    expect(error).to.be.instanceOf(OperationError);
    return (error as OperationError).message;
  }
  return 'none';
}

describe('RFC 4511 5.1: framing', () => {
  const message = fc
    .oneof(fc.nat({ max: 300 }), fc.constantFrom(0, 120, 124, 126, 127, 128, 70_000))
    .map((size) => constructed(octetString(Buffer.alloc(size, size & 0xff))));

  it('cuts the same messages whatever chunks they come in, drained at once or late', () => {
    fc.assert(
      fc.property(
        fc.array(message, { maxLength: 12 }),
        fc.array(fc.oneof(fc.integer({ min: 1, max: 12 }), fc.nat({ max: 5000 })), {
          minLength: 1,
          maxLength: 30,
        }),
        fc.array(fc.boolean(), { minLength: 1, maxLength: 5 }),
        (messages, sizes, drains) => {
          const stream = Buffer.concat(messages);
          const framer = new MessageFramer(100_000);
          const cut: Buffer[] = [];
          for (let at = 0, chunk = 0; at < stream.length; chunk++) {
            const size = Math.max(1, sizes[chunk % sizes.length] ?? 1);
            framer.push(Buffer.from(stream.subarray(at, at + size)));
            at += size;
            if (drains[chunk % drains.length]) cut.push(...drain(framer));
          }
          cut.push(...drain(framer));
          expect(Buffer.concat(cut).equals(stream)).to.equal(true);
          expect(cut.map(({ length }) => length)).to.deep.equal(messages.map(({ length }) => length));
          expect(framer.pending).to.equal(0);
        },
      ),
      { numRuns: 500 },
    );
  });

  it('gives a message inside one chunk as a view, without a copy', () => {
    const chunk = Buffer.concat([constructed(octetString('a')), constructed(octetString('b'))]);
    const framer = new MessageFramer(100);
    framer.push(chunk);
    const [first, second] = drain(framer);
    expect([first?.buffer, second?.buffer]).to.deep.equal([chunk.buffer, chunk.buffer]);
    expect(second?.byteOffset).to.equal(chunk.byteOffset + 5);
  });

  it('never writes over a message it gave out', () => {
    const framer = new MessageFramer(1000);
    const one = constructed(octetString('one'));
    framer.push(one.subarray(0, 3));
    framer.push(Buffer.concat([one.subarray(3), one.subarray(0, 4)]));
    const first = framer.next();
    framer.push(Buffer.concat([one.subarray(4), constructed(octetString('x'.repeat(500)))]));
    drain(framer);
    expect(first?.equals(one)).to.equal(true);
  });

  it('counts what is pending, so that nothing sent in clear is read as sent under TLS', () => {
    const framer = new MessageFramer(100);
    framer.push(Buffer.concat([constructed(), constructed()]));
    framer.next();
    expect(framer.pending).to.equal(2);
  });

  it('refuses an announced size over the limit before the message has come, and accepts the limit itself', () => {
    const exact = constructed(octetString(Buffer.alloc(96)));
    expect(exact.length).to.equal(100);
    expect(refusal(100, exact)).to.equal('none');
    expect(refusal(99, exact.subarray(0, 2))).to.equal(
      'admin_limit_exceeded: a message must not exceed 99 octets',
    );
    for (const lie of ['3084ffffffff', '30847fffffff', '308400010000', '3083ffffff']) {
      expect(refusal(65_536, Buffer.from(lie, 'hex'))).to.equal(
        'admin_limit_exceeded: a message must not exceed 65536 octets',
      );
    }
  });

  it('follows a limit that changes between messages', () => {
    const framer = new MessageFramer(10);
    framer.maximum = 200;
    framer.push(constructed(octetString(Buffer.alloc(100))));
    expect(framer.next()?.length).to.equal(104);
  });

  const malformed = [
    { name: 'an indefinite length', octets: '3080', detail: 'the length of a message must be definite' },
    { name: 'a length of five octets', octets: '30850000000001', detail: 'of at most four octets' },
    { name: 'the reserved length 0xff', octets: '30ff', detail: 'of at most four octets' },
    { name: 'another tag', octets: '3100', detail: 'a message must begin with the tag 0x30' },
    { name: 'an HTTP request', octets: '474554', detail: 'a message must begin with the tag 0x30' },
    { name: 'a TLS ClientHello', octets: '160301', detail: 'a message must begin with the tag 0x30' },
  ];
  for (const { name, octets, detail } of malformed) {
    it(`refuses ${name}, even octet by octet`, () => {
      const bytes = Buffer.from(octets, 'hex');
      const single = [...bytes].map((octet) => Buffer.from([octet]));
      for (const chunks of [[bytes], single]) {
        expect(refusal(1000, ...chunks))
          .to.match(/^invalid_request: /)
          .and.include(detail);
      }
    });
  }

  it('takes a megabyte octet by octet in linear work', () => {
    const size = 1 << 20;
    const stream = constructed(octetString(Buffer.alloc(size)));
    const framer = new MessageFramer(2 * size);
    let early = 0;
    for (let at = 0; at < stream.length; at++) {
      if (framer.next() !== null) early++;
      framer.push(stream.subarray(at, at + 1));
    }
    expect(early).to.equal(0);
    expect(framer.next()?.equals(stream)).to.equal(true);
  });
});
