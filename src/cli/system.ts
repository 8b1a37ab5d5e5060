// `bauhinia system …`: the services that rely on the directory, by the code that names their entry and their client.
import { randomBytes } from 'node:crypto';
import { strengthFor } from '../directory/clearance.ts';
import { changeRelyingSystem } from '../directory/commands/relying_system_change.ts';
import { resetServiceSecret } from '../directory/commands/service_secret_reset.ts';
import { type SystemStrength, systemStrengths } from '../directory/identity.ts';
import { clientSecretContext, type RelyingSystemColumns } from '../directory/relying_system.ts';
import type { ClientMetadata, RelyingSystemRow } from '../directory/tables.ts';
import { type ClearanceLevel, clearanceLevels } from '../directory/vocabulary.ts';
import { OperationError } from '../errors.ts';
import { systemDn } from '../x500/tree.ts';
import type { CommandLine } from './command_line.ts';
import { declare } from './declare.ts';
import { intoFiles } from './file.ts';
import { organisationByCode, organisationCodes, systemByCode } from './lookup.ts';
import { collect, given, wordOption } from './options.ts';
import type { Session } from './session.ts';

interface ChangeOptions {
  redirectUri?: string[];
  postLogoutRedirectUri?: string[];
  releasedAttribute?: string[];
  classification?: ClearanceLevel;
  minimumClearance?: ClearanceLevel;
  minimumStrength?: SystemStrength | 'default';
  population?: string[];
}

export function systemCommands(line: CommandLine): void {
  const group = declare(
    line.program,
    'system',
    'Relying systems: mail, instant messaging, file share and others that authenticate against the directory.',
    'system list',
    'system reset-secret mail',
  );

  declare(group, 'list', 'Lists relying systems.', 'system list').action(async () => {
    await line.withSession(async (session, output) => {
      const codes = await organisationCodes(session.tables);
      const systems = await session.tables.find('relying_system', {});
      const rows = systems.map((system) => systemFacts(session, system, codes));
      rows.sort((one, other) => one.code.localeCompare(other.code, 'en'));
      output.table(rows, ['code', 'name', 'organisation', 'classification', 'clearance_approved', 'dn']);
    });
  });

  declare(
    group,
    'show <code>',
    'Shows what a system is told, whom it may see, and its client.',
    'system show mail',
  ).action(async (code: string) => {
    await line.withSession(async (session, output) => {
      const system = await systemByCode(session.tables, code);
      const [account] = await session.tables.find('account', { relying_system: system.uuid });
      output.fields({
        ...systemFacts(session, system, await organisationCodes(session.tables)),
        uuid: system.uuid,
        account_state: account?.state ?? null,
      });
    });
  });

  declareChange(line, group);
  declareReset(line, group);
}

function declareChange(line: CommandLine, group: ReturnType<typeof declare>): void {
  declare(
    group,
    'change <code>',
    "Changes a system. A list is given whole, an option for each value; '' empties it.",
    'system change mail --redirect-uri https://mail.gov.hk/callback --post-logout-redirect-uri https://mail.gov.hk/',
    'system change files --classification RESTRICTED --population CSB --population SB',
  )
    .option('--redirect-uri <uri>', 'where sign-on may return to', collect)
    .option('--post-logout-redirect-uri <uri>', 'where a sign-out may return to', collect)
    .option('--released-attribute <name>', 'it reads beyond the address book', collect)
    .option('--classification <level>', 'the highest it handles', wordOption(clearanceLevels))
    .option('--minimum-clearance <level>', 'of who may enter; NONE is everybody', wordOption(clearanceLevels))
    .option(
      '--minimum-strength <strength>',
      "of the proof of who enters; 'default' is what the classification requires",
      wordOption([...systemStrengths, 'default'] as const),
    )
    .option('--population <code>', "whose people it sees, by organisation; '' is everybody", collect)
    .action(async (code: string, options: ChangeOptions) => {
      await line.withSession(async (session, output) => {
        const system = await systemByCode(session.tables, code);
        const changes = await changedColumns(session, system, options);
        if (Object.keys(changes).length === 0) {
          throw new OperationError('invalid_request', 'name what changes: see system change --help');
        }
        const changed = await session.run(changeRelyingSystem, { relying_system: system.uuid, changes });
        const codes = await organisationCodes(session.tables);
        output.fields(systemFacts(session, changed.relying_system, codes));
      });
    });
}

