// The matching rules (RFC 4517 section 4.2, RFC 4530, RFC 4523), one row each: octets in, normal form out.
import { certificateIdentity, certificateListIdentity } from './certificate_assertion.ts';
import { normaliseDn } from './dn.ts';
import {
  compareIntegers,
  compareText,
  compareTimes,
  firstComponent,
  normaliseBits,
  normaliseBoolean,
  normaliseInteger,
  normaliseLines,
  normaliseLinesForSubstrings,
  normaliseLinesPart,
  normaliseTime,
  normaliseUuid,
} from './normal_forms.ts';
import type { MatchingRule, Schema } from './schema.ts';
import {
  prepareForSubstrings,
  prepareNumeric,
  preparePart,
  prepareTelephone,
  prepareValue,
} from './string_preparation.ts';

type Position = 'initial' | 'any' | 'final';

interface RuleRow {
  oid: string;
  name: string;
  syntax: string; // of the assertion, without the common prefix when it starts with a dot
  kind: MatchingRule['kind'];
  /** Syntaxes of the attributes it can be asked of; the assertion's own when left out. */
  of?: readonly string[];
  normalise(value: Buffer): string | null;
  normalisePart?(part: Buffer, position: Position): string | null;
  compare?(left: string, right: string): number;
}

const rfc4517 = '1.3.6.1.4.1.1466.115.121.1';
const full = (syntax: string): string => (syntax.startsWith('.') ? `${rfc4517}${syntax}` : syntax);
const directoryStrings = ['.15', '.44', '.11', '.50'];
const substringAssertion = '.58';

const latin1 = (value: Buffer): string => value.toString('latin1');
const isAscii = (value: Buffer): boolean => value.every((octet) => octet < 0x80);

const text = (foldsCase: boolean) => ({
  normalise: (value: Buffer) => prepareValue(value, foldsCase),
});
const textParts = (foldsCase: boolean) => ({
  normalise: (value: Buffer) => prepareForSubstrings(value, foldsCase),
  normalisePart: (part: Buffer, position: Position) => preparePart(part, foldsCase, position),
});
const ia5 = (foldsCase: boolean) => ({
  normalise: (value: Buffer) => (isAscii(value) ? prepareValue(value, foldsCase) : null),
});

