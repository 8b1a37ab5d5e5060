// Rules of organisations (B/Ds, their branches, departments) and of the units inside them.
// Names follow the government's common schemas; codes follow its department code list ('CSB', 'FSTB-TB').
import { OperationError } from '../errors.ts';
import {
  type FieldParsers,
  parseDomain,
  parseExtension,
  parseOptionalReference,
  parseOptionalText,
  parseReference,
  parseText,
  parseWord,
} from './field.ts';
import { officialName } from './name.ts';
import type { OrganisationRow, UnitRow } from './tables.ts';
import { clearanceLevels, organisationKinds, unitKinds } from './vocabulary.ts';

const code = {
  expression: /^[A-Z][A-Z0-9]*(-[A-Z0-9]+)*$/,
  form: "upper-case letters and digits ('FSTB-TB')",
};
const unitCode = { expression: /^[A-Z0-9]+(-[A-Z0-9]+)*$/, form: "upper-case letters and digits ('AD-1')" };

export type OrganisationColumns = Omit<OrganisationRow, 'uuid' | 'valid_from' | 'valid_to'>;

export const organisationFields: FieldParsers<OrganisationColumns> = {
  code: (value) => parseText('code', value, { max: 24, pattern: code }),
  name_en: (value) => parseText('name_en', value, officialName(160)),
  name_zh: (value) => parseText('name_zh', value, officialName(80)),
  kind: (value) => parseWord('kind', value, organisationKinds),
  parent: (value) => parseOptionalReference('parent', value),
  mail_domain: (value) => (value === undefined || value === null ? null : parseDomain('mail_domain', value)),
  help_contact_en: (value) => parseOptionalText('help_contact_en', value, { max: 200 }),
  help_contact_zh: (value) => parseOptionalText('help_contact_zh', value, { max: 100 }),
  stroke_order: (value) => (value === undefined || value === null ? null : parseStrokeOrder(value)),
  clearance_ceiling: (value) => parseWord('clearance_ceiling', value ?? 'RESTRICTED', clearanceLevels),
  extension: parseExtension,
};

function parseStrokeOrder(value: unknown): number {
  if (typeof value === 'number' && Number.isInteger(value) && value >= 0 && value <= 32_767) return value;
  throw new OperationError('invalid_value', 'stroke_order must be a whole number between 0 and 32767');
}

export type UnitColumns = Omit<UnitRow, 'uuid' | 'valid_from' | 'valid_to'>;

export const unitFields: FieldParsers<UnitColumns> = {
  organisation: (value) => parseReference('organisation', value),
  parent: (value) => parseOptionalReference('parent', value),
  code: (value) => parseText('code', value, { max: 32, pattern: unitCode }),
  name_en: (value) => parseText('name_en', value, officialName(160)),
  name_zh: (value) => parseOptionalText('name_zh', value, officialName(80)),
  kind: (value) => parseWord('kind', value, unitKinds),
};
