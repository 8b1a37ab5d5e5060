// `bauhinia organisation list, change`: the B/Ds as they stand, and what of them an operator sets.
import { changeOrganisation } from '../directory/commands/organisation_change.ts';
import type { CommandLine } from './command_line.ts';
import { declare } from './declare.ts';
import { organisationByCode } from './lookup.ts';
import { emptyIsNone, given } from './options.ts';

interface ChangeOptions {
  nameEn?: string;
  nameZh?: string;
  mailDomain?: string;
  helpContactEn?: string;
  helpContactZh?: string;
}

export function organisationCommands(line: CommandLine): void {
  const group = declare(
    line.program,
    'organisation',
    'Bureaux, departments and their branches.',
    'organisation list',
  );
  declare(
    group,
    'list',
    'Lists organisations in the order of Chinese lists.',
    'organisation list --json',
  ).action(async () => {
    await line.withSession(async (session, output) => {
      const { listOrganisations } = await import('../database/console_lists.ts');
      const organisations = await listOrganisations(session.database, session.clock.now());
      output.table(organisations, ['code', 'name_en', 'name_zh', 'kind', 'parent', 'mail_domain']);
    });
  });
  declare(
    group,
    'change <code>',
    'Changes names, mail domain and help contact of an organisation.',
    "organisation change CSB --help-contact-en 'CSB help desk 2810 2000' --help-contact-zh '公務員事務局支援服務台 2810 2000'",
    'organisation change OGCIO --mail-domain digitalpolicy.gov.hk',
  )
    .option('--name-en <name>')
    .option('--name-zh <name>')
    .option('--mail-domain <domain>', "of its people's addresses; '' for none")
    .option('--help-contact-en <text>', "shown to its people when they cannot go on; '' for none")
    .option('--help-contact-zh <text>', 'the same in Chinese')
    .action(async (code: string, options: ChangeOptions) => {
      await line.withSession(async (session, output) => {
        const { uuid } = await organisationByCode(session.tables, code);
        const changes = given({
          name_en: options.nameEn,
          name_zh: options.nameZh,
          mail_domain: emptyIsNone(options.mailDomain),
          help_contact_en: emptyIsNone(options.helpContactEn),
          help_contact_zh: emptyIsNone(options.helpContactZh),
        });
        const { organisation } = await session.run(changeOrganisation, { organisation: uuid, changes });
        const {
          code: changed,
          name_en,
          name_zh,
          mail_domain,
          help_contact_en,
          help_contact_zh,
        } = organisation;
        output.fields({ code: changed, name_en, name_zh, mail_domain, help_contact_en, help_contact_zh });
      });
    });
}
