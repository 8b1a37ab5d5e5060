// `bauhinia export ldif`: what the directory publishes, as RFC 2849 content records, parents before what lies below them.
// It shows everything, so the audit trail has it before the first octet leaves.
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { CommandLine } from './command_line.ts';
import { declare } from './declare.ts';
import type { ExportedDirectory } from './export_ldif.ts';
import { intoFiles } from './file.ts';

interface LdifOptions {
  base?: string;
  filter: string;
  userAttributes?: true;
  out?: string;
}

export function exportCommands(line: CommandLine): void {
  const group = declare(
    line.program,
    'export',
    'Copies of the directory for other programs.',
    'export ldif --out directory.ldif',
  );

  declare(
    group,
    'ldif',
    'Writes the directory as LDIF, parents first. The audit trail records it.',
    'export ldif --out directory.ldif',
    "export ldif --base ou=people,dc=gov,dc=hk --filter '(objectClass=person)' --user-attributes",
  )
    .option('--base <dn>', 'only this entry and what lies below it (the suffix)')
    .option('--filter <filter>', 'only entries that match (RFC 4515)', '(objectClass=*)')
    .option('--user-attributes', 'leaves operational attributes out, except entryUUID, for slapadd')
    .option('--out <file>', 'writes to a new file, and prints how many entries it holds')
    .action(async (options: LdifOptions) => {
      await line.withSession(async (session, output) => {
        const { exportDirectory } = await import('./export_ldif.ts');
        const base = options.base ?? session.settings.suffix;
        const query = { base, filter: options.filter, userAttributes: options.userAttributes === true };
        if (options.out === undefined) {
          const { records } = await exportDirectory(session, query);
          await pipeline(Readable.from(records), line.streams.out, { end: false });
          return;
        }
        const wanted = {
          path: options.out,
          secret: true, // names, numbers and clearances of everybody
          content: ({ records }: ExportedDirectory) => records,
        };
        const { entries } = await intoFiles([wanted], () => exportDirectory(session, query));
        output.answer({ file: options.out, base, entries }, `${entries} entries in ${options.out}`);
      });
    });
}
