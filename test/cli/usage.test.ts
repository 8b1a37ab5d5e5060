// The tree of commands without a directory behind it: help, wrong usage, exit statuses, what failures say.
import { expect } from 'chai';
import type { Command } from 'commander';
import { exitCodes } from '../../src/cli/exit_code.ts';
import { createProgram, runCommandLine } from '../../src/cli/program.ts';
import { failureOf, reportFailure } from '../../src/cli/report.ts';
import { readSecret } from '../../src/cli/secret.ts';
import { type ErrorCode, OperationError } from '../../src/errors.ts';
import { memoryStreams } from './program.ts';

function* tree(command: Command): Generator<{ path: string[]; command: Command }> {
  for (const below of command.commands) {
    if (['help', 'worker'].includes(below.name())) continue;
    yield { path: [below.name()], command: below };
    for (const { path, command: deeper } of tree(below)) {
      yield { path: [below.name(), ...path], command: deeper };
    }
  }
}

async function run(...args: string[]) {
  const streams = memoryStreams();
  const status = await runCommandLine(args, streams);
  return { status, ...streams.written() };
}

describe('command line: usage', () => {
  const { program } = createProgram(memoryStreams());
  const commands = [...tree(program)];

  it('has the commands that the interface promises', () => {
    const names = commands.map(({ path }) => path.join(' '));
    expect(names).to.include.members([
      ...[
        'serve',
        'migrate',
        'seed',
        'settings',
        'export ldif',
        'audit list',
        'audit verify',
        'audit changes',
      ],
      ...['list', 'show', 'create', 'change', 'move', 'act', 'leave', 'suspend', 'reinstate'].map(
        (c) => `person ${c}`,
      ),
      ...['set-password', 'unlock', 'clear', 'withdraw-clearance'].map((c) => `person ${c}`),
      ...['list', 'show', 'create', 'add', 'remove'].map((c) => `group ${c}`),
      ...['list', 'request', 'issue', 'show', 'revoke', 'recover', 'ca', 'crl'].map(
        (c) => `certificate ${c}`,
      ),
      ...['list', 'show', 'change', 'reset-secret'].map((c) => `system ${c}`),
      ...['post list', 'organisation list'],
    ]);
  });

  it('gives in every help a sentence, the common options, and examples that are commands of its own', async () => {
    for (const { path } of commands) {
      const { status, out, err } = await run(...path, '--help');
      const name = path.join(' ');
      expect({ status, err }, name).to.deep.equal({ status: 0, err: '' });
      expect(out, name).to.contain(`Usage: bauhinia ${name}`).and.to.contain('--json');
      const examples = [...out.matchAll(/^ {2}\$ bauhinia (.*)$/gm)].map((match) => match[1] ?? '');
      expect(examples, name).to.not.deep.equal([]);
      for (const example of examples) expect(example).to.match(new RegExp(`^${name}( |$)`));
    }
  });

  it('names in examples only options that the command has', () => {
    for (const { path, command } of commands) {
      const known = command.options.map((option) => option.long).concat('--json');
      let help = '';
      command.configureOutput({ writeOut: (text) => (help += text) }).outputHelp();
      const [, examples = ''] = help.split(/^Examples?:$/m);
      if (command.commands.length > 0) continue;
      for (const [option] of examples.matchAll(/(?<=\s)--[a-z0-9-]+/g)) {
        expect(known, path.join(' ')).to.include(option);
      }
    }
  });

  it('ends with 2 and one clear sentence on wrong usage', async () => {
    const sentences: [string[], string][] = [
      [['person', 'list', '--bad'], "unknown option '--bad'"],
      [['persn'], "unknown command 'persn' (Did you mean person?)"],
      [['person', 'shw'], "unknown command 'shw' (Did you mean show?)"],
      [['person', 'show'], "missing required argument 'uid'"],
      [['person', 'show', 'a', 'b'], "too many arguments for 'show'. Expected 1 argument but got 2."],
      [['person', 'move', 'a'], "required option '--post <code/number>' not specified"],
      [
        ['person', 'list', '--limit', '0'],
        "option '--limit <n>' argument '0' is invalid. It must be a whole number between 1 and 1000000.",
      ],
      [
        ['person', 'act', 'a', '--post', 'X/1', '--to', 'soon'],
        '--to must be a day (2026-12-31) or an instant with its offset (2026-12-31T18:00:00+08:00)',
      ],
      [['person', 'change', 'a'], 'there is nothing to change: name an option'],
      [
        ['person', 'create', 'a'],
        'surname is required; given_name is required; organisation is required; staff_number is required',
      ],
      [['person', 'create', '--file', '/nowhere.json'], '/nowhere.json cannot be read: ENOENT'],
      [['group', 'add', 'a'], 'name a member: --person UID or --group NAME'],
      [
        ['person', 'leave', 'a', '--call-off', '--last-duty-day', '2026-12-31'],
        'give --call-off or days, not both',
      ],
      [
        ['certificate', 'issue', '--person', 'a', '--profile', 'signing'],
        'a signing certificate takes a request of its owner: certificate request --csr FILE',
      ],
      [
        ['seed', '--staff', '1', '--password', 'a', '--password-file', 'b'],
        'give --password or --password-file, not both',
      ],
      [['person', 'set-password', 'a'], 'password is needed: --password-file FILE, or - for standard input'],
    ];
    for (const [args, sentence] of sentences) {
      expect(await run(...args), args.join(' ')).to.deep.equal({
        status: 2,
        out: '',
        err: `bauhinia: ${sentence}\n`,
      });
      expect(await run('--json', ...args), args.join(' ')).to.deep.equal({
        status: 2,
        out: '',
        err: `${JSON.stringify({ error: { code: sentence.startsWith('--to') ? 'invalid_value' : 'invalid_request', detail: sentence } })}\n`,
      });
    }
  });

  it('shows help and ends with 2 when a command is missing', async () => {
    for (const args of [[], ['person']]) {
      const { status, out, err } = await run(...args);
      expect({ status, out }).to.deep.equal({ status: 2, out: '' });
      expect(err).to.match(/^Usage: bauhinia/);
    }
    expect((await run('person', '--json')).err).to.equal(
      '{"error":{"code":"invalid_request","detail":"a command is missing"}}\n',
    );
  });
});

