// Random requests: what each should decode to, beside the octets ldapjs makes of the same content.
import fc from 'fast-check';
import type { Control, RequestOperation } from '../../../src/ldap/wire/message.ts';
import type { UncheckedFilter } from '../../../src/x500/unchecked_filter.ts';
import { encodeRequest, makeControl, makeFilter, oracleWriter, parseDn } from './oracle.ts';

export interface Sample {
  readonly octets: Buffer;
  readonly messageId: number;
  readonly operation: RequestOperation;
  readonly controls: readonly Control[];
}

const text = fc.string({ unit: 'grapheme', maxLength: 40 });
const someText = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 200 });
const descriptionText = fc.stringMatching(/^[a-zA-Z][a-zA-Z0-9-]{0,20}(;[a-z]{1,8}){0,2}$/);
const octets = fc.uint8Array({ minLength: 1, maxLength: 300 }).map((value) => Buffer.from(value));
const messageId = fc.integer({ min: 1, max: 2 ** 31 - 1 });
const limit = fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 2 ** 31 - 1 }));
/** Values that any DN library writes as they stand. */
const dnText = fc
  .array(fc.stringMatching(/^(uid|cn|ou|dc)=[a-zA-Z0-9]([a-zA-Z0-9 ]{0,20}[a-zA-Z0-9])?$/), { maxLength: 5 })
  .map((rdns) => parseDn(rdns.join(',')).toString());
/** ldapjs takes an empty entry for a missing one. */
const entryText = dnText.filter((name) => name !== '');

interface FilterSample {
  readonly ours: UncheckedFilter;
  readonly theirs: object;
}

const ASSERTIONS = [
  { kind: 'equality', name: 'EqualityFilter' },
  { kind: 'greater_or_equal', name: 'GreaterThanEqualsFilter' },
  { kind: 'less_or_equal', name: 'LessThanEqualsFilter' },
  { kind: 'approximate', name: 'ApproximateFilter' },
] as const;

const assertion = fc
  .record({ form: fc.constantFrom(...ASSERTIONS), attribute: descriptionText, value: someText })
  .map(
    ({ form, attribute, value }): FilterSample => ({
      ours: { kind: form.kind, attribute, value: Buffer.from(value) },
      theirs: makeFilter(form.name, { attribute, value }),
    }),
  );
const binaryEquality = fc.record({ attribute: descriptionText, value: octets }).map(
  ({ attribute, value }): FilterSample => ({
    ours: { kind: 'equality', attribute, value },
    theirs: makeFilter('EqualityFilter', { attribute, raw: value }),
  }),
);
const present = descriptionText.map(
  (attribute): FilterSample => ({
    ours: { kind: 'present', attribute },
    theirs: makeFilter('PresenceFilter', { attribute }),
  }),
);
const substrings = fc
  .record({
    attribute: descriptionText,
    initial: fc.option(someText),
    any: fc.array(someText, { maxLength: 4 }),
    final: fc.option(someText),
  })
  .filter(({ initial, any, final }) => initial !== null || any.length > 0 || final !== null)
  .map(
    ({ attribute, initial, any, final }): FilterSample => ({
      ours: {
        kind: 'substrings',
        attribute,
        initial: initial === null ? null : Buffer.from(initial),
        any: any.map((part) => Buffer.from(part)),
        final: final === null ? null : Buffer.from(final),
      },
      theirs: makeFilter('SubstringFilter', { attribute, initial, any, final }),
    }),
  );
const extensible = fc
  .record({
    rule: fc.option(fc.constantFrom('caseIgnoreMatch', '2.5.13.2', '1.2.840.113556.1.4.1941')),
    attribute: fc.option(descriptionText),
    value: someText,
    dnAttributes: fc.boolean(),
  })
  .filter(({ rule, attribute }) => rule !== null || attribute !== null)
  .map(
    ({ rule, attribute, value, dnAttributes }): FilterSample => ({
      ours: { kind: 'extensible', rule, attribute, value: Buffer.from(value), dnAttributes },
      theirs: makeFilter('ExtensibleFilter', {
        rule: rule ?? undefined,
        attribute: attribute ?? undefined,
        value,
        dnAttributes,
      }),
    }),
  );

