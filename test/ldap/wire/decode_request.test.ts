// The request decoder against ldapjs's encoder, and what it makes of requests that should not be.
import { readFileSync } from 'node:fs';
import { expect } from 'chai';
import fc from 'fast-check';
import { OperationError } from '../../../src/errors.ts';
import { DEFAULT_LIMITS } from '../../../src/ldap/wire/decode_limits.ts';
import { RequestDecoder } from '../../../src/ldap/wire/decode_request.ts';
import type { MalformedRequest, RequestMessage } from '../../../src/ldap/wire/message.ts';
import { sample } from './request_samples.ts';
import { constructed, integer, octetString, searchRequest, tlv } from './tlv.ts';

interface Vector {
  name: string;
  octets: string;
  messageId: number;
  operation: Record<string, unknown>;
  controls: unknown[];
}

const decoder = new RequestDecoder();

function decode(octets: Buffer): RequestMessage {
  const decoded = decoder.decode(octets);
  if (decoded.kind !== 'request') throw new Error(`malformed: ${decoded.refusal.detail}`);
  return decoded;
}

function malformed(octets: Buffer, limits: Partial<typeof DEFAULT_LIMITS> = {}): MalformedRequest {
  const decoded = decoder.decode(octets, { ...DEFAULT_LIMITS, ...limits });
  if (decoded.kind !== 'malformed') throw new Error('decoded');
  return decoded;
}

/** Octets as `latin1:…`, so that vectors are plain JSON. */
function plain(value: unknown): unknown {
  return JSON.parse(
    JSON.stringify(value, (_, held: unknown) =>
      typeof held === 'object' && held !== null && 'type' in held && held.type === 'Buffer' && 'data' in held
        ? `latin1:${Buffer.from(held.data as number[]).toString('latin1')}`
        : held,
    ),
  );
}

describe('RFC 4511 section 4: decoding requests', () => {
  it('reads every operation, filter and control that ldapjs encodes as what it was', () => {
    fc.assert(
      fc.property(sample, ({ octets, messageId, operation, controls }) => {
        expect(decode(octets)).to.deep.equal({ kind: 'request', messageId, operation, controls });
      }),
      { numRuns: 1500 },
    );
  });

  const vectors = JSON.parse(
    readFileSync(new URL('../../vectors/ldap_request.json', import.meta.url), 'utf8'),
  ) as Vector[];
  for (const { name, octets, ...content } of vectors) {
    it(`reads ${name}`, () => {
      const decoded = decode(Buffer.from(octets.replaceAll(/[^0-9a-f]/g, ''), 'hex'));
      expect(plain(decoded)).to.deep.equal({ kind: 'request', ...content });
    });
  }

  it('gives octets as views of the message, not as copies', () => {
    const octets = searchRequest({ filter: tlv(0xa3, octetString('uid'), octetString('u1')) });
    const { operation } = decode(octets);
    if (operation.kind !== 'search' || operation.filter.kind !== 'equality')
      throw new Error('not the filter');
    expect(operation.filter.value.buffer).to.equal(octets.buffer);
  });
});

describe('RFC 4511 4.1.1: content that cannot be meant is answered, with the response of its operation', () => {
  const cases: { name: string; octets: Buffer; responseTag: number | null; detail: string }[] = [
    {
      name: 'a base object that is not UTF-8',
      octets: searchRequest({ base: Buffer.from([0xc3, 0x28]) }),
      responseTag: 0x65,
      detail: 'baseObject must be UTF-8',
    },
    {
      name: 'an overlong UTF-8 form in an attribute selector',
      octets: searchRequest({ attributes: [Buffer.from([0xc0, 0xaf])] }),
      responseTag: 0x65,
      detail: 'attribute selector must be UTF-8',
    },
    {
      name: 'an undefined scope',
      octets: searchRequest({ scope: 9 }),
      responseTag: 0x65,
      detail: 'scope 9 is not defined',
    },
    {
      name: 'a negative size limit',
      octets: searchRequest({ sizeLimit: tlv(0x02, Buffer.from([0xff])) }),
      responseTag: 0x65,
      detail: 'sizeLimit must not be negative',
    },
    {
      name: 'an undefined filter choice',
      octets: searchRequest({ filter: tlv(0xaf, octetString('x')) }),
      responseTag: 0x65,
      detail: 'filter choice 0xaf is not defined',
    },
    {
      name: 'substrings without a part',
      octets: searchRequest({ filter: tlv(0xa4, octetString('cn'), constructed()) }),
      responseTag: 0x65,
      detail: 'substrings must not be empty',
    },
    {
      name: 'a final substring before another',
      octets: searchRequest({
        filter: tlv(
          0xa4,
          octetString('cn'),
          constructed(tlv(0x82, Buffer.from('z')), tlv(0x81, Buffer.from('a'))),
        ),
      }),
      responseTag: 0x65,
      detail: 'final must be the last substring',
    },
    {
      name: 'an extensibleMatch of nothing',
      octets: searchRequest({ filter: tlv(0xa9, tlv(0x83, Buffer.from('v'))) }),
      responseTag: 0x65,
      detail: 'an extensibleMatch must name a matchingRule or a type',
    },
    {
      name: 'a bind of version 0',
      octets: constructed(integer(1), tlv(0x60, integer(0), octetString(''), tlv(0x80))),
      responseTag: 0x61,
      detail: 'version must be from 1 to 127',
    },
    {
      name: 'an added attribute without a value',
      octets: constructed(
        integer(1),
        tlv(0x68, octetString('cn=a'), constructed(constructed(octetString('cn'), tlv(0x31)))),
      ),
      responseTag: 0x69,
      detail: 'cn must have a value',
    },
    {
      name: 'an abandon of a negative message',
      octets: constructed(integer(1), tlv(0x50, Buffer.from([0x80]))),
      responseTag: null,
      detail: 'MessageID must not be negative',
    },
    {
      name: 'controls that come twice',
      octets: constructed(integer(1), tlv(0x4a, Buffer.from('cn=a')), tlv(0xa0), tlv(0xa0)),
      responseTag: 0x6b,
      detail: 'controls must not come twice',
    },
  ];
  for (const { name, octets, responseTag, detail } of cases) {
    it(name, () => {
      const { refusal, ...rest } = malformed(octets);
      expect(rest).to.deep.equal({ kind: 'malformed', messageId: 1, responseTag });
      expect(refusal).to.be.instanceOf(OperationError);
      expect({ code: refusal.code, detail: refusal.detail }).to.deep.equal({
        code: 'invalid_request',
        detail,
      });
    });
  }

  it('keeps decoding after a refusal', () => {
    malformed(searchRequest({ scope: 9 }));
    expect(decode(searchRequest({})).operation.kind).to.equal('search');
  });
});

