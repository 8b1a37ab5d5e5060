// `bauhinia seed`: lays the data that every installation starts from and, where asked, demo or generated staff. Laying it
// again adds what is missing.
import { randomBytes } from 'node:crypto';
import type { SystemCode } from '../../seeds/relying_systems.ts';
import { OperationError } from '../errors.ts';
import type { CommandLine } from './command_line.ts';
import { declare } from './declare.ts';
import { numberOption } from './options.ts';
import type { Output } from './output.ts';
import { readSecret } from './secret.ts';
import type { Session } from './session.ts';

interface SeedOptions {
  demo?: true;
  staff?: number;
  password?: string;
  passwordFile?: string;
  randomSeed: number;
}

export function seedCommand(line: CommandLine): void {
  declare(
    line.program,
    'seed',
    'Migrates, then lays the B/Ds, ranks and first relying systems; with options also staff.',
    'seed',
    'seed --demo',
    'seed --staff 100000 --password-file secret.txt',
  )
    .option('--demo', 'lays the demonstration: some sixty officers, with a password everybody knows')
    .option(
      '--staff <n>',
      'lays n generated people u000001, u000002 …, who share one password',
      numberOption(1, 999_999),
    )
    .option(
      '--password <password>',
      'of the generated people; others on this machine can read it, so only for tests',
    )
    .option('--password-file <file>', "holds that password; '-' is standard input")
    .option('--random-seed <number>', 'another number gives other people', numberOption(0, 4_294_967_295), 1)
    .action(async (options: SeedOptions) => {
      if (options.password !== undefined && options.passwordFile !== undefined) {
        throw new OperationError('invalid_request', 'give --password or --password-file, not both');
      }
      const password =
        options.staff === undefined
          ? undefined
          : (options.password ?? (await readSecret('password', options.passwordFile, line.streams)));
      const { settings, log } = line.open({
        BAUHINIA_LOG_LEVEL: 'warn',
        ...(options.demo === true && { BAUHINIA_DEMO: '1' }),
      });
      if (options.demo === true && !settings.demo) {
        throw new OperationError(
          'configuration',
          'BAUHINIA_DEMO: seed --demo lays a password everybody knows, which takes demo mode',
        );
      }
      const [{ withDatabase, withSession }, { migrate }] = await Promise.all([
        import('./session.ts'),
        import('../database/migrate.ts'),
      ]);
      await withDatabase(settings, log, async (urls) => {
        const migrations = await migrate(urls, log);
        await withSession({ ...settings, databaseUrl: urls.url }, log, async (session) => {
          const laid = await laySeeds(session, line.output(), { ...options, password: password ?? null });
          line.output().fields({ migrations: migrations.length, ...laid });
          if (laid.secrets.length > 0) line.output().note('keep the secrets: nothing shows them again');
        });
      });
    });
}

interface Laid {
  base: boolean;
  secrets: { system: string; secret: string }[]; // of relying systems laid now; shown this once
  demo: boolean;
  staff: number;
}

async function laySeeds(
  session: Session,
  output: Output,
  options: Omit<SeedOptions, 'password'> & { password: string | null },
): Promise<Laid> {
  const [{ seedContext }, { seedBase }, secrets] = await Promise.all([
    import('../server/first_start.ts'),
    import('../../seeds/base.ts'),
    import('../../seeds/demo_secrets.ts'),
  ]);
  const context = { ...seedContext(session), identity: session.origin.identity };
  const generated = new Map<SystemCode, string>();
  const systemSecret = (code: SystemCode): string => {
    if (session.settings.demo) return secrets.demoSystemSecret(code);
    const secret = generated.get(code) ?? randomBytes(24).toString('base64url');
    generated.set(code, secret);
    return secret;
  };
  const { change } = await seedBase(context, systemSecret);
  const laid: Laid = {
    base: change !== null,
    secrets: [...generated].map(([system, secret]) => ({ system, secret })),
    demo: false,
    staff: 0,
  };
  if (options.demo === true) {
    const { seedDemo } = await import('../../seeds/demo.ts');
    laid.demo = (await seedDemo(context, secrets.demoPassword)).laid;
  }
  if (options.staff !== undefined && options.password !== null) {
    laid.staff = await layStaff(session, output, options.staff, options.password, options.randomSeed);
  }
  return laid;
}

async function layStaff(
  session: Session,
  output: Output,
  count: number,
  password: string,
  seed: number,
): Promise<number> {
  const [{ seedContext }, { seedPeople }] = await Promise.all([
    import('../server/first_start.ts'),
    import('../../seeds/generate.ts'),
  ]);
  const { laid } = await seedPeople(seedContext(session), {
    count,
    seed,
    passwordHash: await session.choices.publicPassword(password),
    onProgress: (done) => output.progress('laying staff', done, count),
  });
  return laid;
}