const filter = fc.letrec<{ filter: FilterSample }>((tie) => ({
  filter: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    fc.oneof(assertion, binaryEquality, present, substrings, extensible),
    fc.record({ kind: fc.constantFrom('and', 'or'), parts: fc.array(tie('filter'), { maxLength: 4 }) }).map(
      ({ kind, parts }): FilterSample => ({
        ours: { kind, filters: parts.map((part) => part.ours) },
        theirs: makeFilter(kind === 'and' ? 'AndFilter' : 'OrFilter', {
          filters: parts.map((part) => part.theirs),
        }),
      }),
    ),
    tie('filter').map(
      (part): FilterSample => ({
        ours: { kind: 'not', filter: part.ours },
        theirs: makeFilter('NotFilter', { filter: part.theirs }),
      }),
    ),
  ),
})).filter;

interface Encoded {
  readonly name: string; // class in @ldapjs/messages
  readonly options: Record<string, unknown>;
  readonly operation: RequestOperation;
}

const SCOPES = [
  { ours: 'base', theirs: 'base' },
  { ours: 'one', theirs: 'single' },
  { ours: 'subtree', theirs: 'subtree' },
] as const;
const DEREFERENCE = ['neverDerefAliases', 'derefInSearching', 'derefFindingBaseObj', 'derefAlways'] as const;

const bind = fc.record({ version: fc.integer({ min: 1, max: 127 }), name: text, password: text }).map(
  ({ version, name, password }): Encoded => ({
    name: 'BindRequest',
    options: { version, name, credentials: password },
    operation: {
      kind: 'bind',
      version,
      name,
      credentials: { method: 'simple', password: Buffer.from(password) },
    },
  }),
);
const search = fc
  .record({
    baseObject: dnText,
    scope: fc.constantFrom(...SCOPES),
    dereference: fc.nat({ max: 3 }),
    sizeLimit: limit,
    timeLimit: limit,
    typesOnly: fc.boolean(),
    filter,
    attributes: fc.array(fc.oneof(descriptionText, fc.constantFrom('*', '+', '1.1')), { maxLength: 40 }),
  })
  .map(
    ({ scope, dereference, filter: sample, ...same }): Encoded => ({
      name: 'SearchRequest',
      options: { ...same, scope: scope.theirs, derefAliases: dereference, filter: sample.theirs },
      operation: {
        kind: 'search',
        ...same,
        scope: scope.ours,
        derefAliases: DEREFERENCE[dereference] ?? 'neverDerefAliases',
        filter: sample.ours,
      },
    }),
  );
// ldapjs reads what is named …;binary as base64 text: octets go in as octets, so names here carry no options.
const attribute = fc.record({
  type: fc.stringMatching(/^[a-zA-Z][a-zA-Z0-9]{0,20}$/),
  values: fc.array(octets, { minLength: 1, maxLength: 6 }),
});
const modify = fc
  .record({
    object: text.filter((name) => name !== ''),
    changes: fc.array(
      fc.record({ operation: fc.constantFrom('add', 'delete', 'replace'), modification: attribute }),
      { maxLength: 6 },
    ),
  })
  .map(
    ({ object, changes }): Encoded => ({
      name: 'ModifyRequest',
      options: { object, changes },
      operation: { kind: 'modify', object, changes },
    }),
  );
