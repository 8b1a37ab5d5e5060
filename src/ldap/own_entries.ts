// The two entries that belong to the server and not to the directory: the root DSE (RFC 4512 5.1) and the subschema
// (RFC 4512 4.2). Anybody may read them. They are filtered and selected from like every other entry.
import type { Visibility } from '../directory/access.ts';
import { normaliseDn } from '../x500/dn.ts';
import { encodeEntry, LayoutTable } from '../x500/encode_entry.ts';
import type { AttributeValues, Entry } from '../x500/entry.ts';
import type { Schema } from '../x500/schema.ts';
import { subschemaDn } from '../x500/tree.ts';
import { supportedControls } from './controls.ts';

export interface OwnEntries {
  /** The server's own entry of that DN, or undefined. Error: invalid_dn. */
  find(dn: string): Entry | undefined;
}

/** Everything in them is for everybody. */
export const everythingVisible: Visibility = {
  attributes: 'all',
  kinds: new Set(['container']),
  population: null,
  self: null,
  selfAttributes: new Set(),
};

const allOperationalAttributes = '1.3.6.1.4.1.4203.1.5.1'; // RFC 3673
const attributesOfClass = '1.3.6.1.4.1.4203.1.5.2'; // RFC 4529
const absoluteFilters = '1.3.6.1.4.1.4203.1.5.3'; // RFC 4526
const languageTags = '1.3.6.1.4.1.4203.1.5.4'; // RFC 3866
const languageRanges = '1.3.6.1.4.1.4203.1.5.5';

export interface OwnEntryFacts {
  readonly suffix: string;
  readonly supportedExtensions: readonly string[];
  readonly vendorVersion: string;
  readonly startedAt: Date;
}

/** Built once a process: nothing in them changes while it runs. */
export function createOwnEntries(schema: Schema, facts: OwnEntryFacts): OwnEntries {
  const layouts = new LayoutTable();
  const started = `${facts.startedAt
    .toISOString()
    .replace(/[-:T]/g, '')
    .replace(/\.\d+Z$/, '')}Z`;
  const make = (id: number, dn: string, attributes: AttributeValues[]): Entry => {
    const { layout, wire } = encodeEntry(schema, layouts, attributes);
    const dnOctets = Buffer.from(dn);
    const key = normaliseDn(schema, dn);
    const uuid = '';
    return {
      id,
      parent: null,
      uuid,
      kind: 'container',
      organisation: null,
      dn,
      dnOctets,
      key,
      layout,
      wire: () => wire,
    };
  };
  const rootDse = make(0, '', rootDseAttributes(facts));
  const subschema = make(1, subschemaDn, subschemaAttributes(schema, started));
  return {
    find(dn) {
      if (dn === '') return rootDse;
      // Only names of about this length can be this one: the others are spared their parsing.
      if (dn.length > 4 * subschemaDn.length) return undefined;
      return normaliseDn(schema, dn) === subschema.key ? subschema : undefined;
    },
  };
}

const one = (description: string, value: string): AttributeValues => ({ description, values: [value] });

function rootDseAttributes(facts: OwnEntryFacts): AttributeValues[] {
  return [
    { description: 'objectClass', values: ['top', 'bauhiniaRootDse'] },
    one('namingContexts', facts.suffix),
    one('defaultNamingContext', facts.suffix),
    one('subschemaSubentry', subschemaDn),
    one('supportedLDAPVersion', '3'),
    { description: 'supportedControl', values: supportedControls },
    { description: 'supportedExtension', values: facts.supportedExtensions },
    {
      description: 'supportedFeatures',
      values: [allOperationalAttributes, attributesOfClass, absoluteFilters, languageTags, languageRanges],
    },
    one('vendorName', 'Bauhinia'),
    one('vendorVersion', facts.vendorVersion),
    one('entryDN', ''),
    one('structuralObjectClass', 'bauhiniaRootDse'),
  ];
}

function subschemaAttributes(schema: Schema, started: string): AttributeValues[] {
  const usedBy = (rule: string): string[] =>
    schema.attributeTypes
      .filter(({ equality, ordering, substrings }) =>
        [equality, ordering, substrings].some((own) => own?.oid === rule),
      )
      .map(({ name }) => name);
  const used = schema.matchingRules.map((rule) => ({ rule, types: usedBy(rule.oid) }));
  return [
    { description: 'objectClass', values: ['top', 'subentry', 'subschema'] },
    one('cn', 'subschema'),
    { description: 'objectClasses', values: schema.objectClasses.map(({ definition }) => definition) },
    { description: 'attributeTypes', values: schema.attributeTypes.map(({ definition }) => definition) },
    {
      description: 'ldapSyntaxes',
      values: schema.syntaxes.map(({ oid, description }) => `( ${oid} DESC '${description}' )`),
    },
    {
      description: 'matchingRules',
      values: schema.matchingRules.map(
        ({ oid, name, syntax }) => `( ${oid} NAME '${name}' SYNTAX ${syntax} )`,
      ),
    },
    {
      description: 'matchingRuleUse',
      values: used
        .filter(({ types }) => types.length > 0)
        .map(({ rule, types }) => `( ${rule.oid} NAME '${rule.name}' APPLIES ( ${types.join(' $ ')} ) )`),
    },
    one('createTimestamp', started),
    one('modifyTimestamp', started),
    one('subschemaSubentry', subschemaDn),
    one('entryDN', subschemaDn),
    one('structuralObjectClass', 'subentry'),
    one('hasSubordinates', 'FALSE'),
  ];
}
