// `bauhinia person change, move, act, leave, clear, withdraw-clearance`: what changes of a person and their posts.
import type { Command } from 'commander';
import { assign } from '../directory/commands/assign.ts';
import { grantClearance } from '../directory/commands/clearance_grant.ts';
import { withdrawClearance } from '../directory/commands/clearance_withdraw.ts';
import { leave } from '../directory/commands/leave.ts';
import { changePerson } from '../directory/commands/person_change.ts';
import { movePerson } from '../directory/commands/person_move.ts';
import {
  type CheckType,
  type ClearanceLevel,
  checkTypes,
  clearanceLevels,
  type Language,
  languages,
} from '../directory/vocabulary.ts';
import { OperationError } from '../errors.ts';
import type { CommandLine } from './command_line.ts';
import { declare } from './declare.ts';
import { personByUid, postByName } from './lookup.ts';
import { beginOption, dayOption, emptyIsNone, endOption, given, wordOption } from './options.ts';

const actingKinds = ['acting', 'doubling_up', 'secondment'] as const;

export function changeCommands(line: CommandLine, group: Command): void {
  declareChange(line, group);
  declareMove(line, group);
  declareAct(line, group);
  declareLeave(line, group);
  declareClearances(line, group);
}

interface ChangeOptions {
  surname?: string;
  givenName?: string;
  englishName?: string;
  nameZh?: string;
  language?: Language;
  mail?: string;
}

function declareChange(line: CommandLine, group: Command): void {
  declare(
    group,
    'change <uid>',
    'Changes names, language or mail address; the old address stays as an alias.',
    'person change kctang --surname Wong --mail kcwong@csb.gov.hk',
    "person change kctang --english-name ''",
  )
    .option('--surname <name>')
    .option('--given-name <name>')
    .option('--english-name <name>', "'' takes it away")
    .option('--name-zh <name>', "'' takes it away")
    .option('--language <language>', languages.join(' or '), wordOption(languages))
    .option('--mail <address>', 'the new primary address')
    .action(async (uid: string, options: ChangeOptions) => {
      const changes = given({
        surname: options.surname,
        given_name: options.givenName,
        english_name: emptyIsNone(options.englishName),
        name_zh: emptyIsNone(options.nameZh),
        preferred_language: options.language,
      });
      if (Object.keys(changes).length === 0 && options.mail === undefined) {
        throw new OperationError('invalid_request', 'there is nothing to change: name an option');
      }
      await line.withSession(async (session, output) => {
        const person = await personByUid(session.tables, uid);
        await session.run(changePerson, { person, changes, ...given({ mail: options.mail }) });
        output.answer({ uid, changed: true }, `${uid} changed`);
      });
    });
}

function declareMove(line: CommandLine, group: Command): void {
  declare(
    group,
    'move <uid>',
    'Posts a person elsewhere: the post held ends and the new one begins at the same instant.',
    'person move kctang --post EDB/AS-2',
    'person move kctang --post EDB/AS-2 --at 2027-01-04',
  )
    .requiredOption('--post <code/number>', 'the post to hold')
    .option('--at <day>', 'day or instant at which it takes effect (now)', beginOption('--at'))
    .option('--mail <address>', 'the new primary address, with a move that takes effect now')
    .action(async (uid: string, options: { post: string; at?: Date; mail?: string }) => {
      await line.withSession(async (session, output) => {
        const person = await personByUid(session.tables, uid);
        const post = await postByName(session.tables, options.post);
        const { assignment } = await session.run(movePerson, {
          person,
          post: post.uuid,
          ...given({ at: options.at, mail: options.mail }),
        });
        output.fields({ uid, post: options.post, kind: assignment.kind, from: assignment.valid_from });
      });
    });
}

interface ActOptions {
  post: string;
  from?: Date;
  to?: Date;
  kind: (typeof actingKinds)[number];
}