describe('command line: failures', () => {
  it('maps every code of a refusal, and says its detail alone', () => {
    for (const [code, status] of Object.entries(exitCodes)) {
      const cause = new Error('for the log');
      const failure = failureOf(new OperationError(code as ErrorCode, 'what is wrong', { cause }));
      expect(failure).to.deep.equal({ code, detail: 'what is wrong', status });
    }
  });

  it('tells nothing of a fault', () => {
    const failure = failureOf(new TypeError('password hunter2 is not a function'));
    expect(failure.status).to.equal(70);
    expect(JSON.stringify(failure)).to.not.contain('hunter2');
  });

  it('writes a line a fault of configuration, and never a control of the terminal', () => {
    const streams = memoryStreams();
    reportFailure({ code: 'configuration', detail: 'A: no\nB: \u001b[0m', status: 78 }, false, streams.err);
    expect(streams.written().err).to.equal('bauhinia: A: no\nbauhinia: B: \\u001b[0m\n');
  });
});

describe('command line: secrets', () => {
  it('reads one line from standard input, without the newline at its end', async () => {
    expect(await readSecret('password', '-', memoryStreams('Kowloon 42 \r\n'))).to.equal('Kowloon 42 ');
  });

  it('refuses nothing, several lines, and a flood', async () => {
    for (const input of ['', '\n', 'one\ntwo\n', 'x'.repeat(2_000), 'a\0b']) {
      const error = await readSecret('password', '-', memoryStreams(input)).catch(
        (thrown: unknown) => thrown,
      );
      expect(error).to.include({ detail: 'password must be one line of 1 to 1024 characters' });
    }
  });
});
