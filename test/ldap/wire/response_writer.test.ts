// The response writer against ldapjs's decoder. Where ldapjs cannot read a field (referrals, serverSaslCreds), its BER
// reader alone is the oracle.
import { expect } from 'chai';
import fc from 'fast-check';
import { ByteRanges } from '../../../src/ldap/wire/byte_ranges.ts';
import { MessageFramer } from '../../../src/ldap/wire/framing.ts';
import { RESPONSE_OF } from '../../../src/ldap/wire/message.ts';
import { ResponseWriter } from '../../../src/ldap/wire/response_writer.ts';
import { RESPONSE_TAG } from '../../../src/ldap/wire/tag.ts';
import { decodeResponse, oracleReader } from './oracle.ts';
import { constructed, octetString, tlv } from './tlv.ts';

const messageId = fc.integer({ min: 0, max: 2 ** 31 - 1 });
/** Long enough to need two- and three-octet lengths. */
const text = fc.oneof(
  fc.string({ unit: 'grapheme', maxLength: 300 }),
  fc.constantFrom(''.padEnd(127, 'x'), ''.padEnd(128, 'x'), ''.padEnd(70_000, 'é')),
);
const octets = fc.uint8Array({ minLength: 1, maxLength: 300 }).map((value) => Buffer.from(value));
/** ldapjs does not step over a responseValue: one that begins like controls (0xa0) has it read the same for ever. */
const extendedValue = octets.filter((value) => value[0] !== 0xa0);
const result = fc.record({
  resultCode: fc.constantFrom(0, 2, 10, 32, 49, 80, 118, 4096),
  matchedDN: text,
  diagnosticMessage: text,
});
const control = fc.record({
  type: fc.constantFrom('1.2.3', '2.16.840.1.113730.3.4.18'),
  criticality: fc.boolean(),
  value: fc.option(octets),
});
const controls = fc.array(control, { maxLength: 3 });

const RESULTS = [
  { tag: RESPONSE_OF.bind, type: 'BindResponse' },
  { tag: RESPONSE_OF.search, type: 'SearchResultDone' },
  { tag: RESPONSE_OF.modify, type: 'ModifyResponse' },
  { tag: RESPONSE_OF.add, type: 'AddResponse' },
  { tag: RESPONSE_OF.del, type: 'DeleteResponse' },
  { tag: RESPONSE_OF.modifyDN, type: 'ModifyDnResponse' },
  { tag: RESPONSE_OF.compare, type: 'CompareResponse' },
  { tag: RESPONSE_OF.extended, type: 'ExtensionResponse' },
] as const;

function taken(write: (writer: ResponseWriter) => void): Buffer {
  const writer = new ResponseWriter();
  write(writer);
  return writer.take();
}