function declareAct(line: CommandLine, group: Command): void {
  declare(
    group,
    'act <uid>',
    'Gives a person a second post for a time: acting appointment, doubling-up or secondment.',
    'person act kctang --post CSB/PAS-1 --to 2026-12-31',
    'person act kctang --kind secondment --post OGCIO/PM-N --from 2027-01-04 --to 2027-12-31',
  )
    .requiredOption('--post <code/number>')
    .option('--from <day>', 'day or instant (now)', beginOption('--from'))
    .option('--to <day>', 'day, which is included, or instant', endOption('--to'))
    .option('--kind <kind>', actingKinds.join(', '), wordOption(actingKinds), 'acting')
    .action(async (uid: string, options: ActOptions) => {
      await line.withSession(async (session, output) => {
        const person = await personByUid(session.tables, uid);
        const post = await postByName(session.tables, options.post);
        const { assignment } = await session.run(assign, {
          person,
          post: post.uuid,
          kind: options.kind,
          ...given({ valid_from: options.from, valid_to: options.to }),
        });
        const { kind, valid_from, valid_to } = assignment;
        output.fields({ uid, post: options.post, kind, from: valid_from, to: valid_to });
      });
    });
}

interface LeaveOptions {
  lastDutyDay?: string;
  lastServiceDay?: string;
  callOff?: true;
}

function declareLeave(line: CommandLine, group: Command): void {
  declare(
    group,
    'leave <uid>',
    'Ends duty: the account closes, posts and memberships end, certificates are revoked. Without a day, at once.',
    'person leave kctang',
    'person leave kctang --last-duty-day 2026-12-31 --last-service-day 2027-02-28',
  )
    .option('--last-duty-day <day>', 'the account ends with this day', dayOption('--last-duty-day'))
    .option('--last-service-day <day>', 'the employment ends with this day', dayOption('--last-service-day'))
    .option('--call-off', 'takes back a leave that has not taken effect')
    .action(async (uid: string, options: LeaveOptions) => {
      const days = given({ last_duty_date: options.lastDutyDay, last_service_date: options.lastServiceDay });
      if (options.callOff === true && Object.keys(days).length > 0) {
        throw new OperationError('invalid_request', 'give --call-off or days, not both');
      }
      const when =
        options.callOff === true
          ? { last_duty_date: null }
          : { ...days, at_once: options.lastDutyDay === undefined };
      await line.withSession(async (session, output) => {
        const person = await personByUid(session.tables, uid);
        const { accounts } = await session.run(leave, { person, ...when });
        output.table(
          accounts.map(({ uid: name, state, expires_at }) => ({ uid: name, state, expires_at })),
          ['uid', 'state', 'expires_at'],
        );
      });
    });
}

interface ClearOptions {
  level: ClearanceLevel;
  check: CheckType;
  basis: string;
  to?: Date;
}

function declareClearances(line: CommandLine, group: Command): void {
  declare(
    group,
    'clear <uid>',
    'Records a clearance in place of the one before.',
    "person clear kctang --level CONFIDENTIAL --check normal --basis 'DSO/2026/117'",
  )
    .requiredOption('--level <level>', clearanceLevels.slice(1).join(', '), wordOption(clearanceLevels))
    .requiredOption('--check <type>', `integrity check: ${checkTypes.join(', ')}`, wordOption(checkTypes))
    .requiredOption('--basis <reference>', "the clearance officer's reference")
    .option('--to <day>', 'last day, or instant, of its validity', endOption('--to'))
    .action(async (uid: string, options: ClearOptions) => {
      await line.withSession(async (session, output) => {
        const { clearance } = await session.run(grantClearance, {
          person: await personByUid(session.tables, uid),
          level: options.level,
          check_type: options.check,
          basis: options.basis,
          valid_to: options.to ?? null,
        });
        const { level, check_type, valid_from, valid_to } = clearance;
        output.fields({ uid, level, check: check_type, from: valid_from, to: valid_to });
      });
    });

  declare(
    group,
    'withdraw-clearance <uid>',
    'Withdraws a clearance: sessions, tokens and binds end at once.',
    'person withdraw-clearance kctang',
  ).action(async (uid: string) => {
    await line.withSession(async (session, output) => {
      const person = await personByUid(session.tables, uid);
      const { clearances } = await session.run(withdrawClearance, { person });
      output.table(
        clearances.map(({ level, status, valid_to }) => ({ uid, level, status, to: valid_to })),
        ['uid', 'level', 'status', 'to'],
      );
    });
  });
}
