// `bauhinia post list, create`: posts with their holders.
import { createPost } from '../directory/commands/post_create.ts';
import { type ClearanceLevel, clearanceLevels, type PostKind, postKinds } from '../directory/vocabulary.ts';
import type { CommandLine } from './command_line.ts';
import { declare } from './declare.ts';
import { organisationByCode } from './lookup.ts';
import { endOption, given, limitOption, rowLimit, wordOption } from './options.ts';

interface CreateOptions {
  titleEn: string;
  titleZh?: string;
  rank?: string;
  kind?: PostKind;
  requiredClearance?: ClearanceLevel;
  telephone?: string;
  room?: string;
  mail?: string;
  to?: Date;
}

export function postCommands(line: CommandLine): void {
  const group = declare(
    line.program,
    'post',
    'Posts, which exist with or without a holder.',
    'post list --organisation CSB',
  );

  declare(group, 'list', 'Lists posts and who holds them now.', 'post list --organisation CSB')
    .option('--organisation <code>', 'only its posts')
    .option(...limitOption)
    .action(async (options: { organisation?: string; limit?: number }) => {
      await line.withSession(async (session, output) => {
        const limit = rowLimit(options.limit, output.json);
        const { listPosts } = await import('../database/console_lists.ts');
        const code = options.organisation;
        const organisation =
          code === undefined ? null : (await organisationByCode(session.tables, code)).uuid;
        const now = session.clock.now();
        const posts = await listPosts(session.database, { organisation, now, limit: limit + 1 });
        const shown = posts.slice(0, limit);
        output.table(shown, ['post', 'title', 'title_zh', 'rank', 'holders']);
        if (posts.length > shown.length) output.note(`the first ${shown.length}; --limit shows more`);
      });
    });

  declare(
    group,
    'create <organisation> <number>',
    'Adds a post.',
    "post create CSB AS-9 --title-en 'Assistant Secretary 9' --rank AO --telephone '+852 2810 2101'",
  )
    .requiredOption('--title-en <title>')
    .option('--title-zh <title>')
    .option('--rank <code>', 'of the list of ranks')
    .option('--kind <kind>', `${postKinds.join(', ')} (permanent)`, wordOption(postKinds))
    .option('--required-clearance <level>', 'of whoever holds it', wordOption(clearanceLevels))
    .option('--telephone <number>', 'international')
    .option('--room <room>')
    .option('--mail <address>', 'of the post, whoever holds it')
    .option('--to <day>', 'last day of a post that lapses', endOption('--to'))
    .action(async (code: string, number: string, options: CreateOptions) => {
      await line.withSession(async (session, output) => {
        const organisation = await organisationByCode(session.tables, code);
        const { post } = await session.run(createPost, {
          organisation: organisation.uuid,
          number,
          title_en: options.titleEn,
          ...given({
            title_zh: options.titleZh,
            rank: options.rank,
            kind: options.kind,
            required_clearance: options.requiredClearance,
            telephone: options.telephone,
            room: options.room,
            mail: options.mail,
            valid_to: options.to,
          }),
        });
        output.fields({ post: `${organisation.code}/${post.number}`, uuid: post.uuid, title: post.title_en });
      });
    });
}
