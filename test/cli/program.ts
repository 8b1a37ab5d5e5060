// The command line as its tests run it: the real program from its source, and its tree of commands in this process.
import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { Readable, Writable } from 'node:stream';
import { text } from 'node:stream/consumers';
import type { Streams } from '../../src/cli/command_line.ts';
import { runCommandLine } from '../../src/cli/program.ts';
import { packageRoot } from '../../src/package_root.ts';

export interface Ended {
  status: number | null;
  stdout: string;
  stderr: string;
}

function start(args: readonly string[], environment: Record<string, string>): ChildProcessWithoutNullStreams {
  const program = join(packageRoot, 'src/main.ts');
  const env = { PATH: process.env.PATH ?? '', ...environment };
  return spawn(process.execPath, ['--import', 'tsx', program, ...args], { env, cwd: packageRoot });
}

/** Runs src/main.ts in a process of its own. */
export async function runMain(
  args: readonly string[],
  environment: Record<string, string>,
  input = '',
): Promise<Ended> {
  const child = start(args, environment);
  child.stdin.on('error', () => undefined); // it may end without reading
  child.stdin.end(input);
  const [stdout, stderr, [status]] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    once(child, 'close'),
  ]);
  return { status, stdout, stderr };
}

/** As `bauhinia … | head -c 1`: the reader goes after the first octets. */
export async function runIntoClosedPipe(
  args: readonly string[],
  environment: Record<string, string>,
): Promise<Omit<Ended, 'stdout'>> {
  const child = start(args, environment);
  child.stdin.end();
  child.stdout.once('data', () => child.stdout.destroy());
  const [stderr, [status]] = await Promise.all([text(child.stderr), once(child, 'exit')]);
  return { status, stderr };
}

/**
 * Runs a command in this process. For commands that succeed: mocha loads this file by require, the command line loads
 * parts of itself by import, and so a refusal of those parts is of another OperationError than this one.
 */
export async function runHere(
  args: readonly string[],
  environment: Record<string, string>,
  input = '',
): Promise<Ended> {
  const streams = memoryStreams(input);
  const status = await runCommandLine(args, streams, environment);
  const { out, err } = streams.written();
  return { status, stdout: out, stderr: err };
}

/** Streams that remember what was written, with `input` on standard input. */
export function memoryStreams(input = ''): Streams & { written(): { out: string; err: string } } {
  const written = { out: '', err: '' };
  const into = (name: 'out' | 'err') =>
    new Writable({
      write(chunk, _encoding, done) {
        written[name] += String(chunk);
        done();
      },
    });
  return { in: Readable.from([input]), out: into('out'), err: into('err'), written: () => written };
}