describe('RFC 4511 section 4: encoding responses', () => {
  it('writes each LDAPResult so that ldapjs reads the same, controls included', () => {
    fc.assert(
      fc.property(fc.constantFrom(...RESULTS), messageId, result, controls, (form, id, sent, added) => {
        const read = decodeResponse(taken((writer) => writer.result(id, form.tag, sent, added)));
        expect(read.type).to.equal(form.type);
        expect(read.messageId).to.equal(id);
        expect(read.status).to.equal(sent.resultCode);
        expect(read.matchedDN).to.equal(sent.matchedDN);
        expect(read.diagnosticMessage).to.equal(sent.diagnosticMessage);
        expect(
          read.controls.map(({ type, criticality, value }) => ({ type, criticality, value })),
        ).to.deep.equal(added);
      }),
      { numRuns: 500 },
    );
  });

  it('writes an entry from its encoded form, whole and in part', () => {
    const attribute = fc.record({
      type: fc.stringMatching(/^[a-zA-Z][a-zA-Z0-9]{0,20}$/),
      buffers: fc.array(octets, { minLength: 1, maxLength: 4 }),
      chosen: fc.boolean(),
    });
    fc.assert(
      fc.property(
        messageId,
        fc.array(attribute, { maxLength: 20 }),
        fc.boolean(),
        controls,
        (id, attributes, whole, added) => {
          const pieces = attributes.map(({ type, buffers }) =>
            constructed(octetString(type), tlv(0x31, ...buffers.map((value) => octetString(value)))),
          );
          const ranges = new ByteRanges();
          let at = 0;
          for (const [index, piece] of pieces.entries()) {
            if (attributes[index]?.chosen) ranges.add(at, at + piece.length);
            at += piece.length;
          }
          const read = decodeResponse(
            taken((writer) =>
              writer.searchResultEntry(
                id,
                {
                  dnOctets: Buffer.from('uid=u1,dc=hk'),
                  attributes: Buffer.concat(pieces),
                  ranges: whole ? null : ranges,
                },
                added,
              ),
            ),
          );
          expect(read.type).to.equal('SearchResultEntry');
          expect(read.messageId).to.equal(id);
          expect(read.objectName.toString()).to.equal('uid=u1,dc=hk');
          expect(read.attributes.map(({ type, buffers }) => ({ type, buffers }))).to.deep.equal(
            attributes
              .filter(({ chosen }) => whole || chosen)
              .map(({ type, buffers }) => ({ type, buffers })),
          );
          expect(read.controls.length).to.equal(added.length);
        },
      ),
      { numRuns: 300 },
    );
  });

  it('writes references, extended and intermediate responses', () => {
    fc.assert(
      fc.property(messageId, fc.array(text, { minLength: 1, maxLength: 4 }), (id, uris) => {
        const read = decodeResponse(taken((writer) => writer.searchResultReference(id, uris)));
        expect({ type: read.type, uri: read.uri }).to.deep.equal({
          type: 'SearchResultReference',
          uri: uris,
        });
      }),
      { numRuns: 100 },
    );
    fc.assert(
      fc.property(
        messageId,
        result,
        fc.option(fc.constant('1.3.6.1.4.1.1466.20037')),
        extendedValue,
        (id, sent, name, value) => {
          const read = decodeResponse(taken((writer) => writer.extendedResponse(id, sent, { name, value })));
          expect(read.status).to.equal(sent.resultCode);
          expect(read.responseName ?? null).to.equal(name);
          expect(read.responseValue).to.equal(`<buffer>${value.toString('hex')}`);
        },
      ),
      { numRuns: 100 },
    );
    const bytes = taken((writer) =>
      writer.intermediateResponse(7, { name: '1.3.6', value: Buffer.from('v') }),
    );
    const read = decodeResponse(bytes);
    expect([read.messageId, read.type, read.responseName, read.responseValue]).to.deep.equal([
      7,
      'IntermediateResponse',
      '1.3.6',
      'v',
    ]);
  });

  it('tells empty values from absent ones', () => {
    const success = { resultCode: 0, matchedDN: '', diagnosticMessage: '' };
    const none = Buffer.alloc(0);
    const bind = (creds: Buffer | null) =>
      taken((writer) => writer.bindResponse(1, success, creds)).toString('hex');
    expect(bind(null)).to.equal('300c02010161070a010004000400');
    expect(bind(none)).to.equal('300e02010161090a0100040004008700');
    const extended = (value: Buffer | null) =>
      taken((writer) => writer.extendedResponse(1, success, { name: null, value })).toString('hex');
    expect(extended(null)).to.equal('300c02010178070a010004000400');
    expect(extended(none)).to.equal('300e02010178090a0100040004008b00');
  });

  it('writes referrals and serverSaslCreds where RFC 4511 4.1.9 and 4.2.2 put them', () => {
    const uris = ['ldap://a.gov.hk/dc=hk', 'ldaps://b.gov.hk/'];
    const creds = Buffer.from('challenge');
    const sent = { resultCode: 10, matchedDN: 'dc=hk', diagnosticMessage: 'elsewhere', referral: uris };
    const reader = oracleReader(taken((writer) => writer.bindResponse(9, sent, creds)));
    reader.readSequence();
    expect(reader.readInt()).to.equal(9);
    expect(reader.readSequence()).to.equal(RESPONSE_TAG.bind);
    expect(reader.readEnumeration()).to.equal(10);
    expect([reader.readString(), reader.readString()]).to.deep.equal(['dc=hk', 'elsewhere']);
    expect(reader.readSequence()).to.equal(0xa3);
    expect([reader.readString(), reader.readString()]).to.deep.equal(uris);
    expect(reader.readString(0x87, true)).to.deep.equal(creds);
    expect(reader.offset).to.equal(reader.buffer.length);
  });

  it('writes the notice of disconnection as RFC 4511 4.4.1 has it', () => {
    const read = decodeResponse(
      taken((writer) => writer.noticeOfDisconnection(2, 'lengths must be definite')),
    );
    expect([read.messageId, read.status, read.diagnosticMessage, read.responseName]).to.deep.equal([
      0,
      2,
      'lengths must be definite',
      '1.3.6.1.4.1.1466.20036',
    ]);
  });
});

describe('a burst of responses', () => {
  const done = { resultCode: 0, matchedDN: '', diagnosticMessage: 'done' };

  it('is one buffer of any size, and later bursts leave earlier ones as they were', () => {
    const writer = new ResponseWriter();
    const attributes = constructed(octetString('cn'), tlv(0x31, octetString('x'.repeat(900))));
    const bursts: { taken: Buffer; copy: Buffer; messages: number }[] = [];
    for (let burst = 0; burst < 200; burst++) {
      const entries = (burst * 7) % 130; // from nothing to well over a slab
      for (let entry = 0; entry < entries; entry++) {
        const dnOctets = Buffer.from(`uid=u${burst}-${entry}`);
        writer.searchResultEntry(burst + 1, { dnOctets, attributes, ranges: null });
      }
      writer.result(burst + 1, RESPONSE_OF.search, done);
      const size = writer.size;
      const octets = writer.take();
      expect(octets.length).to.equal(size);
      bursts.push({ taken: octets, copy: Buffer.from(octets), messages: entries + 1 });
    }
    expect(writer.take().length).to.equal(0);
    for (const [index, burst] of bursts.entries()) {
      expect(burst.taken.equals(burst.copy)).to.equal(true);
      const framer = new MessageFramer(1 << 20);
      framer.push(burst.taken);
      let messages = 0;
      let last: Buffer | null = null;
      for (let message = framer.next(); message !== null; message = framer.next()) {
        messages++;
        last = message;
      }
      expect(framer.pending).to.equal(0);
      expect(messages).to.equal(burst.messages);
      expect(last === null ? null : decodeResponse(last).messageId).to.equal(index + 1);
    }
  });
});
