// `bauhinia person suspend, reinstate, unlock, set-password`: what changes of an account. Service accounts are accounts
// too: these commands take any login name.
import type { Command } from 'commander';
import { generatePassword, requireKept } from '../authentication/choose_password.ts';
import { reinstateAccount } from '../directory/commands/account_reinstate.ts';
import { type AccountInput, suspendAccount } from '../directory/commands/account_suspend.ts';
import { unlockAccount } from '../directory/commands/account_unlock.ts';
import { setPassword } from '../directory/commands/password_set.ts';
import type { Command as DirectoryCommand } from '../directory/ports.ts';
import type { AccountRow } from '../directory/tables.ts';
import type { CommandLine } from './command_line.ts';
import { declare } from './declare.ts';
import { accountByUid } from './lookup.ts';
import { readSecret } from './secret.ts';

const verbs: {
  verb: string;
  sentence: string;
  command: DirectoryCommand<AccountInput, { account: AccountRow }>;
}[] = [
  {
    verb: 'suspend',
    sentence: 'Closes an account until it is reinstated; sessions end.',
    command: suspendAccount,
  },
  { verb: 'reinstate', sentence: 'Undoes a suspension or a leave.', command: reinstateAccount },
  { verb: 'unlock', sentence: 'Opens an account that failures locked.', command: unlockAccount },
];

export function accountCommands(line: CommandLine, group: Command): void {
  for (const { verb, sentence, command } of verbs) {
    declare(group, `${verb} <uid>`, sentence, `person ${verb} kctang`).action(async (uid: string) => {
      await line.withSession(async (session, output) => {
        const { uuid } = await accountByUid(session.tables, uid);
        const { account } = await session.run(command, { account: uuid });
        output.fields({ uid: account.uid, state: account.state });
      });
    });
  }

  declare(
    group,
    'set-password <uid>',
    'Sets a password, which its owner must change at the first login. Asks for it without echo.',
    'person set-password kctang',
    'person set-password kctang --generate-password',
    'person set-password kctang --password-file first.txt',
  )
    .option('--password-file <file>', "holds the password; '-' is standard input")
    .option('--generate-password', 'makes a password and shows it this once')
    .action(async (uid: string, options: { passwordFile?: string; generatePassword?: true }) => {
      const generated = options.generatePassword === true ? generatePassword() : null;
      const password = generated ?? (await readSecret('password', options.passwordFile, line.streams));
      await line.withSession(async (session, output) => {
        const before = await accountByUid(session.tables, uid);
        const policy = session.choices.policyOf(before.kind);
        const { account } = await session.run(setPassword, {
          account: before.uuid,
          hash: requireKept(await session.choices.next(before, password, false), policy),
          must_change: true,
        });
        const shown = { uid: account.uid, state: account.state, must_change: true };
        output.fields(generated === null ? shown : { ...shown, password: generated });
        if (generated !== null) output.note('tell it to its holder alone: nothing shows it again');
      });
    });
}