/** Order of words apart, the government writes one name as CHAN Tai-man, Chan Tai Man and CHAN TAI MAN. */
function foldName(value: Buffer): string | null {
  const prepared = prepareValue(value, true);
  return prepared === null ? null : prepared.replace(/[\s,.'’\-\u2010\u2011]+/g, ' ').trim() || null;
}

/** Rules that need to look names up do so in `schema`, which may still be under construction when this is called. */
function ruleRows(schema: Pick<Schema, 'attributeType' | 'objectClass' | 'matchingRule'>): RuleRow[] {
  const dn = (value: Buffer): string | null => {
    try {
      return normaliseDn(schema, value.toString('utf8'));
    } catch {
      return null; // what is no DN does not conform to the syntax: that is this function's answer for it
    }
  };
  const oid = (value: Buffer): string | null => {
    const name = latin1(value.length > 256 ? value.subarray(0, 0) : value).trim();
    const known = schema.objectClass(name) ?? schema.attributeType(name) ?? schema.matchingRule(name);
    if (known !== undefined) return known.oid;
    return /^(?:0|[1-9][0-9]*)(?:\.(?:0|[1-9][0-9]*))+$/.test(name) ? name : null;
  };
  const definition = (value: Buffer): string | null => oid(Buffer.from(firstComponent(value), 'latin1'));
  const list = (value: Buffer): string | null =>
    certificateListIdentity(schema, value, (time) => normaliseTime(Buffer.from(time)));
  return [
    { oid: '2.5.13.0', name: 'objectIdentifierMatch', syntax: '.38', kind: 'equality', normalise: oid },
    { oid: '2.5.13.1', name: 'distinguishedNameMatch', syntax: '.12', kind: 'equality', normalise: dn },
    {
      oid: '2.5.13.2',
      name: 'caseIgnoreMatch',
      syntax: '.15',
      kind: 'equality',
      of: directoryStrings,
      ...text(true),
    },
    {
      oid: '2.5.13.3',
      name: 'caseIgnoreOrderingMatch',
      syntax: '.15',
      kind: 'ordering',
      of: directoryStrings,
      ...text(true),
    },
    {
      oid: '2.5.13.4',
      name: 'caseIgnoreSubstringsMatch',
      syntax: substringAssertion,
      kind: 'substrings',
      of: directoryStrings,
      ...textParts(true),
    },
    {
      oid: '2.5.13.5',
      name: 'caseExactMatch',
      syntax: '.15',
      kind: 'equality',
      of: directoryStrings,
      ...text(false),
    },
    {
      oid: '2.5.13.6',
      name: 'caseExactOrderingMatch',
      syntax: '.15',
      kind: 'ordering',
      of: directoryStrings,
      ...text(false),
    },
    {
      oid: '2.5.13.7',
      name: 'caseExactSubstringsMatch',
      syntax: substringAssertion,
      kind: 'substrings',
      of: directoryStrings,
      ...textParts(false),
    },
    {
      oid: '2.5.13.8',
      name: 'numericStringMatch',
      syntax: '.36',
      kind: 'equality',
      normalise: prepareNumeric,
    },
    {
      oid: '2.5.13.9',
      name: 'numericStringOrderingMatch',
      syntax: '.36',
      kind: 'ordering',
      normalise: prepareNumeric,
    },
    {
      oid: '2.5.13.10',
      name: 'numericStringSubstringsMatch',
      syntax: substringAssertion,
      kind: 'substrings',
      of: ['.36'],
      normalise: prepareNumeric,
      normalisePart: prepareNumeric,
    },
    {
      oid: '2.5.13.11',
      name: 'caseIgnoreListMatch',
      syntax: '.41',
      kind: 'equality',
      normalise: normaliseLines,
    },
    {
      oid: '2.5.13.12',
      name: 'caseIgnoreListSubstringsMatch',
      syntax: substringAssertion,
      kind: 'substrings',
      of: ['.41'],
      normalise: normaliseLinesForSubstrings,
      normalisePart: normaliseLinesPart,
    },
    { oid: '2.5.13.13', name: 'booleanMatch', syntax: '.7', kind: 'equality', normalise: normaliseBoolean },
    { oid: '2.5.13.14', name: 'integerMatch', syntax: '.27', kind: 'equality', normalise: normaliseInteger },
    {
      oid: '2.5.13.15',
      name: 'integerOrderingMatch',
      syntax: '.27',
      kind: 'ordering',
      normalise: normaliseInteger,
      compare: compareIntegers,
    },
    { oid: '2.5.13.16', name: 'bitStringMatch', syntax: '.6', kind: 'equality', normalise: normaliseBits },
    { oid: '2.5.13.17', name: 'octetStringMatch', syntax: '.40', kind: 'equality', normalise: latin1 },
    {
      oid: '2.5.13.18',
      name: 'octetStringOrderingMatch',
      syntax: '.40',
      kind: 'ordering',
      normalise: latin1,
    },
    {
      oid: '2.5.13.20',
      name: 'telephoneNumberMatch',
      syntax: '.50',
      kind: 'equality',
      normalise: prepareTelephone,
    },
    {
      oid: '2.5.13.21',
      name: 'telephoneNumberSubstringsMatch',
      syntax: substringAssertion,
      kind: 'substrings',
      of: ['.50'],
      normalise: prepareTelephone,
      normalisePart: prepareTelephone,
    },
    {
      oid: '2.5.13.23',
      name: 'uniqueMemberMatch',
      syntax: '.34',
      kind: 'equality',
      normalise: (value) => {
        const [, name = '', identifier = ''] = /^(.*?)(#'[01]*'B)?$/s.exec(value.toString('utf8')) ?? [];
        const key = dn(Buffer.from(name));
        return key === null ? null : `${key}${identifier}`;
      },
    },
    {
      oid: '2.5.13.27',
      name: 'generalizedTimeMatch',
      syntax: '.24',
      kind: 'equality',
      normalise: normaliseTime,
    },
    {
      oid: '2.5.13.28',
      name: 'generalizedTimeOrderingMatch',
      syntax: '.24',
      kind: 'ordering',
      normalise: normaliseTime,
      compare: compareTimes,
    },
    {
      oid: '2.5.13.29',
      name: 'integerFirstComponentMatch',
      syntax: '.27',
      kind: 'equality',
      of: ['.17'],
      normalise: (value) => normaliseInteger(Buffer.from(firstComponent(value))),
    },
    {
      oid: '2.5.13.30',
      name: 'objectIdentifierFirstComponentMatch',
      syntax: '.38',
      kind: 'equality',
      of: ['.3', '.16', '.54', '.30', '.31', '.35', '.37'],
      normalise: definition,
    },
    {
      oid: '2.5.13.34',
      name: 'certificateExactMatch',
      syntax: '1.3.6.1.1.15.1',
      kind: 'equality',
      of: ['.8'],
      normalise: (value) => certificateIdentity(schema, value),
    },
    {
      oid: '2.5.13.38',
      name: 'certificateListExactMatch',
      syntax: '1.3.6.1.1.15.5',
      kind: 'equality',
      of: ['.9'],
      normalise: list,
    },
    {
      oid: '1.3.6.1.4.1.1466.109.114.1',
      name: 'caseExactIA5Match',
      syntax: '.26',
      kind: 'equality',
      ...ia5(false),
    },
    {
      oid: '1.3.6.1.4.1.1466.109.114.2',
      name: 'caseIgnoreIA5Match',
      syntax: '.26',
      kind: 'equality',
      ...ia5(true),
    },
    {
      oid: '1.3.6.1.4.1.1466.109.114.3',
      name: 'caseIgnoreIA5SubstringsMatch',
      syntax: substringAssertion,
      kind: 'substrings',
      of: ['.26'],
      ...textParts(true),
    },
    {
      oid: '1.3.6.1.4.1.4203.1.2.1',
      name: 'caseExactIA5SubstringsMatch',
      syntax: substringAssertion,
      kind: 'substrings',
      of: ['.26'],
      ...textParts(false),
    },
    {
      oid: '1.3.6.1.1.16.2',
      name: 'uuidMatch',
      syntax: '1.3.6.1.1.16.1',
      kind: 'equality',
      normalise: normaliseUuid,
    },
    {
      oid: '1.3.6.1.1.16.3',
      name: 'uuidOrderingMatch',
      syntax: '1.3.6.1.1.16.1',
      kind: 'ordering',
      normalise: normaliseUuid,
    },
    {
      oid: `${bauhiniaArc}.5.1`,
      name: 'bauhiniaNameMatch',
      syntax: '.15',
      kind: 'equality',
      of: directoryStrings,
      normalise: foldName,
    },
  ];
}

/** The arc of this project's own schema: 2.25 and the UUID e019a2e7-6a30-4b8e-861a-a9348db67d4c as an integer. */
const bauhiniaArc = '2.25.297880182562209654873827882643406355788';

/** Name of the rule behind `~=` on names: as caseIgnoreMatch, and hyphens, commas and full stops count as spaces. */
export const nameMatch = 'bauhiniaNameMatch';

/** All rules. `schema` is what they look names up in, at the time of matching. */
export function matchingRules(
  schema: Pick<Schema, 'attributeType' | 'objectClass' | 'matchingRule'>,
): MatchingRule[] {
  return ruleRows(schema).map((row) => ({
    oid: row.oid,
    name: row.name,
    syntax: full(row.syntax),
    attributeSyntaxes: (row.of ?? [row.syntax]).map(full),
    kind: row.kind,
    normalise: row.normalise,
    normalisePart: row.normalisePart ?? ((part) => row.normalise(part)),
    compare: row.compare ?? compareText,
  }));
}
