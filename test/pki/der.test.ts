import * as asn1js from 'asn1js';
import { expect } from 'chai';
import fc from 'fast-check';
import * as der from '../../src/pki/der.ts';

function read(octets: Buffer): asn1js.AsnType {
  const { offset, result } = asn1js.fromBER(octets);
  expect(offset).to.equal(octets.length);
  return result;
}

describe('DER writer (X.690 section 10), read back by asn1js', () => {
  it('writes non-negative integers, never negative ones', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 1, maxLength: 40 }), (octets) => {
        const value = BigInt(`0x${Buffer.from(octets).toString('hex')}`);
        const written = read(der.unsignedInteger(Buffer.from(octets)));
        expect((written as asn1js.Integer).toBigInt()).to.equal(value);
        expect(Buffer.from(written.toBER())).to.deep.equal(der.unsignedInteger(Buffer.from(octets)));
      }),
    );
    fc.assert(
      fc.property(fc.maxSafeNat(), (value) => {
        expect((read(der.integer(value)) as asn1js.Integer).toBigInt()).to.equal(BigInt(value));
      }),
    );
  });

  it('writes lengths of every size', () => {
    for (const length of [0, 1, 127, 128, 255, 256, 65_535, 65_536, 70_000]) {
      const written = read(der.octetString(Buffer.alloc(length, 1))) as asn1js.OctetString;
      expect(written.valueBlock.valueHexView.length).to.equal(length);
    }
  });

  it('writes object identifiers', () => {
    const arcs = fc.array(fc.nat({ max: 2 ** 31 }), { minLength: 1, maxLength: 8 });
    fc.assert(
      fc.property(fc.constantFrom('0.9', '1.2', '1.39', '2.5', '2.16', '2.999'), arcs, (head, rest) => {
        const dotted = [head, ...rest].join('.');
        expect((read(der.objectIdentifier(dotted)) as asn1js.ObjectIdentifier).getValue()).to.equal(dotted);
      }),
    );
  });

  it('writes times in seconds, UTCTime to 2049 and GeneralizedTime from 2050 (RFC 5280 4.1.2.5)', () => {
    expect(der.time(new Date('2049-12-31T23:59:59.999Z')).toString('latin1', 2)).to.equal('491231235959Z');
    expect(der.time(new Date('2050-01-01T00:00:00Z')).toString('latin1', 2)).to.equal('20500101000000Z');
    expect(der.time(new Date('2049-12-31T23:59:59Z'))[0]).to.equal(0x17);
    expect(der.time(new Date('2050-01-01T00:00:00Z'))[0]).to.equal(0x18);
  });
});
