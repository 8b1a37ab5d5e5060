// Rules of groups. Members are listed (static) or follow from a rule over organisation, rank and category.
import { OperationError } from '../errors.ts';
import {
  type FieldParsers,
  parseOptionalMailAddress,
  parseOptionalReference,
  parseOptionalText,
  parseText,
  parseWord,
} from './field.ts';
import type { GroupRow } from './tables.ts';
import { employmentCategories, type GroupKind } from './vocabulary.ts';

const name = {
  expression: /^[A-Za-z0-9]+([._-][A-Za-z0-9]+)*$/,
  form: "letters and digits, parted by . _ or - ('csb-all-staff')",
};
/** Below lie the systems' own groups; above, 32-bit signed clients go wrong (RFC 2307 gidNumber). */
const gidRange = { lowest: 1000, highest: 2_147_483_647 } as const;
/** Below, machines number their own people's groups from 1000 and their services' to 65535; directories begin here (SSSD). */
export const firstDirectoryGid = 200_000;

/** `approval` waits for approvals: until then its members would be listed like any others, which its name denies. */
const offeredKinds = ['static', 'rule'] as const satisfies GroupKind[];

export type GroupColumns = Omit<GroupRow, 'uuid'>;

export const groupFields: FieldParsers<GroupColumns> = {
  name: (value) => parseText('name', value, { max: 64, pattern: name }),
  description: (value) => parseOptionalText('description', value, { max: 256 }),
  organisation: (value) => parseOptionalReference('organisation', value),
  kind: (value) => parseWord('kind', value ?? 'static', offeredKinds),
  rule: parseRule,
  gid_number: parseGidNumber,
  mail: (value) => parseOptionalMailAddress('mail', value),
};

/** Error: invalid_value, unless rule groups have a rule and others have none. */
export function requireRuleOfKind(group: Pick<GroupRow, 'kind' | 'rule'>): void {
  if ((group.kind === 'rule') !== (group.rule !== null)) {
    throw new OperationError('invalid_value', 'rule is for groups of kind rule, and they need one');
  }
}

function parseRule(value: unknown): GroupRow['rule'] {
  if (value === undefined || value === null) return null;
  if (typeof value !== 'object') throw new OperationError('invalid_value', 'rule must hold conditions');
  const conditions: Record<string, unknown> = { ...value };
  const unknown = Object.keys(conditions).find((key) => !['organisation', 'rank', 'category'].includes(key));
  if (unknown !== undefined)
    throw new OperationError('invalid_value', 'rule knows organisation, rank, category');
  const organisation = parseOptionalReference('rule.organisation', conditions.organisation);
  const rank = parseOptionalText('rule.rank', conditions.rank, { max: 24 });
  const { category } = conditions;
  const rule = {
    ...(organisation !== null && { organisation }),
    ...(rank !== null && { rank }),
    ...(category !== undefined && { category: parseWord('rule.category', category, employmentCategories) }),
  };
  if (Object.keys(rule).length === 0) throw new OperationError('invalid_value', 'rule must hold a condition');
  return rule;
}

function parseGidNumber(value: unknown): number | null {
  if (value === undefined || value === null) return null;
  const { lowest, highest } = gidRange;
  if (typeof value === 'number' && Number.isInteger(value) && value >= lowest && value <= highest)
    return value;
  throw new OperationError(
    'invalid_value',
    `gid_number must be a whole number between ${lowest} and ${highest}`,
  );
}
