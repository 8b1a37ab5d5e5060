// `bauhinia person create`: a joiner from options, or from one JSON document with the same names.
import type { Command } from 'commander';
import { z } from 'zod';
import { generatePassword, personWords, requireKept } from '../authentication/choose_password.ts';
import { createPerson } from '../directory/commands/person_create.ts';
import { dayOf } from '../directory/day.ts';
import type { CheckedHash } from '../directory/password_policy.ts';
import { employmentCategories, languages } from '../directory/vocabulary.ts';
import { OperationError } from '../errors.ts';
import type { CommandLine } from './command_line.ts';
import { declare } from './declare.ts';
import { organisationByCode, postByName } from './lookup.ts';
import { beginOption, dayOption, emptyIsNone, given, wordOption } from './options.ts';
import { readSecret, readText } from './secret.ts';
import type { Session } from './session.ts';

/** Organisation by its code and post as CODE/number; values are checked by the directory's own rules. */
const documentSchema = z.strictObject({
  uid: z.string(),
  surname: z.string(),
  given_name: z.string(),
  english_name: z.string().nullish(),
  name_zh: z.string().nullish(),
  aliases: z.array(z.string()).optional(),
  preferred_language: z.enum(languages).optional(),
  mail: z.string().nullish(),
  post: z.string().nullish(),
  expires_at: z.string().nullish(),
  employment: z.strictObject({
    organisation: z.string(),
    source: z.string().default('console'),
    staff_number: z.string(),
    category: z.enum(employmentCategories).default('civil_servant'),
    start_date: z.string().optional(),
    last_duty_date: z.string().nullish(),
    last_service_date: z.string().nullish(),
  }),
});
type PersonDocument = z.infer<typeof documentSchema>;

interface CreateOptions {
  file?: string;
  surname?: string;
  givenName?: string;
  englishName?: string;
  nameZh?: string;
  language?: string;
  mail?: string;
  organisation?: string;
  post?: string;
  source?: string;
  staffNumber?: string;
  category?: string;
  startDate?: string;
  lastDutyDay?: string;
  expires?: Date;
  passwordFile?: string;
  generatePassword?: true;
  mustChange: boolean;
}

export function createCommand(line: CommandLine, group: Command): void {
  declare(
    group,
    'create [uid]',
    'Records a joiner: person, employment, post, mail address and account.',
    'person create kctang --surname Tang --given-name Kwun-chung --name-zh 鄧冠中 --organisation CSB \\\n' +
      '      --staff-number 123456 --post CSB/AS-1 --password-file first.txt',
    'person create --file joiner.json --generate-password',
  )
    .option('--file <file>', "takes all from a JSON document; '-' is standard input")
    .option('--surname <name>')
    .option('--given-name <name>', "romanised, hyphenated: 'Kwun-chung'")
    .option('--english-name <name>')
    .option('--name-zh <name>', 'in Chinese characters')
    .option('--language <language>', `preferred: ${languages.join(' or ')}`, wordOption(languages))
    .option('--mail <address>', "omitted: uid@ the organisation's domain; '' for none")
    .option('--organisation <code>', 'the employer')
    .option('--post <code/number>', 'held from the first day')
    .option('--source <name>', 'which personnel system says so (console)')
    .option('--staff-number <number>')
    .option('--category <category>', `${employmentCategories.join(', ')} (civil_servant)`)
    .option('--start-date <day>', 'first day (today)', dayOption('--start-date'))
    .option('--last-duty-day <day>', 'of a term that ends', dayOption('--last-duty-day'))
    .option('--expires <day>', 'the account ends then in any case', beginOption('--expires'))
    .option('--password-file <file>', "first password, in a file; '-' is standard input")
    .option('--generate-password', 'makes a first password and shows it this once')
    .option('--no-must-change', 'the first password may stay')
    .action(async (uid: string | undefined, options: CreateOptions) => {
      const document = await readDocument(line, uid, options);
      if (options.generatePassword === true && options.passwordFile !== undefined) {
        throw new OperationError('invalid_request', 'give --password-file or --generate-password, not both');
      }
      const generated = options.generatePassword === true ? generatePassword() : null;
      const password =
        options.passwordFile === undefined
          ? generated
          : await readSecret('password', options.passwordFile, line.streams);
      await line.withSession(async (session, output) => {
        const created = await create(session, document, password, options.mustChange);
        const { account, person, mail } = created;
        const facts = {
          uid: account.uid,
          uuid: person.uuid,
          mail: mail?.address ?? null,
          state: account.state,
          ...(generated !== null && { password: generated }),
        };
        output.fields(facts);
        if (generated !== null) output.note('tell it to its holder alone: nothing shows it again');
      });
    });
}

