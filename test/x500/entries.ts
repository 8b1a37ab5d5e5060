// Entries for tests, encoded as the replica encodes them.
import type { Visibility } from '../../src/directory/access.ts';
import { normaliseDn } from '../../src/x500/dn.ts';
import { encodeEntry, LayoutTable } from '../../src/x500/encode_entry.ts';
import type { AttributeValues, Entry } from '../../src/x500/entry.ts';
import { loadSchema } from '../../src/x500/load_schema.ts';

export const schema = loadSchema();
export const layouts = new LayoutTable();

export const everything: Visibility = {
  attributes: 'all',
  kinds: new Set(),
  population: null,
  self: null,
  formerStaff: true,
  scopes: [],
  selfAttributes: new Set(),
};

/** A reader who sees `names` of everybody and `own` besides on their own entry. */
export function seeing(names: string[], own: string[] = [], self: string | null = null): Visibility {
  return { ...everything, attributes: new Set(names), self, selfAttributes: new Set(own) };
}

export function listOf(attributes: Record<string, (string | Buffer)[]>): AttributeValues[] {
  return Object.entries(attributes).map(([description, values]) => ({ description, values }));
}

export function makeEntry(
  attributes: Record<string, (string | Buffer)[]> | AttributeValues[],
  dn = 'uid=x,ou=people,dc=gov,dc=hk',
  uuid = '00000000-0000-4000-8000-000000000001',
): Entry {
  const { layout, wire } = encodeEntry(
    schema,
    layouts,
    Array.isArray(attributes) ? attributes : listOf(attributes),
  );
  return {
    id: 1,
    parent: null,
    uuid,
    kind: 'person',
    organisation: null,
    standing: 'in_service',
    dn,
    dnOctets: Buffer.from(dn),
    key: normaliseDn(schema, dn),
    layout,
    wire: () => wire,
  };
}
