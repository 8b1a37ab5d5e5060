// `bauhinia settings`: every setting with its default, its value now and what it is for. Secrets are not shown.
import { declarations } from '../settings.ts';
import type { CommandLine } from './command_line.ts';
import { declare } from './declare.ts';

const masked = '(set; not shown)';

export function settingsCommand(line: CommandLine): void {
  declare(
    line.program,
    'settings',
    'Prints every setting: its name, default, value now and meaning.',
    'settings',
    'settings --json',
  ).action(() => {
    const { settings } = line.open({});
    const rows = Object.entries(declarations).map(([name, declaration]) => {
      const value: unknown = Reflect.get(settings, name);
      return {
        name: declaration.environment,
        default: declaration.fallback,
        value: declaration.secret === true && value !== null ? masked : value,
        description: declaration.describe,
      };
    });
    line.output().table(rows, ['name', 'default', 'value', 'description']);
  });
}
