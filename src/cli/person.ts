// `bauhinia person …`: the group of commands about staff, and its reading ones.
import { isCurrent } from '../directory/assignment.ts';
import { recordedLevel } from '../directory/clearance.ts';
import type { CommandLine } from './command_line.ts';
import { declare } from './declare.ts';
import { accountByUid, organisationByCode, personByUid } from './lookup.ts';
import { limitOption, rowLimit } from './options.ts';
import { accountCommands } from './person_account.ts';
import { changeCommands } from './person_change.ts';
import { createCommand } from './person_create.ts';
import type { Session } from './session.ts';

export function personCommands(line: CommandLine): void {
  const group = declare(
    line.program,
    'person',
    'Staff: who they are, what post they hold, whether they may sign in.',
    'person list --organisation CSB',
    'person leave kctang',
  );

  declare(
    group,
    'list',
    'Lists people by login name.',
    'person list --organisation CSB',
    'person list --query 陳',
  )
    .option('--organisation <code>', 'only people of this organisation and those below it')
    .option('--query <text>', 'part of a login name, a name in either script, or a mail address')
    .option(...limitOption)
    .action(async (options: { organisation?: string; query?: string; limit?: number }) => {
      await line.withSession(async (session, output) => {
        const limit = rowLimit(options.limit, output.json);
        const { listPeople } = await import('../database/console_lists.ts');
        const organisation =
          options.organisation === undefined
            ? null
            : (await organisationByCode(session.tables, options.organisation)).uuid;
        const people = await listPeople(session.database, {
          organisation,
          query: options.query ?? null,
          now: session.clock.now(),
          limit: limit + 1,
        });
        const shown = people.slice(0, limit);
        output.table(shown, ['uid', 'name', 'name_zh', 'organisation', 'post', 'mail', 'state']);
        if (people.length > shown.length) output.note(`the first ${shown.length}; --limit shows more`);
      });
    });

  declare(
    group,
    'show <uid>',
    'Shows all that is recorded of one person.',
    'person show kctang',
    'person show kctang --json',
  ).action(async (uid: string) => {
    await line.withSession(async (session, output) => {
      output.fields(await personFacts(session, uid));
    });
  });

  createCommand(line, group);
  changeCommands(line, group);
  accountCommands(line, group);
}

/** What is recorded of a person, called by the names that commands take. No secret is among it. */
async function personFacts(session: Session, uid: string): Promise<Record<string, unknown>> {
  const { tables, clock } = session;
  const now = clock.now();
  const account = await accountByUid(tables, uid);
  const uuid = await personByUid(tables, uid);
  const [person] = await tables.find('person', { uuid });
  const mail = (await tables.find('mail_address', { person: uuid })).filter((one) => isCurrent(one, now));
  const clearances = await tables.find('clearance', { person: uuid });
  return {
    uid: account.uid,
    uuid,
    surname: person?.surname,
    given_name: person?.given_name,
    english_name: person?.english_name,
    name_zh: person?.name_zh,
    aliases: person?.aliases,
    preferred_language: person?.preferred_language,
    mail: mail.filter((one) => one.is_primary).map((one) => one.address)[0] ?? null,
    mail_aliases: mail.filter((one) => !one.is_primary).map((one) => one.address),
    state: account.state,
    locked_until: account.locked_until,
    expires_at: account.expires_at,
    clearance: recordedLevel(clearances, now),
    employments: await employmentFacts(session, uuid),
    posts: await postFacts(session, uuid),
    groups: await groupFacts(session, uuid),
    clearances: clearances.map(({ level, check_type, basis, status, valid_from, valid_to }) => ({
      level,
      status,
      check: check_type,
      basis,
      from: valid_from,
      to: valid_to,
    })),
    certificates: (await tables.find('certificate', { person: uuid })).map(
      ({ serial, profile, state, not_before, not_after }) => ({
        serial,
        profile,
        state,
        not_before,
        not_after,
      }),
    ),
  };
}

async function employmentFacts({ tables }: Session, person: string): Promise<Record<string, unknown>[]> {
  const facts: Record<string, unknown>[] = [];
  for (const one of await tables.find('employment', { person })) {
    const { source, staff_number, category, start_date, last_duty_date, last_service_date } = one;
    const [organisation] = await tables.find('organisation', { uuid: one.organisation });
    facts.push({
      organisation: organisation?.code,
      source,
      staff_number,
      category,
      start_date,
      last_duty_date,
      last_service_date,
    });
  }
  return facts;
}

async function postFacts({ tables }: Session, person: string): Promise<Record<string, unknown>[]> {
  const facts: Record<string, unknown>[] = [];
  for (const held of await tables.find('assignment', { person })) {
    const [post] = await tables.find('post', { uuid: held.post });
    if (post === undefined) continue;
    const [organisation] = await tables.find('organisation', { uuid: post.organisation });
    facts.push({
      post: `${organisation?.code}/${post.number}`,
      title: post.title_en,
      kind: held.kind,
      primary: held.is_primary,
      from: held.valid_from,
      to: held.valid_to,
    });
  }
  return facts;
}

async function groupFacts({ tables }: Session, person: string): Promise<Record<string, unknown>[]> {
  const facts: Record<string, unknown>[] = [];
  for (const membership of await tables.find('group_member', { person })) {
    const [group] = await tables.find('group', { uuid: membership.group });
    facts.push({ group: group?.name, from: membership.valid_from, to: membership.valid_to });
  }
  return facts;
}