function declareReset(line: CommandLine, group: ReturnType<typeof declare>): void {
  declare(
    group,
    'reset-secret <code>',
    'Makes a new secret, for LDAP binds and the client alike, and shows it this once. The old one ends at once.',
    'system reset-secret mail',
    'system reset-secret mail --secret-file mail.secret',
  )
    .option('--secret-file <file>', 'writes the secret to a new file in place of showing it')
    .action(async (code: string, options: { secretFile?: string }) => {
      await line.withSession(async (session, output) => {
        const system = await systemByCode(session.tables, code);
        const secret = randomBytes(24).toString('base64url');
        const file = { path: options.secretFile, secret: true, content: () => `${secret}\n` };
        await intoFiles([file], async () => resetSecret(session, system, secret));
        const dn = systemDn(system.code, session.settings.suffix);
        output.fields({ code: system.code, dn, ...(options.secretFile === undefined && { secret }) });
        if (options.secretFile === undefined) output.note('keep the secret: nothing shows it again');
      });
    });
}

async function resetSecret(session: Session, system: RelyingSystemRow, secret: string): Promise<void> {
  const wrapped = session.keyWrap.wrap(Buffer.from(secret), clientSecretContext(system.code));
  await session.run(resetServiceSecret, {
    relying_system: system.uuid,
    password_hash: await session.choices.secret(secret),
    wrapped_client_secret: wrapped.toString('base64'),
  });
}

/** The values of a repeated option; undefined where it was not given. */
function listed(values: string[] | undefined): string[] | undefined {
  return values?.filter((value) => value !== '');
}

async function changedColumns(
  session: Session,
  system: RelyingSystemRow,
  options: ChangeOptions,
): Promise<Partial<RelyingSystemColumns>> {
  const client: Partial<ClientMetadata> = given({
    redirect_uris: listed(options.redirectUri),
    post_logout_redirect_uris: listed(options.postLogoutRedirectUri),
  });
  if (Object.keys(client).length > 0 && system.client === null) {
    throw new OperationError('invalid_state', `relying system ${system.code} has no client`);
  }
  const population: string[] = [];
  for (const code of listed(options.population) ?? []) {
    population.push((await organisationByCode(session.tables, code)).uuid);
  }
  return {
    ...given({
      released_attributes: listed(options.releasedAttribute),
      classification: options.classification,
      minimum_clearance: options.minimumClearance,
    }),
    ...(options.minimumStrength !== undefined && {
      minimum_strength: options.minimumStrength === 'default' ? null : options.minimumStrength,
    }),
    ...(options.population !== undefined && { population: population.length === 0 ? null : population }),
    ...(system.client !== null &&
      Object.keys(client).length > 0 && { client: { ...system.client, ...client } }),
  };
}

function systemFacts(session: Session, system: RelyingSystemRow, codes: ReadonlyMap<string, string>) {
  const { code, name_en, name_zh, information_owner, classification, client } = system;
  return {
    code,
    name: name_en,
    name_zh,
    dn: systemDn(code, session.settings.suffix),
    organisation: codes.get(system.organisation) ?? null,
    information_owner,
    classification,
    minimum_clearance: system.minimum_clearance,
    minimum_strength: system.minimum_strength ?? strengthFor(classification),
    clearance_approved: system.clearance_approved,
    released_attributes: system.released_attributes,
    population: system.population?.map((uuid) => codes.get(uuid) ?? uuid) ?? null,
    redirect_uris: client?.redirect_uris ?? [],
    post_logout_redirect_uris: client?.post_logout_redirect_uris ?? [],
    token_endpoint_auth_method: client?.token_endpoint_auth_method ?? null,
    scope: client?.scope ?? null,
  };
}
