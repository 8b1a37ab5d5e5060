// Debian's programs as an officer's and an administrator's shell runs them.
import { execFile } from 'node:child_process';

export interface Outcome {
  status: number;
  stdout: string;
  stderr: string;
}

/** Runs a program with nothing of our environment but the path. */
export function run(
  program: string,
  args: string[],
  options: { environment?: Record<string, string>; cwd?: string } = {},
): Promise<Outcome> {
  const settings = {
    env: { PATH: process.env.PATH ?? '', HOME: '/nonexistent', ...options.environment },
    ...(options.cwd !== undefined && { cwd: options.cwd }),
    timeout: 60_000,
    maxBuffer: 64 * 1024 * 1024,
  };
  return new Promise((settle) => {
    const child = execFile(program, args, settings, (error, stdout, stderr) =>
      settle({ status: error === null ? 0 : (child.exitCode ?? -1), stdout, stderr }),
    );
  });
}

/** As `run`; throws with the program's own words when it fails. */
export async function mustRun(...call: Parameters<typeof run>): Promise<string> {
  const { status, stdout, stderr } = await run(...call);
  if (status !== 0) throw new Error(`${call[0]} ${call[1].join(' ')}: ${status}\n${stderr}${stdout}`);
  return stdout;
}

/** Values of an attribute in LDIF (RFC 2849), lines unfolded, base64 decoded. */
export function ldifValues(ldif: string, description: string): Buffer[] {
  const found: Buffer[] = [];
  for (const line of ldif.replaceAll('\n ', '').split('\n')) {
    const [, name, encoded, value = ''] = /^([^:]+):(:?) ?(.*)$/.exec(line) ?? [];
    if (name?.toLowerCase() !== description.toLowerCase()) continue;
    found.push(Buffer.from(value, encoded === ':' ? 'base64' : 'utf8'));
  }
  return found;
}
