// The two entries that belong to the server and not to the directory: the root DSE (RFC 4512 5.1) and the subschema
// (RFC 4512 4.2). Anybody may read them. They are filtered and selected from like every other entry.
import type { Visibility } from '../directory/access.ts';
import { normaliseDn } from '../x500/dn.ts';
import { encodeEntry, LayoutTable } from '../x500/encode_entry.ts';
import type { AttributeValues, Entry } from '../x500/entry.ts';
import { NormalForms } from '../x500/remembered_forms.ts';
import type { Schema } from '../x500/schema.ts';
import { subschemaAttributes } from '../x500/subschema.ts';
import { subschemaDn } from '../x500/tree.ts';
import { supportedControls } from './controls.ts';

export interface OwnEntry {
  readonly entry: Entry;
  /** Normal forms of its values, each made once: strangers may ask for all of them. */
  readonly forms: NormalForms;
}

export interface OwnEntries {
  /** The server's own entry of that DN, or undefined. Error: invalid_dn. */
  find(dn: string): OwnEntry | undefined;
}

/** Everything in them is for everybody. */
export const everythingVisible: Visibility = {
  attributes: 'all',
  kinds: new Set(['container']),
  population: null,
  self: null,
  formerStaff: true,
  scopes: [],
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
  const make = (id: number, dn: string, attributes: AttributeValues[]): OwnEntry => {
    const { layout, wire } = encodeEntry(schema, layouts, attributes);
    const dnOctets = Buffer.from(dn);
    const key = normaliseDn(schema, dn);
    const uuid = '';
    const entry: Entry = {
      id,
      parent: null,
      uuid,
      kind: 'container',
      organisation: null,
      standing: 'in_service',
      dn,
      dnOctets,
      key,
      layout,
      wire: () => wire,
    };
    return { entry, forms: new NormalForms(true) };
  };
  const rootDse = make(0, '', rootDseAttributes(facts));
  const subschema = make(1, subschemaDn, subschemaAttributes(schema, started));
  return {
    find(dn) {
      if (dn === '') return rootDse;
      if (dn.includes(',')) return undefined; // its name is a single RDN: all others are spared their parsing
      return normaliseDn(schema, dn) === subschema.entry.key ? subschema : undefined;
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
