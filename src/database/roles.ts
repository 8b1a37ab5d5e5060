// Two roles of PostgreSQL: the owner makes and changes tables, and nothing else connects as it; the application reads and
// writes rows. What was done (the change feed, the audit trail) the application may add to and never alter, so that a
// flaw in the service cannot rewrite its own record.
import type { Knex } from 'knex';

/** Where a database is, for each of its two roles. They are the same role where the operator gave one URL alone. */
export interface DatabaseUrls {
  /** The application's: what the service, its workers and the command line work with. */
  readonly url: string;
  /** The owner's: migrations alone. */
  readonly ownerUrl: string;
}

/** Tables that rows are added to and never change. */
const appendOnly = ['change', 'audit_event'] as const;
/** Tables that migrations and triggers alone write. */
const ofTheOwner = ['migration', 'migration_lock', 'mail_name'] as const;

/** The role that a URL connects as. */
export function roleOf(url: string): string {
  return decodeURIComponent(new URL(url).username);
}

/** Gives the application's role what it needs, and takes from it what it must not have. The owner runs this. */
export async function grantToApplication(owner: Knex, application: string): Promise<void> {
  await owner.transaction(async (transaction) => {
    const run = async (statement: string, ...names: readonly string[]): Promise<void> => {
      await transaction.raw(statement, [...names, application]);
    };
    await run('grant usage on schema public to ??');
    await run('revoke all on all tables in schema public from ??');
    await run('grant select, insert, update, delete on all tables in schema public to ??');
    await run('grant usage, select on all sequences in schema public to ??');
    for (const table of appendOnly) await run('revoke update, delete on ?? from ??', table);
    for (const table of ofTheOwner) await run('revoke insert, update, delete on ?? from ??', table);
  });
}