async function readDocument(
  line: CommandLine,
  uid: string | undefined,
  options: CreateOptions,
): Promise<PersonDocument> {
  if (options.file === undefined) return checkDocument(documentOf(uid, options));
  if (uid !== undefined)
    throw new OperationError('invalid_request', 'with --file the uid stands in the document');
  if (options.file === '-' && options.passwordFile === '-') {
    throw new OperationError(
      'invalid_request',
      'standard input holds the document or the password, not both',
    );
  }
  const text = await readText(options.file, line.streams.in);
  try {
    return checkDocument(JSON.parse(text));
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    throw new OperationError('invalid_request', `${options.file} does not hold JSON: ${error.message}`);
  }
}

function documentOf(uid: string | undefined, options: CreateOptions): unknown {
  return given({
    uid,
    surname: options.surname,
    given_name: options.givenName,
    english_name: options.englishName,
    name_zh: options.nameZh,
    preferred_language: options.language,
    mail: emptyIsNone(options.mail),
    post: options.post,
    expires_at: options.expires?.toISOString(),
    employment: given({
      organisation: options.organisation,
      source: options.source,
      staff_number: options.staffNumber,
      category: options.category,
      start_date: options.startDate,
      last_duty_date: options.lastDutyDay,
    }),
  });
}

/** Every fault at once, by the names of the document (--given-name is given_name). */
function checkDocument(value: unknown): PersonDocument {
  const parsed = documentSchema.safeParse(value);
  if (parsed.success) return parsed.data;
  const faults = parsed.error.issues.map((issue) => {
    const missing = issue.code === 'invalid_type' && issue.input === undefined;
    const place = issue.path.at(-1) ?? 'the document';
    return missing || issue.message.endsWith('received undefined')
      ? `${String(place)} is required`
      : `${String(place)}: ${issue.message}`;
  });
  throw new OperationError('invalid_request', faults.join('; '));
}

async function create(
  session: Session,
  document: PersonDocument,
  password: string | null,
  mustChange: boolean,
): ReturnType<typeof createPerson.execute> {
  const { employment, post, expires_at, ...names } = document;
  const organisation = await organisationByCode(session.tables, employment.organisation);
  const held = post === undefined || post === null ? null : await postByName(session.tables, post);
  return session.run(createPerson, {
    ...given(names),
    uid: names.uid,
    surname: names.surname,
    given_name: names.given_name,
    employment: {
      ...given(employment),
      source: employment.source,
      staff_number: employment.staff_number,
      category: employment.category,
      start_date: employment.start_date ?? dayOf(session.clock.now()),
      organisation: organisation.uuid,
    },
    post: held?.uuid ?? null,
    expires_at: typeof expires_at === 'string' ? beginOption('expires_at')(expires_at) : null,
    password:
      password === null
        ? null
        : { hash: await checkFirst(session, document, password), must_change: mustChange },
  });
}

/** Error: invalid_value, naming the rules that the password breaks. */
async function checkFirst(
  session: Session,
  document: PersonDocument,
  password: string,
): Promise<CheckedHash> {
  const { uid, employment } = document;
  const person = {
    surname: document.surname,
    given_name: document.given_name,
    english_name: document.english_name ?? null,
    name_zh: document.name_zh ?? null,
    aliases: document.aliases ?? [],
  };
  const facts = personWords(uid, person, [employment.staff_number, employment.organisation]);
  const choice = await session.choices.first('personal', facts, password);
  return requireKept(choice, session.choices.policyOf('personal'));
}