describe('limits of the decoder are adminLimitExceeded', () => {
  function refusalOf(octets: Buffer, limits: Partial<typeof DEFAULT_LIMITS>): string {
    const { refusal } = malformed(octets, limits);
    return `${refusal.code}: ${refusal.detail}`;
  }
  const leaf = tlv(0x87, Buffer.from('cn'));
  const attribute = constructed(octetString('cn'), tlv(0x31, octetString('a'), octetString('b')));
  const addRequest = constructed(
    integer(1),
    tlv(0x68, octetString('cn=a'), constructed(attribute, attribute)),
  );

  it('on nesting: the last level that fits is read, one more is not', () => {
    const limits = { ...DEFAULT_LIMITS, filterDepth: 2 };
    const two = tlv(0xa2, tlv(0xa0, leaf));
    expect(decoder.decode(searchRequest({ filter: two }), limits).kind).to.equal('request');
    expect(refusalOf(searchRequest({ filter: tlv(0xa1, two) }), { filterDepth: 2 })).to.equal(
      'admin_limit_exceeded: more than 2 levels of filters',
    );
  });

  it('on filters, substring parts included', () => {
    expect(refusalOf(searchRequest({ filter: tlv(0xa0, leaf, leaf, leaf) }), { filterNodes: 3 })).to.equal(
      'admin_limit_exceeded: more than 3 filters',
    );
    const parts = constructed(tlv(0x81, Buffer.from('a')), tlv(0x81, Buffer.from('b')));
    expect(
      refusalOf(searchRequest({ filter: tlv(0xa4, octetString('cn'), parts) }), { filterNodes: 2 }),
    ).to.equal('admin_limit_exceeded: more than 2 filters');
  });

  it('on octets of values in a filter, of all kinds together', () => {
    const value = (tag: number, octets: string): Buffer => tlv(tag, Buffer.from(octets));
    const equal = tlv(0xa3, octetString('cn'), octetString('abc'));
    const parts = tlv(
      0xa4,
      octetString('cn'),
      constructed(value(0x80, 'de'), value(0x81, 'f'), value(0x82, 'g')),
    );
    const rule = tlv(0xa9, value(0x82, 'cn'), value(0x83, 'hij'));
    const request = searchRequest({ filter: tlv(0xa0, equal, parts, rule) });
    expect(decoder.decode(request, { ...DEFAULT_LIMITS, assertionOctets: 10 }).kind).to.equal('request');
    expect(refusalOf(request, { assertionOctets: 9 })).to.equal(
      'admin_limit_exceeded: more than 9 octets of values in a filter',
    );
  });

  it('on attributes, values and controls', () => {
    const attributes = [Buffer.from('a'), Buffer.from('b')];
    expect(refusalOf(searchRequest({ attributes }), { attributes: 1 })).to.equal(
      'admin_limit_exceeded: more than 1 attributes',
    );
    expect(refusalOf(addRequest, { attributes: 1 })).to.equal('admin_limit_exceeded: more than 1 attributes');
    expect(refusalOf(addRequest, { values: 3 })).to.equal('admin_limit_exceeded: more than 3 values');
    const control = constructed(octetString('1.2'));
    expect(
      refusalOf(constructed(integer(1), tlv(0x4a, Buffer.from('cn=a')), tlv(0xa0, control, control)), {
        controls: 1,
      }),
    ).to.equal('admin_limit_exceeded: more than 1 controls');
  });
});
