// `bauhinia <command>`: the tree of commands, and one run of it from arguments to exit status.
import { Command, CommanderError } from 'commander';
import { auditCommands } from './audit.ts';
import { certificateCommands } from './certificate.ts';
import { createCommandLine, type Environment, type Streams } from './command_line.ts';
import { exampleText } from './declare.ts';
import { exportCommands } from './export.ts';
import { groupCommands } from './group.ts';
import { organisationCommands } from './organisation.ts';
import { personCommands } from './person.ts';
import { postCommands } from './post.ts';
import { failureOf, reportFailure } from './report.ts';
import { seedCommand } from './seed.ts';
import { serviceCommands } from './service.ts';
import { settingsCommand } from './settings.ts';
import { systemCommands } from './system.ts';

const exitStatuses = `
Exit status: 0 done, 1 refused, 2 wrong usage or value, 3 not found, 69 database away, 70 internal fault,
75 try again, 78 configuration.`;

function createRoot(): Command {
  return new Command('bauhinia')
    .description('The staff directory and sign-on of a government.')
    .option('--json', 'print JSON, for programs')
    .configureHelp({ showGlobalOptions: true, helpWidth: 100 })
    .addHelpText(
      'after',
      `${exampleText(['serve', 'person list --organisation CSB', 'person create --help'])}`,
    )
    .addHelpText('after', exitStatuses);
}

/** The whole tree, for help and for a run. */
export function createProgram(
  streams: Streams,
  environment?: Environment,
): ReturnType<typeof createCommandLine> & { program: Command } {
  const program = createRoot().exitOverride();
  const state = createCommandLine(program, streams, environment);
  for (const add of [
    serviceCommands,
    seedCommand,
    personCommands,
    groupCommands,
    postCommands,
    organisationCommands,
    systemCommands,
    certificateCommands,
    auditCommands,
    exportCommands,
    settingsCommand,
  ]) {
    add(state.line);
  }
  return { ...state, program };
}

/** Help that was asked for is an answer; help in place of a command that is missing is wrong usage. */
function isAnswer(error: unknown): boolean {
  return error instanceof CommanderError && error.exitCode === 0;
}

/** Runs one command; resolves with the exit status and rejects never. */
export async function runCommandLine(
  args: readonly string[],
  streams: Streams,
  environment?: Environment,
): Promise<number> {
  let usage = '';
  const state = createProgram(streams, environment);
  configureOutput(state.program, streams, (text) => {
    usage += text;
  });
  const json = () => state.program.opts<{ json?: boolean }>().json === true;
  try {
    await state.program.parseAsync([...args], { from: 'user' });
    return state.status();
  } catch (error) {
    if (isAnswer(error)) return 0;
    const failure = failureOf(error);
    if (error instanceof CommanderError && error.code === 'commander.help') {
      if (!json()) {
        streams.err.write(usage);
        return failure.status;
      }
      failure.detail = 'a command is missing';
    }
    state.log()?.debug({ err: error }, 'the command failed');
    reportFailure(failure, json(), streams.err);
    return failure.status;
  }
}

/** Commander's own words for errors are reported as every other failure, so it prints none itself. */
function configureOutput(command: Command, streams: Streams, writeErr: (text: string) => void): void {
  command.configureOutput({
    writeOut: (text) => streams.out.write(text),
    writeErr,
    outputError: () => undefined,
  });
  for (const below of command.commands) configureOutput(below, streams, writeErr);
}
