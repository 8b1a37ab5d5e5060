// Simple paged results control value, against ldapjs's PagedResultsControl.
import { expect } from 'chai';
import fc from 'fast-check';
import { isOperationError } from '../../../src/errors.ts';
import { decodePagedResults, encodePagedResults } from '../../../src/ldap/wire/paged_results.ts';
import { encodeRequest, makeControl, oracleReader } from './oracle.ts';
import { constructed, octetString, tlv } from './tlv.ts';

const value = fc.record({
  size: fc.integer({ min: 0, max: 2 ** 31 - 1 }),
  cookie: fc.uint8Array({ maxLength: 300 }).map((octets) => Buffer.from(octets)),
});

describe('RFC 2696 section 2: paged results control value', () => {
  it('reads what ldapjs writes', () => {
    fc.assert(
      fc.property(value, (sent) => {
        const control = makeControl('PagedResultsControl', { value: sent });
        const request = encodeRequest('UnbindRequest', { controls: [control] });
        const reader = oracleReader(request);
        reader.readSequence();
        reader.readInt();
        reader.readString(0x42);
        reader.readSequence(0xa0);
        reader.readSequence();
        reader.readString();
        reader.readBoolean();
        const octets = reader.readString(0x04, true) as Buffer;
        expect(decodePagedResults(octets)).to.deep.equal(sent);
      }),
    );
  });

  it('writes what ldapjs reads', () => {
    fc.assert(
      fc.property(value, (sent) => {
        const control = makeControl('PagedResultsControl', { value: encodePagedResults(sent) }) as {
          value: unknown;
        };
        expect(control.value).to.deep.equal(sent);
      }),
    );
  });

  it('has the octets of the RFC for a first request of 100', () => {
    expect(encodePagedResults({ size: 100, cookie: Buffer.alloc(0) }).toString('hex')).to.equal(
      '30050201640400',
    );
  });

  const refused = [
    { name: 'nothing', octets: Buffer.alloc(0), detail: '0x30 is missing' },
    {
      name: 'a negative size',
      octets: constructed(tlv(0x02, Buffer.from([0xff])), octetString('')),
      detail: 'the page size must not be negative',
    },
    { name: 'no cookie', octets: constructed(tlv(0x02, Buffer.from([1]))), detail: '0x04 is missing' },
    {
      name: 'octets behind it',
      octets: Buffer.concat([constructed(tlv(0x02, Buffer.from([1])), octetString('')), Buffer.from([0])]),
      detail: 'octets follow the end of the value',
    },
  ];
  for (const { name, octets, detail } of refused) {
    it(`refuses ${name}`, () => {
      expect(() => decodePagedResults(octets))
        .to.throw(`invalid_request: ${detail}`)
        .that.satisfies((error: unknown) => isOperationError(error, 'invalid_request'));
    });
  }
});