const add = fc.record({ entry: entryText, attributes: fc.array(attribute, { maxLength: 8 }) }).map(
  (content): Encoded => ({
    name: 'AddRequest',
    options: content,
    operation: { kind: 'add', ...content },
  }),
);
const del = entryText.map(
  (entry): Encoded => ({ name: 'DeleteRequest', options: { entry }, operation: { kind: 'del', entry } }),
);
const modifyDN = fc
  .record({
    entry: entryText,
    newRdn: fc.constantFrom('cn=a', 'uid=b'),
    deleteOldRdn: fc.boolean(),
    newSuperior: fc.option(entryText),
  })
  .map(
    ({ entry, newRdn, deleteOldRdn, newSuperior }): Encoded => ({
      name: 'ModifyDnRequest',
      options: { entry, newRdn, deleteOldRdn, newSuperior: newSuperior ?? undefined },
      operation: { kind: 'modifyDN', entry, newrdn: newRdn, deleteoldrdn: deleteOldRdn, newSuperior },
    }),
  );
const compare = fc.record({ entry: entryText, attribute: descriptionText, value: someText }).map(
  ({ value, ...same }): Encoded => ({
    name: 'CompareRequest',
    options: { ...same, value },
    operation: { kind: 'compare', ...same, value: Buffer.from(value) },
  }),
);
const abandon = fc.integer({ min: 1, max: 2 ** 31 - 1 }).map(
  (abandonId): Encoded => ({
    name: 'AbandonRequest',
    options: { abandonId },
    operation: { kind: 'abandon', messageId: abandonId },
  }),
);
const unbind = fc.constant<Encoded>({ name: 'UnbindRequest', options: {}, operation: { kind: 'unbind' } });
const extended = fc
  .record({
    requestName: fc.constantFrom('1.3.6.1.4.1.1466.20037', '1.3.6.1.4.1.4203.1.11.3', '2.25.1'),
    requestValue: fc.option(someText),
  })
  .map(
    ({ requestName, requestValue }): Encoded => ({
      name: 'ExtensionRequest',
      options: { requestName, requestValue: requestValue ?? undefined },
      operation: {
        kind: 'extended',
        requestName,
        requestValue: requestValue === null ? null : Buffer.from(requestValue),
      },
    }),
  );

const control = fc.oneof(
  fc.record({ criticality: fc.boolean(), value: fc.option(someText) }).map(({ criticality, value }) => ({
    ours: { type: '2.16.840.1.113730.3.4.2', criticality, value: value === null ? null : Buffer.from(value) },
    theirs: makeControl('Control', { type: '2.16.840.1.113730.3.4.2', criticality, value }),
  })),
  fc
    .record({ criticality: fc.boolean(), size: fc.nat(), cookie: octets })
    .map(({ criticality, size, cookie }) => ({
      ours: { type: '1.2.840.113556.1.4.319', criticality, value: encodePage(size, cookie) },
      theirs: makeControl('PagedResultsControl', { criticality, value: { size, cookie } }),
    })),
);

function encodePage(size: number, cookie: Buffer): Buffer {
  const writer = oracleWriter();
  writer.startSequence();
  writer.writeInt(size);
  writer.writeBuffer(cookie, 0x04);
  writer.endSequence();
  return Buffer.from(writer.buffer);
}

/** Every operation ldapjs can encode, with every filter type and 0 to 3 controls. */
export const sample: fc.Arbitrary<Sample> = fc
  .record({
    messageId,
    encoded: fc.oneof(
      { arbitrary: search, weight: 5 },
      ...[bind, unbind, modify, add, del, modifyDN, compare, abandon, extended].map((arbitrary) => ({
        arbitrary,
        weight: 1,
      })),
    ),
    controls: fc.array(control, { maxLength: 3 }),
  })
  .map(({ messageId: id, encoded, controls }) => ({
    messageId: id,
    operation: encoded.operation,
    controls: controls.map(({ ours }) => ours),
    octets: encodeRequest(encoded.name, {
      ...encoded.options,
      messageId: id,
      controls: controls.map(({ theirs }) => theirs),
    }),
  }));
