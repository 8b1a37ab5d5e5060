// How every command is declared: its usage, one sentence, and examples, which its --help ends with.
import type { Command } from 'commander';

/** Adds the command `usage` ('show <uid>') below `parent`. Examples are written without the program's name. */
export function declare(parent: Command, usage: string, sentence: string, ...examples: string[]): Command {
  return parent.command(usage).description(sentence).addHelpText('after', exampleText(examples));
}

export function exampleText(examples: readonly string[]): string {
  const lines = examples.map((example) => `  $ bauhinia ${example}`);
  return `\n${examples.length === 1 ? 'Example' : 'Examples'}:\n${lines.join('\n')}`;
}
