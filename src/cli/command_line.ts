// What the declaration of a command is given: the streams, the options common to all, and how to open the directory.
// The directory's modules are loaded when a command needs them, so that help and refusals of wrong usage are quick.
import type { Command } from 'commander';
import { type Log, openLog } from '../log.ts';
import { loadSettings, type Settings } from '../settings.ts';
import { createOutput, type Output, type OutputStreams } from './output.ts';
import type { SecretStreams } from './secret.ts';
import type { Session } from './session.ts';

export type Streams = OutputStreams &
  SecretStreams & { out: NodeJS.WritableStream; err: NodeJS.WritableStream };

export type Environment = Readonly<Record<string, string | undefined>>;

export interface CommandLine {
  readonly program: Command;
  readonly streams: Streams;
  /** As --json asks; known once the arguments were parsed. */
  output(): Output;
  /** The settings with a log at their level. `defaults` stand behind environment and file. Error: configuration. */
  open(defaults?: Record<string, string>): { settings: Settings; log: Log };
  /** Runs `work` on the open directory; logs begin at warnings, unless a setting says otherwise. */
  withSession(
    work: (session: Session, output: Output) => Promise<void>,
    defaults?: Record<string, string>,
  ): Promise<void>;
  /** The exit status of a command that did its work; 0 unless said. */
  endWith(status: number): void;
}

export interface CommandLineState {
  line: CommandLine;
  status(): number;
  /** The log of the last settings opened; null before there were any. */
  log(): Log | null;
}

const quiet = { BAUHINIA_LOG_LEVEL: 'warn' };

/** `environment`: where the settings are; the process's own when omitted. */
export function createCommandLine(
  program: Command,
  streams: Streams,
  environment?: Environment,
): CommandLineState {
  let status = 0;
  let log: Log | null = null;
  const output = () => createOutput(program.opts<{ json?: boolean }>().json === true, streams);

  function open(defaults: Record<string, string> = quiet): { settings: Settings; log: Log } {
    const settings = loadSettings(environment, defaults);
    const opened = openLog({ level: settings.logLevel });
    log = opened;
    return { settings, log: opened };
  }

  const line: CommandLine = {
    program,
    streams,
    output,
    open,
    async withSession(work, defaults = {}) {
      const opened = open({ ...quiet, ...defaults });
      const { withSession } = await import('./session.ts');
      await withSession(opened.settings, opened.log, (session) => work(session, output()));
    },
    endWith(given) {
      status = given;
    },
  };
  return { line, status: () => status, log: () => log };
}
