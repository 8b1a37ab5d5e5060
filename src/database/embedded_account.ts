// The account that PostgreSQL runs as. It refuses root, so root lends it an unprivileged account of its own through
// setuid(2) in spawn; any other user runs it directly. Says also which paths that account can reach.
import { execFile } from 'node:child_process';
import type { Stats } from 'node:fs';
import { access, readFile, realpath, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { promisify } from 'node:util';
import { OperationError } from '../errors.ts';
import type { Log } from '../log.ts';

const execute = promisify(execFile);

/** Whom to become before running PostgreSQL. */
export interface SystemAccount {
  readonly uid: number;
  readonly gid: number;
}

const accountName = 'bauhinia-postgres';

/** initdb looks its user up by number, so an account must be listed; these exist nearly everywhere and own little. */
const fallbackAccounts = ['postgres', 'nobody', 'daemon'];

/** How systems make a service account, in the order tried: shadow (Debian, Red Hat, Arch), then busybox. */
const creations: readonly (readonly [string, ...string[]])[] = [
  ['useradd', '--system', '--user-group', '--no-create-home', '--home-dir', '/nonexistent', accountName],
  ['adduser', '-S', '-D', '-H', '-h', '/nonexistent', accountName],
];

const systemPath = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

/** True when this process may, and therefore must, give up its privileges for PostgreSQL. */
const runsAsRoot = (): boolean => process.getuid?.() === 0;

/** The account to run PostgreSQL as, made when missing; undefined when it is simply the current user. */
export async function postgresAccount(log: Log): Promise<SystemAccount | undefined> {
  if (!runsAsRoot()) return undefined;
  const found = await lookUp(accountName);
  if (found !== undefined) return found;
  for (const [command, ...args] of creations) {
    // Failure is an answer too: the command is missing, /etc is read-only, or another starter was faster.
    await execute(command, args, { env: { PATH: systemPath } }).catch(() => undefined);
    const created = await lookUp(accountName);
    if (created !== undefined) return created;
  }
  for (const name of fallbackAccounts) {
    const existing = await lookUp(name);
    if (existing === undefined || existing.uid === 0) continue;
    log.warn({ account: name }, `account ${accountName} could not be made: PostgreSQL runs as ${name}`);
    return existing;
  }
  throw new OperationError(
    'configuration',
    `PostgreSQL does not run as root, and no unprivileged account was found or could be made: create ${accountName}, start as another user, or set BAUHINIA_DATABASE_URL`,
  );
}

async function lookUp(name: string): Promise<SystemAccount | undefined> {
  const passwd = await readFile('/etc/passwd', 'utf8').catch(() => '');
  const fields = passwd
    .split('\n')
    .map((line) => line.split(':'))
    .find(([first]) => first === name);
  if (fields === undefined) return undefined;
  return { uid: Number(fields[2]), gid: Number(fields[3]) };
}

const permission = { read: 4, enter: 1 } as const;

/**
 * True when `account` (the current user when undefined) may enter every folder above `path` and read or enter it.
 * Judged by mode bits: an access list can only make PostgreSQL fail later, with the path in its message.
 */
export async function canReach(
  account: SystemAccount | undefined,
  path: string,
  purpose: keyof typeof permission,
): Promise<boolean> {
  try {
    if (account === undefined) {
      await access(path, permission[purpose]);
      return true;
    }
    let current = await realpath(path);
    let bits: number = permission[purpose];
    for (;;) {
      if (!grants(await stat(current), account, bits)) return false;
      const parent = dirname(current);
      if (parent === current) return true;
      current = parent;
      bits = permission.enter;
    }
  } catch {
    return false; // what cannot even be looked at cannot be reached
  }
}

function grants(stats: Stats, account: SystemAccount, bits: number): boolean {
  const shift = stats.uid === account.uid ? 6 : stats.gid === account.gid ? 3 : 0;
  return ((stats.mode >> shift) & bits) === bits;
}
