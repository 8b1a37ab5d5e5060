// The migrations in their order, by name. An explicit list, so that source and build carry the same names.
// A migration that has landed is never edited; it must be safe while the previous release still runs.
import type { Knex } from 'knex';
import * as organisationsAndPeople from './0001_organisations_and_people.ts';
import * as accounts from './0002_accounts.ts';
import * as certificates from './0003_certificates.ts';
import * as feedAndTrail from './0004_feed_and_trail.ts';
import * as credentialResets from './0005_credential_resets.ts';
import * as credentialHistory from './0006_credential_history.ts';
import * as helpContact from './0007_help_contact.ts';
import * as logoutNotices from './0008_logout_notices.ts';
import * as enteringSystems from './0009_entering_systems.ts';
import * as addressesOfGroupsAndPosts from './0010_addresses_of_groups_and_posts.ts';
import * as oneSubstantiveHolder from './0011_one_substantive_holder.ts';
import * as postNumberNormalForm from './0012_post_number_normal_form.ts';
import * as addressesGivenUp from './0013_addresses_given_up.ts';

interface NamedMigration {
  name: string;
  migration: Knex.Migration;
}

const migrations: readonly NamedMigration[] = [
  { name: '0001_organisations_and_people', migration: organisationsAndPeople },
  { name: '0002_accounts', migration: accounts },
  { name: '0003_certificates', migration: certificates },
  { name: '0004_feed_and_trail', migration: feedAndTrail },
  { name: '0005_credential_resets', migration: credentialResets },
  { name: '0006_credential_history', migration: credentialHistory },
  { name: '0007_help_contact', migration: helpContact },
  { name: '0008_logout_notices', migration: logoutNotices },
  { name: '0009_entering_systems', migration: enteringSystems },
  { name: '0010_addresses_of_groups_and_posts', migration: addressesOfGroupsAndPosts },
  { name: '0011_one_substantive_holder', migration: oneSubstantiveHolder },
  { name: '0012_post_number_normal_form', migration: postNumberNormalForm },
  { name: '0013_addresses_given_up', migration: addressesGivenUp },
];

/** Hands the list above to Knex. */
export const migrationSource: Knex.MigrationSource<NamedMigration> = {
  getMigrations: async () => [...migrations],
  getMigrationName: (named) => named.name,
  getMigration: async (named) => named.migration,
};
