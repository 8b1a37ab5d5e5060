// `bauhinia serve` and `migrate`, and the entry of the worker processes, which help does not show.
import type { CommandLine } from './command_line.ts';
import { declare } from './declare.ts';

export function serviceCommands(line: CommandLine): void {
  declare(
    line.program,
    'serve',
    'Starts the service: LDAP, sign-on, certificates. Ends with SIGTERM or SIGINT.',
    'serve --demo',
    'serve',
  )
    .option('--demo', 'makes BAUHINIA_DEMO 1 where nothing else is set: demo staff on an empty database')
    .action(async (options: { demo?: true }) => {
      const { settings, log } = line.open(options.demo === true ? { BAUHINIA_DEMO: '1' } : {});
      const { serve } = await import('../server/serve.ts');
      line.endWith(await serve(settings, log));
    });

  line.program.command('worker', { hidden: true }).action(async () => {
    const { runWorker } = await import('../server/worker.ts');
    await runWorker();
  });

  declare(
    line.program,
    'migrate',
    'Brings the database to the schema of this release. Safe while the service runs, and under several at once.',
    'migrate',
  ).action(async () => {
    const { settings, log } = line.open();
    const [{ withDatabase }, { migrate }] = await Promise.all([
      import('./session.ts'),
      import('../database/migrate.ts'),
    ]);
    await withDatabase(settings, log, async (urls) => {
      const migrations = await migrate(urls, log);
      const text = migrations.length === 0 ? 'the schema is up to date' : migrations.join('\n');
      line.output().answer({ migrations }, text);
    });
  });
}
