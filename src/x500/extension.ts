// Attributes without a column of their own ("extension"): those that the object classes of an entry allow and that nothing
// else fills. What projection makes from columns is never taken from an extension, whatever its options: `mail;x-a` would
// match (mail=...) and lend one person another's identity.
import type { ExtensibleKind, RefuseExtension } from '../directory/rules.ts';
import { parseDescription, printDescription } from './attribute_description.ts';
import type { AttributeType, Schema } from './schema.ts';

/** Object classes by kind of object: the structural one first. */
export const classesOf = {
  organisation: ['organizationalUnit', 'bauhiniaOrganisation'],
  post: ['organizationalRole', 'bauhiniaPostObject'],
  person: ['inetOrgPerson', 'bauhiniaPerson'],
} as const satisfies Record<ExtensibleKind, readonly string[]>;

/** Attributes that projection.ts and person_attributes.ts make; the compiler holds them to this list. */
export const projectedAttributes = {
  organisation: [
    'ou',
    'displayName',
    'bauhiniaOrganisationCode',
    'bauhiniaOrganisationKind',
    'bauhiniaStrokeOrder',
    'bauhiniaMailDomain',
    'bauhiniaHelpContact',
    'bauhiniaClearanceCeiling',
  ],
  post: [
    'cn',
    'title',
    'roleOccupant',
    'telephoneNumber',
    'facsimileTelephoneNumber',
    'roomNumber',
    'mail',
    'bauhiniaPostNumber',
    'bauhiniaPostKind',
    'bauhiniaRank',
    'bauhiniaRequiredClearance',
  ],
  person: [
    'uid',
    'cn',
    'sn',
    'givenName',
    'displayName',
    'mail',
    'title',
    'o',
    'ou',
    'departmentNumber',
    'telephoneNumber',
    'facsimileTelephoneNumber',
    'roomNumber',
    'employeeNumber',
    'employeeType',
    'preferredLanguage',
    'userCertificate',
    'bauhiniaOrganisationCode',
    'bauhiniaOrganisationUuid',
    'bauhiniaPost',
    'bauhiniaActingPost',
    'bauhiniaRank',
    'bauhiniaEmploymentCategory',
    'bauhiniaMailAlias',
    'bauhiniaAlias',
    'bauhiniaClearance',
    'bauhiniaRecordedClearance',
    'bauhiniaDeliveryAddress',
    'bauhiniaPostTitle',
    'bauhiniaAccountState',
    'bauhiniaAccountKind',
    'bauhiniaAccountExpires',
    'pwdReset',
    'pwdAccountLockedTime',
  ],
} as const satisfies Record<ExtensibleKind, readonly string[]>;
export type ProjectedAttribute<Kind extends ExtensibleKind> = (typeof projectedAttributes)[Kind][number];

/** Secrets, and whom one encrypts to: only their own commands write them. */
const withheld = ['userPassword', 'userPKCS12', 'userSMIMECertificate'];
/** What names entries and says where somebody belongs, of every kind: with every type of our own it is made from columns. */
const naming = ['ou', 'o', 'cn', 'uid', 'dc', 'displayName'];
const isOurs = ({ names }: Pick<AttributeType, 'names'>): boolean =>
  names.some((name) => name.toLowerCase().startsWith('bauhinia'));
const languageTag = /^lang-[a-z0-9-]+$/;

/** Compiled once for a schema. */
export function extensionRules(schema: Schema): RefuseExtension {
  const ours = schema.attributeTypes.filter(isOurs);
  const rulesOf = (kind: ExtensibleKind) => {
    const names = ['objectClass', ...projectedAttributes[kind], ...withheld, ...naming];
    const classes = classesOf[kind].flatMap((name) => schema.objectClass(name) ?? []);
    return {
      owned: new Set([...ours, ...names.flatMap((name) => schema.attributeType(name) ?? [])]),
      offered: new Set(classes.flatMap(({ must, may }) => [...must, ...may])),
    };
  };
  const byKind = { organisation: rulesOf('organisation'), post: rulesOf('post'), person: rulesOf('person') };

  return function refuseExtension(kind, name, values) {
    const description = parseDescription(schema, name);
    if (description === undefined) return 'is not defined by the schema';
    const { type, options } = description;
    const { owned, offered } = byKind[kind];
    if (owned.has(type)) return 'is made from other fields';
    if (!offered.has(type) || type.operational || type.syntax.binary) {
      return `is not among those that ${classesOf[kind].join(' and ')} offer as text`;
    }
    if (!options.every((option) => languageTag.test(option)))
      return 'takes language tags as its only options';
    if (type.singleValue && values.length > 1) return 'takes a single value';
    const malformed = values.some((value) => !type.syntax.conforms(Buffer.from(value)));
    return malformed ? `must hold values of the syntax ${type.syntax.description}` : null;
  };
}

/** How each attribute description is spelled (RFC 4512 2.5: names, case, order and repetition of options mean nothing). */
export function descriptionSpelling(schema: Pick<Schema, 'attributeType'>): (description: string) => string {
  return (text) => {
    const description = parseDescription(schema, text);
    return description === undefined ? text : printDescription(description.type, description.options);
  };
}
