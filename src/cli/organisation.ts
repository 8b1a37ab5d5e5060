// `bauhinia organisation list`: the B/Ds as they stand.
import type { CommandLine } from './command_line.ts';
import { declare } from './declare.ts';

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
}
