// Turns published records into entries (DESIGN section 4): names, classes and attributes of everything the directory shows.
// What depends on other entries (member, memberOf, subordinates) is added by withSurroundings in tree.ts.
import type { ExtensibleKind, RefuseExtension } from '../directory/rules.ts';
import type { Extension } from '../directory/tables.ts';
import { AttributeList, generalizedTime } from './attribute_list.ts';
import { dnOf } from './dn.ts';
import { classesOf, type ProjectedAttribute } from './extension.ts';
import { personAttributes } from './person_attributes.ts';
import {
  type AuthorityRecord,
  type GroupRecord,
  type OrganisationRecord,
  type PersonRecord,
  type PostRecord,
  type PublishedRecord,
  type SystemRecordRow,
  superiorOf,
  type UnitRecord,
} from './published.ts';
import {
  authorityDn,
  containerDn,
  groupDn,
  type ProjectedEntry,
  personDn,
  subschemaDn,
  systemDn,
} from './tree.ts';

export interface ProjectionContext {
  readonly refuseExtension: RefuseExtension;
  readonly suffix: string;
  /** DN of the entry that an organisation or a unit has now; undefined while it has none. */
  dnOf(kind: 'organisation' | 'unit', uuid: string): string | undefined;
}

/**
 * The entry that `record` is published as; null for a person without an account, whom nothing names. Organisations, units
 * and posts must come after what they hang below: one whose superior has no entry is a fault of the caller's.
 */
export function projectRecord(record: PublishedRecord, context: ProjectionContext): ProjectedEntry | null {
  switch (record.kind) {
    case 'organisation':
      return projectOrganisation(record, context);
    case 'unit':
      return projectUnit(record, context);
    case 'post':
      return projectPost(record, context);
    case 'person':
      return projectPerson(record, context);
    case 'group':
      return projectGroup(record, context);
    case 'system':
      return projectSystem(record, context);
    case 'authority':
      return projectAuthority(record, context);
  }
}

interface Place {
  dn: string;
  superior: string;
  uuid: string;
  organisation: string | null;
}

/** Adds what every entry has. */
function entryOf(record: PublishedRecord, place: Place, attributes: AttributeList<never>): ProjectedEntry {
  attributes
    .addOther('structuralObjectClass', attributes.structural)
    .addOther('entryUUID', place.uuid)
    .addOther('entryDN', place.dn)
    .addOther('createTimestamp', generalizedTime(record.stamps.created_at))
    .addOther('modifyTimestamp', generalizedTime(record.stamps.modified_at))
    .addOther('subschemaSubentry', subschemaDn);
  return { ...place, kind: record.kind, attributes: attributes.list };
}

/** Adds extension attributes. Whatever got into the column: what the rules refuse is not shown, and so matches nothing. */
function addExtension(
  attributes: AttributeList<never>,
  kind: ExtensibleKind,
  extension: Extension,
  { refuseExtension }: ProjectionContext,
): void {
  for (const [name, values] of Object.entries(extension)) {
    if (refuseExtension(kind, name, values) === null) attributes.addOther(name, ...values);
  }
}

function projectOrganisation(record: OrganisationRecord, context: ProjectionContext): ProjectedEntry {
  const { organisation } = record;
  const superior = superiorDn(record, context);
  const attributes = new AttributeList<ProjectedAttribute<'organisation'>>(...classesOf.organisation)
    .add('ou', organisation.code, organisation.name_en)
    .add('ou;lang-zh-hant', organisation.name_zh)
    .add('displayName', organisation.name_en)
    .add('displayName;lang-zh-hant', organisation.name_zh)
    .add('bauhiniaOrganisationCode', organisation.code)
    .add('bauhiniaOrganisationKind', organisation.kind)
    .add('bauhiniaStrokeOrder', organisation.stroke_order?.toString())
    .add('bauhiniaMailDomain', organisation.mail_domain)
    .add('bauhiniaHelpContact', organisation.help_contact_en)
    .add('bauhiniaHelpContact;lang-zh-hant', organisation.help_contact_zh)
    .add('bauhiniaClearanceCeiling', organisation.clearance_ceiling);
  const place = {
    dn: dnOf([['ou', organisation.code]], superior),
    superior,
    uuid: organisation.uuid,
    organisation: organisation.uuid,
  };
  addExtension(attributes, 'organisation', organisation.extension, context);
  return entryOf(record, place, attributes);
}

function superiorDn(record: PublishedRecord, context: ProjectionContext): string {
  const superior = superiorOf(record);
  if (superior === null) return containerDn('organisations', context.suffix);
  const dn = context.dnOf(superior.kind, superior.uuid);
  if (dn === undefined) throw new Error(`${superior.kind} ${superior.uuid} has no entry`);
  return dn;
}

