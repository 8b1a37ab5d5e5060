// Fragments of DDL that several migrations share. Landed migrations are literals: nothing here follows the vocabulary.

/**
 * The two columns of an effective-dated fact. A period may be empty (valid_from = valid_to): a fact withdrawn at the
 * instant it was to begin was never true, and its record stays.
 */
export const effectivePeriod = `
  valid_from timestamptz not null,
  valid_to timestamptz,
  constraint period_is_forward check (valid_to is null or valid_from <= valid_to)`;

/** Times of a published object itself, kept beside its row and outside the feed (createTimestamp, modifyTimestamp). */
export const objectStamps = `
  created_at timestamptz not null default now(),
  modified_at timestamptz not null default now()`;

/** The job of effective dates asks which periods begin or end in an interval. */
export function periodIndexes(table: string): string {
  return `
    create index ${table}_valid_from on ${table} (valid_from);
    create index ${table}_valid_to on ${table} (valid_to) where valid_to is not null;`;
}
