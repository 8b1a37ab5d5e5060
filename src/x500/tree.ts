// The directory information tree: where each kind of object stands below the suffix, and the entries that only hold others.
import { createHash } from 'node:crypto';
import type { ObjectKind } from '../directory/access.ts';
import { dnOf, rdnOf } from './dn.ts';
import type { AttributeValues } from './entry.ts';

/** RDN value (`ou`) of the containers below the suffix. */
const containerNames = ['people', 'organisations', 'groups', 'systems', 'pki'] as const;
export type ContainerName = (typeof containerNames)[number];

/** An object as an entry, before it is encoded. */
export interface ProjectedEntry {
  dn: string;
  /** DN of the superior entry; null for the suffix. */
  superior: string | null;
  kind: ObjectKind;
  uuid: string;
  /** uuid of the organisation it belongs to; null for what belongs to none. */
  organisation: string | null;
  attributes: AttributeValues[];
}

export const subschemaDn = 'cn=subschema';

export function containerDn(name: ContainerName, suffix: string): string {
  return dnOf([['ou', name]], suffix);
}

export function personDn(uid: string, suffix: string): string {
  return dnOf([['uid', uid]], containerDn('people', suffix));
}

export function groupDn(name: string, suffix: string): string {
  return dnOf([['cn', name]], containerDn('groups', suffix));
}

/** DN of a relying system, which its service account binds as. */
export function systemDn(code: string, suffix: string): string {
  return dnOf([['cn', code]], containerDn('systems', suffix));
}

/** DN of a certificate authority. */
export function authorityDn(name: string, suffix: string): string {
  return dnOf([['cn', name]], containerDn('pki', suffix));
}

const descriptions: Record<ContainerName, string> = {
  people: 'Officers and others with an account',
  organisations: 'Bureaux and departments, their units and posts',
  groups: 'Groups',
  systems: 'Systems that rely on this directory',
  pki: 'Certification authorities and their revocation lists',
};

/** A UUID made of the DN (RFC 9562 version 8), so that every worker and every start gives a container the same one. */
function uuidOfDn(dn: string): string {
  const octets = createHash('sha256').update(dn.toLowerCase()).digest().subarray(0, 16);
  octets[6] = 0x80 | ((octets[6] ?? 0) & 0x0f);
  octets[8] = 0x80 | ((octets[8] ?? 0) & 0x3f);
  return octets.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}

/** Classes and naming of the suffix by what its first RDN is. Other types of RDN name an organisation all the same. */
function suffixAttributes(suffix: string): AttributeValues[] {
  const naming = rdnOf(suffix).rdn.map(({ type, value }) => ({
    description: type.toLowerCase(),
    values: [value.toString('utf8')],
  }));
  const type = naming[0]?.description;
  const organisation = { description: 'o', values: ['Government'] };
  switch (type) {
    case 'dc':
      return [classes('organization', 'dcObject'), ...naming, organisation];
    case 'ou':
      return [classes('organizationalUnit'), ...naming];
    case 'c':
      return [classes('country'), ...naming];
    case 'o':
      return [classes('organization'), ...naming];
    default:
      return [classes('organization', 'extensibleObject'), ...naming, organisation];
  }
}

function classes(...names: string[]): AttributeValues {
  return { description: 'objectClass', values: ['top', ...names] };
}

/** The suffix entry and the containers below it, superiors first. Error: invalid_dn, when the suffix is none. */
export function containers(suffix: string): ProjectedEntry[] {
  const build = (dn: string, superior: string | null, attributes: AttributeValues[]): ProjectedEntry => ({
    dn,
    superior,
    kind: superior === null ? 'suffix' : 'container',
    uuid: uuidOfDn(dn),
    organisation: null,
    attributes: [
      ...attributes,
      { description: 'structuralObjectClass', values: [String(attributes[0]?.values[1])] },
      { description: 'entryUUID', values: [uuidOfDn(dn)] },
      { description: 'entryDN', values: [dn] },
      { description: 'subschemaSubentry', values: [subschemaDn] },
    ],
  });
  return [
    build(suffix, null, suffixAttributes(suffix)),
    ...containerNames.map((name) =>
      build(containerDn(name, suffix), suffix, [
        classes('organizationalUnit'),
        { description: 'ou', values: [name] },
        { description: 'description', values: [descriptions[name]] },
      ]),
    ),
  ];
}

/** What the replica knows of an entry from those around it. Left out: what does not apply. */
export interface Surroundings {
  /** DNs of a group's direct members. */
  member?: readonly string[];
  /** DNs of all groups that the object belongs to, by way of other groups too. */
  memberOf?: readonly string[];
  /** How many entries lie directly below. */
  subordinates: number;
}

/** The entry's attributes with those that depend on other entries. Order does not matter: encodeEntry arranges it. */
export function withSurroundings(
  attributes: readonly AttributeValues[],
  { member = [], memberOf = [], subordinates }: Surroundings,
): AttributeValues[] {
  return [
    ...attributes,
    { description: 'member', values: member },
    { description: 'memberOf', values: memberOf },
    { description: 'hasSubordinates', values: [subordinates > 0 ? 'TRUE' : 'FALSE'] },
    { description: 'numSubordinates', values: [String(subordinates)] },
  ];
}
