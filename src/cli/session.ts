// The directory as a command of the operator has it: opened, used once, closed. The operator acts as `console`; the
// request says which account of the operating system it was.
import { randomUUID } from 'node:crypto';
import { userInfo } from 'node:os';
import { type AuditWriter, createAuditWriter } from '../audit/trail.ts';
import { createAuditStore } from '../database/audit_store.ts';
import type { DatabaseUrls } from '../database/roles.ts';
import { requireSchema } from '../database/schema_state.ts';
import { builtinIdentity } from '../directory/builtin.ts';
import type { Command, RequestOrigin } from '../directory/ports.ts';
import type { Log } from '../log.ts';
import { createClosers } from '../server/lifecycle.ts';
import { masterKeyOf, type OpenDirectory, openDatabase, openDirectory } from '../server/open_directory.ts';
import type { Settings } from '../settings.ts';

export interface Session extends OpenDirectory {
  readonly origin: RequestOrigin;
  readonly audit: AuditWriter;
  /** Runs a command of the directory as the console. */
  run<Input, Result>(command: Command<Input, Result>, input: Input): Promise<Result>;
}

const applicationName = 'bauhinia command line';
const closeDeadlineMs = 15_000;

function operatingSystemUser(): string {
  try {
    return userInfo().username.replaceAll(/[^A-Za-z0-9._-]/g, '_');
  } catch {
    return `uid${process.getuid?.() ?? ''}`; // a container may run as an account that has no name
  }
}

function consoleOrigin(): RequestOrigin {
  return {
    identity: builtinIdentity('console'),
    request: `cli-${operatingSystemUser()}-${randomUUID()}`,
  };
}

/** Opens a database that answers, and closes it (and stops it, where this command started it) after `work`. */
export async function withDatabase(
  settings: Settings,
  log: Log,
  work: (urls: DatabaseUrls) => Promise<void>,
): Promise<void> {
  const closers = createClosers(log);
  try {
    await work(await openDatabase(settings, { patienceMs: 0, log, closers }));
  } finally {
    await closers.close(closeDeadlineMs);
  }
}

/** Opens the directory for `work`. Errors: unavailable, configuration (no schema, no master key), and those of `work`. */
export async function withSession(
  settings: Settings,
  log: Log,
  work: (session: Session) => Promise<void>,
): Promise<void> {
  const closers = createClosers(log);
  try {
    const { url: databaseUrl } = await openDatabase(settings, { patienceMs: 0, log, closers });
    const masterKey = await masterKeyOf(settings);
    const directory = await openDirectory({
      settings,
      databaseUrl,
      masterKey,
      applicationName,
      log,
      closers,
    });
    await requireSchema(directory.database);
    const audit = createAuditWriter({ store: createAuditStore(directory.database), log });
    closers.push('audit trail', () => audit.close());
    const origin = consoleOrigin();
    await work({
      ...directory,
      origin,
      audit,
      run: async (command, input) => (await directory.runner.run(command, input, origin)).output,
    });
    await audit.flush(); // what cannot be recorded is not done: the command fails
  } finally {
    await closers.close(closeDeadlineMs);
  }
}