function projectUnit(record: UnitRecord, context: ProjectionContext): ProjectedEntry {
  const { unit } = record;
  const superior = superiorDn(record, context);
  const attributes = new AttributeList('organizationalUnit', 'bauhiniaUnit')
    .add('ou', unit.code, unit.name_en)
    .add('ou;lang-zh-hant', unit.name_zh)
    .add('displayName', unit.name_en)
    .add('displayName;lang-zh-hant', unit.name_zh)
    .add('bauhiniaUnitKind', unit.kind);
  const place = {
    dn: dnOf([['ou', unit.code]], superior),
    superior,
    uuid: unit.uuid,
    organisation: unit.organisation,
  };
  return entryOf(record, place, attributes);
}

function projectPost(record: PostRecord, context: ProjectionContext): ProjectedEntry {
  const { post } = record;
  const superior = superiorDn(record, context);
  const attributes = new AttributeList<ProjectedAttribute<'post'>>(...classesOf.post)
    .add('cn', post.number, post.title_en)
    .add('cn;lang-zh-hant', post.title_zh)
    .add('title', post.title_en)
    .add('title;lang-zh-hant', post.title_zh)
    .add('roleOccupant', ...record.holders.map((uid) => personDn(uid, context.suffix)))
    .add('telephoneNumber', post.telephone)
    .add('facsimileTelephoneNumber', post.fax)
    .add('roomNumber', post.room)
    .add('mail', post.mail)
    .add('bauhiniaPostNumber', post.number)
    .add('bauhiniaPostKind', post.kind)
    .add('bauhiniaRank', record.rank_en)
    .add('bauhiniaRequiredClearance', post.required_clearance);
  const place = {
    dn: dnOf([['cn', post.number]], superior),
    superior,
    uuid: post.uuid,
    organisation: post.organisation,
  };
  addExtension(attributes, 'post', post.extension, context);
  return entryOf(record, place, attributes);
}

function projectPerson(record: PersonRecord, context: ProjectionContext): ProjectedEntry | null {
  const { account, person } = record;
  if (account === null) return null;
  const place = {
    dn: personDn(account.uid, context.suffix),
    superior: containerDn('people', context.suffix),
    uuid: person.uuid,
    organisation: record.organisation?.uuid ?? null,
  };
  const attributes = personAttributes(record, account);
  addExtension(attributes, 'person', person.extension, context);
  return entryOf(record, place, attributes);
}

function projectGroup(record: GroupRecord, context: ProjectionContext): ProjectedEntry {
  const { group } = record;
  const numbered = group.gid_number === null ? [] : ['posixGroup'];
  const attributes = new AttributeList('groupOfNames', 'bauhiniaGroup', ...numbered)
    .add('cn', group.name)
    .add('description', group.description)
    .add('gidNumber', group.gid_number?.toString())
    .add('mail', group.mail)
    .add('bauhiniaGroupKind', group.kind)
    .add('bauhiniaOrganisationUuid', group.organisation);
  const place = {
    dn: groupDn(group.name, context.suffix),
    superior: containerDn('groups', context.suffix),
    uuid: group.uuid,
    organisation: group.organisation,
  };
  return entryOf(record, place, attributes);
}

function projectSystem(record: SystemRecordRow, context: ProjectionContext): ProjectedEntry {
  const { system, account } = record;
  const attributes = new AttributeList('applicationProcess', 'bauhiniaRelyingSystem')
    .add('cn', system.code, system.name_en)
    .add('cn;lang-zh-hant', system.name_zh)
    .add('displayName', system.name_en)
    .add('displayName;lang-zh-hant', system.name_zh)
    .add('uid', account?.uid)
    .add('bauhiniaOrganisationUuid', system.organisation)
    .add('bauhiniaClassification', system.classification)
    .add('bauhiniaInformationOwner', system.information_owner)
    .add('bauhiniaReleasedAttribute', ...system.released_attributes)
    .add('bauhiniaClearanceApproved', system.clearance_approved ? 'TRUE' : 'FALSE')
    .add('bauhiniaAccountState', account?.state)
    .add('bauhiniaAccountKind', account?.kind)
    .add('bauhiniaAccountExpires', account?.expires_at && generalizedTime(account.expires_at));
  const place = {
    dn: systemDn(system.code, context.suffix),
    superior: containerDn('systems', context.suffix),
    uuid: system.uuid,
    organisation: system.organisation,
  };
  return entryOf(record, place, attributes);
}

function projectAuthority(record: AuthorityRecord, context: ProjectionContext): ProjectedEntry {
  const { authority } = record;
  const attributes = new AttributeList('applicationProcess', 'pkiCA')
    .add('cn', authority.name)
    .add('cACertificate;binary', authority.certificate)
    .add('certificateRevocationList;binary', authority.crl);
  const place = {
    dn: authorityDn(authority.name, context.suffix),
    superior: containerDn('pki', context.suffix),
    uuid: authority.uuid,
    organisation: null,
  };
  return entryOf(record, place, attributes);
}
