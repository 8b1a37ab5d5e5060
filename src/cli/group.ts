// `bauhinia group …`: groups and their members; people by login name, groups by name.
import { addMember, type Member } from '../directory/commands/group_add_member.ts';
import { createGroup } from '../directory/commands/group_create.ts';
import { removeMember } from '../directory/commands/group_remove_member.ts';
import type { GroupRow } from '../directory/tables.ts';
import { type EmploymentCategory, employmentCategories } from '../directory/vocabulary.ts';
import { OperationError } from '../errors.ts';
import type { CommandLine } from './command_line.ts';
import { declare } from './declare.ts';
import { groupByName, organisationByCode, organisationCodes, personByUid } from './lookup.ts';
import { collect, endOption, given, numberOption, wordOption } from './options.ts';
import type { Session } from './session.ts';

interface CreateOptions {
  description?: string;
  organisation?: string;
  gidNumber?: number;
  mail?: string;
  ruleOrganisation?: string;
  ruleRank?: string;
  ruleCategory?: EmploymentCategory;
}

interface MemberOptions {
  person?: string[];
  group?: string[];
  to?: Date;
}

const shownMembers = 1_000_000;

export function groupCommands(line: CommandLine): void {
  const parent = declare(
    line.program,
    'group',
    'Groups: listed members, or members by a rule.',
    'group list',
    'group add csb-all-staff --person kctang',
  );

  declare(parent, 'list', 'Lists groups.', 'group list').action(async () => {
    await line.withSession(async (session, output) => {
      const groups = await session.tables.find('group', {});
      const codes = await organisationCodes(session.tables);
      const rows = groups.map((group) => groupFacts(group, codes));
      rows.sort((one, other) => one.name.localeCompare(other.name, 'en'));
      output.table(rows, ['name', 'kind', 'organisation', 'gid_number', 'description']);
    });
  });

  declare(parent, 'show <name>', 'Shows a group and its listed members.', 'group show csb-all-staff').action(
    async (name: string) => {
      await line.withSession(async (session, output) => {
        const { listMembers } = await import('../database/console_lists.ts');
        const group = await groupByName(session.tables, name);
        const now = session.clock.now();
        const members = await listMembers(session.database, { group: group.uuid, now, limit: shownMembers });
        output.fields({
          ...groupFacts(group, await organisationCodes(session.tables)),
          uuid: group.uuid,
          members,
        });
      });
    },
  );

  declare(
    parent,
    'create <name>',
    'Adds a group. With a --rule-… option its members follow from the rule.',
    "group create fin-circulars --organisation FSTB --description 'Financial circulars'",
    'group create csb-eo1 --organisation CSB --rule-organisation CSB --rule-rank EO1',
  )
    .option('--description <text>')
    .option('--organisation <code>', 'who manages it')
    .option('--gid-number <n>', 'makes it a posixGroup too', numberOption(1000, 2_147_483_647))
    .option('--mail <address>', 'reaches its members')
    .option('--rule-organisation <code>', 'members are those who work there')
    .option('--rule-rank <code>', 'members are those of the rank')
    .option('--rule-category <category>', employmentCategories.join(', '), wordOption(employmentCategories))
    .action(async (name: string, options: CreateOptions) => {
      await line.withSession(async (session, output) => {
        const { group } = await session.run(createGroup, { name, ...(await groupColumns(session, options)) });
        output.fields({ ...groupFacts(group, await organisationCodes(session.tables)), uuid: group.uuid });
      });
    });

  declareMembership(line, parent, 'add');
  declareMembership(line, parent, 'remove');
}

function declareMembership(
  line: CommandLine,
  parent: ReturnType<typeof declare>,
  verb: 'add' | 'remove',
): void {
  const adds = verb === 'add';
  const command = declare(
    parent,
    `${verb} <name>`,
    adds ? 'Adds people and groups to a group.' : 'Takes people and groups out of a group.',
    `group ${verb} fin-circulars --person kctang --person wswong`,
    `group ${verb} fin-circulars --group csb-eo1`,
  )
    .option('--person <uid>', 'a person; may be given several times', collect)
    .option('--group <name>', 'a group; may be given several times', collect);
  if (adds) command.option('--to <day>', 'last day, or instant, of the membership', endOption('--to'));
  command.action(async (name: string, options: MemberOptions) => {
    const { person = [], group = [], to = null } = options;
    if (person.length + group.length === 0) {
      throw new OperationError('invalid_request', 'name a member: --person UID or --group NAME');
    }
    await line.withSession(async (session, output) => {
      const target = (await groupByName(session.tables, name)).uuid;
      // All are looked up before the first is written: a misspelt name changes nothing.
      const members: Member[] = [];
      for (const uid of person) members.push({ person: await personByUid(session.tables, uid) });
      for (const one of group) members.push({ group: (await groupByName(session.tables, one)).uuid });
      for (const member of members) {
        if (adds) await session.run(addMember, { group: target, member, valid_to: to });
        else await session.run(removeMember, { group: target, member });
      }
      const done = adds ? 'added' : 'removed';
      output.answer({ group: name, [done]: members.length }, `${members.length} ${done}`);
    });
  });
}

async function groupColumns(
  session: Session,
  options: CreateOptions,
): Promise<Partial<Omit<GroupRow, 'uuid'>>> {
  const uuidOf = async (code: string | undefined): Promise<string | undefined> =>
    code === undefined ? undefined : (await organisationByCode(session.tables, code)).uuid;
  const rule = given({
    organisation: await uuidOf(options.ruleOrganisation),
    rank: options.ruleRank,
    category: options.ruleCategory,
  });
  return {
    ...given({
      description: options.description,
      organisation: await uuidOf(options.organisation),
      gid_number: options.gidNumber,
      mail: options.mail,
    }),
    ...(Object.keys(rule).length > 0 && { kind: 'rule' as const, rule }),
  };
}

function groupFacts(group: GroupRow, codes: ReadonlyMap<string, string>) {
  const { name, description, kind, gid_number, rule } = group;
  const codeOf = (uuid: string | null | undefined): string | null => codes.get(uuid ?? '') ?? null;
  return {
    name,
    kind,
    organisation: codeOf(group.organisation),
    gid_number,
    mail: group.mail,
    description,
    rule: rule?.organisation === undefined ? rule : { ...rule, organisation: codeOf(rule.organisation) },
  };
}
