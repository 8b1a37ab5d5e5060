// Every command by every role, in and out of its scope, and by the ways round: generated from schema/access.json and from
// the command files themselves, so that a new command or role cannot be forgotten.
import { randomBytes, randomUUID } from 'node:crypto';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import type { Action } from '../../src/directory/access.ts';
import { builtinAccounts } from '../../src/directory/builtin.ts';
import { createPerson } from '../../src/directory/commands/person_create.ts';
import { createPost } from '../../src/directory/commands/post_create.ts';
import { grantRole } from '../../src/directory/commands/role_grant.ts';
import type { Identity } from '../../src/directory/identity.ts';
import type { Command, CommandContext } from '../../src/directory/ports.ts';
import type { AccountRow, PersonRow, PostRow, Tables, UnitRow } from '../../src/directory/tables.ts';
import { type Role, roles } from '../../src/directory/vocabulary.ts';
import { packageRoot } from '../../src/package_root.ts';
import { type Authorities, ensureHierarchy } from '../../src/pki/hierarchy.ts';
import { openKeyWrap } from '../../src/pki/key_wrap.ts';
import { loadProfiles } from '../../src/pki/profile.ts';
import { accessPolicy, openGovernment, personWith, someHash, type World } from './world.ts';

type AnyCommand = Command<unknown, unknown>;

/** One command: what it requires over the organisation of its object (`government`: over all), and an input for it. */
interface Row {
  actions: readonly Action[];
  government?: true;
  input(organisation: string): Promise<unknown>;
}

/** Thrown when a command came to its end, so that its transaction is rolled back. */
class Allowed extends Error {}

/** By its code and not by its class: commands found at run time may come with a class of their own. */
const codeOf = (error: unknown): unknown =>
  error instanceof Error && 'code' in error ? error.code : undefined;

const isCommand = (value: unknown): value is AnyCommand =>
  typeof value === 'object' && value !== null && 'execute' in value && 'name' in value;

async function allCommands(): Promise<Map<string, AnyCommand>> {
  const found = new Map<string, AnyCommand>();
  for (const folder of ['src/directory/commands', 'src/pki/commands']) {
    for (const file of readdirSync(join(packageRoot, folder))) {
      const module: Record<string, unknown> = await import(`../../${folder}/${file}`);
      for (const value of Object.values(module)) if (isCommand(value)) found.set(value.name, value);
    }
  }
  return found;
}

describe('every command by every role', function () {
  this.timeout(120_000);
  let world: World;
  let commands: Map<string, AnyCommand>;
  let authorities: Authorities;
  let bureau: string;
  let branch: string;
  let sibling: string;
  let serial = 0;
  const profiles = loadProfiles();
  const rank = 'directory_administrator';

  before(async () => {
    world = await openGovernment('2026-11-20T02:00:00Z');
    const uuidOf = async (code: string) => (await world.one('organisation', { code })).uuid;
    [bureau, branch, sibling] = [await uuidOf('FSTB'), await uuidOf('FSTB-TB'), await uuidOf('CSB')];
    commands = await allCommands();
    const ports = {
      runner: world.runner,
      reader: world.tables,
      keyWrap: openKeyWrap(randomBytes(32)),
      clock: world.clock,
      profiles,
      pkiBaseUrl: 'http://pki.gov.example',
    };
    authorities = await ensureHierarchy(ports, { identity: world.seeds.identity, request: 'test' });
  });
  after(() => world.close());

  const next = (): string => String(++serial);

  async function post(organisation: string): Promise<PostRow> {
    const input = {
      organisation,
      number: `M-${next()}`,
      title_en: 'Officer',
      valid_from: new Date('2020-01-01'),
    };
    return (await world.run(createPost, input)).post;
  }

  async function person(
    organisation: string,
    inPost?: string,
  ): Promise<{ person: PersonRow; account: AccountRow }> {
    const number = next();
    return world.run(createPerson, {
      surname: 'Chan',
      given_name: 'Tai-man',
      uid: `matrix${number}`,
      mail: `matrix${number}@matrix.gov.example`,
      employment: {
        organisation,
        source: 'hr',
        staff_number: `M${number}`,
        category: 'civil_servant',
        start_date: '2020-01-02',
      },
      post: inPost ?? (await post(organisation)).uuid,
      password: { hash: someHash, must_change: true },
    });
  }

  /** Rows that no command makes in one step, put there by the console. */
  function write<T>(work: (context: CommandContext) => Promise<T>): Promise<T> {
    return world.run({ name: 'test.write', execute: work }, undefined);
  }

  async function accountIn(organisation: string, patch: Partial<AccountRow> = {}): Promise<string> {
    const { account } = await person(organisation);
    await write(({ tx }) => tx.update('account', account.uuid, patch));
    return account.uuid;
  }

  function insert<T extends keyof Tables>(table: T, row: Tables[T]): Promise<string> {
    return write(({ tx }) => tx.insert(table, row)).then(() => row.uuid);
  }

  function group(organisation: string): Promise<string> {
    const columns = { description: null, kind: 'static', rule: null, gid_number: null, mail: null } as const;
    return insert('group', { uuid: randomUUID(), name: `g${next()}`, organisation, ...columns });
  }

  async function system(organisation: string): Promise<{ uuid: string; code: string }> {
    const [mail] = await world.tables.find('relying_system', { code: 'mail' });
    if (mail === undefined) throw new Error('no relying system to copy');
    const row = { ...mail, uuid: randomUUID(), code: `s${next()}`, organisation, clearance_approved: false };
    await insert('relying_system', row);
    return row;
  }

  async function certificate(organisation: string, state: 'intended' | 'valid'): Promise<string> {
    const holder = (await person(organisation)).person.uuid;
    const now = world.clock.now();
    const uuid = await insert('certificate', {
      uuid: randomUUID(),
      person: holder,
      profile: 'encryption',
      serial: randomBytes(16).toString('hex'),
      authority: 'issuing',
      subject: 'CN=somebody',
      public_key_hash: randomBytes(32).toString('hex'),
      mail: 'somebody@gov.example',
      not_before: now,
      not_after: new Date(now.getTime() + 86_400_000),
      der: Buffer.alloc(state === 'valid' ? 1 : 0),
      state,
      revoked_at: null,
      revocation_reason: null,
      renewal_of: null,
    });
    const escrow = { wrapped_key: Buffer.alloc(48), created_at: now, recoveries: 0 };
    await insert('key_escrow', { uuid: randomUUID(), certificate: uuid, person: holder, ...escrow });
    return uuid;
  }

  async function role(organisation: string): Promise<string> {
    const { uuid } = await post(organisation);
    const granted = await world.run(grantRole, { post: uuid, role: 'help_desk', organisation });
    return granted.post_role.uuid;
  }

  const account = async (organisation: string, patch: Partial<AccountRow> = {}) => ({
    account: await accountIn(organisation, patch),
  });
  const until = new Date('2026-12-01T00:00:00Z');

  const rows: Record<string, Row> = {
    'account.lock': { actions: ['account.manage'], input: (o) => account(o) },
    'account.lock_out': {
      actions: ['account.lock_out'],
      input: async (o) => ({ ...(await account(o)), until }),
    },
    'account.reinstate': { actions: ['account.manage'], input: (o) => account(o, { state: 'SUSPENDED' }) },
    'account.require_reset': { actions: ['account.reset'], input: (o) => account(o) },
    'account.set_password': {
      actions: ['account.reset'],
      input: async (o) => ({ ...(await account(o)), hash: someHash, must_change: true }),
    },
    'account.suspend': { actions: ['account.manage'], input: (o) => account(o) },
    'account.unlock': { actions: ['account.unlock'], input: (o) => account(o, { locked_until: until }) },
    'assignment.end': {
      actions: ['assignment.manage'],
      input: async (o) => {
        const held = await world.one('assignment', { person: (await person(o)).person.uuid });
        return { assignment: held.uuid };
      },
    },
    'authority.create': {
      actions: ['authority.manage'],
      government: true,
      input: async () => ({ authorities: [], keys: [] }),
    },
    'certificate.abandon': {
      actions: ['authority.manage'],
      government: true,
      input: async () => ({ authority: 'issuing' }),
    },
    'certificate.check': {
      actions: ['certificate.issue'],
      input: async (o) => ({ person: (await person(o)).person.uuid, profile: profiles.encryption }),
    },
    'certificate.intend': {
      actions: ['certificate.issue'],
      input: async (o) => ({
        uuid: randomUUID(),
        person: (await person(o)).person.uuid,
        profile: profiles.encryption,
        key: { hash: randomBytes(32).toString('hex') },
        serial: randomBytes(16).toString('hex'),
        authority: { name: 'issuing', notAfter: authorities.issuing.notAfter },
      }),
    },
    'certificate.publish': {
      actions: ['certificate.issue'],
      // Registration is asked before anything is written, and finds another subject: whoever gets there was let in.
      input: async (o) => ({
        uuid: await certificate(o, 'intended'),
        profile: profiles.encryption,
        der: Buffer.alloc(1),
        wrappedKey: null,
      }),
    },
    'certificate.release': {
      actions: ['certificate.revoke'],
      input: async (o) => {
        const uuid = await certificate(o, 'valid');
        const held = {
          state: 'revoked',
          revoked_at: world.clock.now(),
          revocation_reason: 'certificateHold',
        } as const;
        await write(({ tx }) => tx.update('certificate', uuid, held));
        return { certificate: { uuid } };
      },
    },
    'certificate.revoke': {
      actions: ['certificate.revoke'],
      input: async (o) => ({ certificate: { uuid: await certificate(o, 'valid') }, reason: null }),
    },
    'clearance.grant': {
      actions: ['clearance.grant'],
      input: async (o) => ({
        person: (await person(o)).person.uuid,
        level: 'RESTRICTED',
        check_type: 'normal',
        basis: 'memo',
      }),
    },
    'clearance.withdraw': {
      actions: ['clearance.withdraw'],
      input: async (o) => {
        const of = (await person(o)).person.uuid;
        const granted = {
          level: 'RESTRICTED',
          check_type: 'normal',
          basis: 'memo',
          status: 'active',
        } as const;
        const period = { valid_from: new Date('2026-01-01'), valid_to: null };
        const row = { uuid: randomUUID(), person: of, granted_by: builtinAccounts.console.uuid };
        await insert('clearance', { ...row, ...granted, ...period });
        return { person: of };
      },
    },
    'due_facts.apply': {
      actions: ['person.manage', 'clearance.withdraw'],
      government: true,
      input: async () => ({ facts: [], cursor: null }),
    },
    'group.add_member': {
      actions: ['group.manage'],
      input: async (o) => ({ group: await group(o), member: { person: (await person(o)).person.uuid } }),
    },
    'group.change': {
      actions: ['group.manage'],
      input: async (o) => ({ group: await group(o), changes: { description: 'changed' } }),
    },
    'group.create': {
      actions: ['group.manage'],
      input: async (organisation) => {
        const { code } = await world.one('organisation', { uuid: organisation });
        return { name: `${code}-new${next()}`, organisation, kind: 'static' };
      },
    },
    'group.remove_member': {
      actions: ['group.manage'],
      input: async (o) => {
        const [of, member] = [await group(o), (await person(o)).person.uuid];
        const period = { valid_from: new Date('2026-01-01'), valid_to: null };
        await insert('group_member', {
          uuid: randomUUID(),
          group: of,
          person: member,
          member_group: null,
          ...period,
        });
        return { group: of, member: { person: member } };
      },
    },
    'key.recover': {
      actions: ['key.recover'],
      input: async (o) => ({ certificate: await certificate(o, 'valid') }),
    },
    'organisation.change': {
      actions: ['organisation.manage'],
      input: async (organisation) => ({ organisation, changes: { help_contact_en: 'Help desk 2810 2000' } }),
    },
    'organisation.create': {
      actions: ['organisation.manage'],
      input: async (parent) => ({
        code: `X${next()}`,
        name_en: 'New office',
        name_zh: '新辦事處',
        kind: 'office',
        parent,
      }),
    },
    'person.assign': {
      actions: ['assignment.manage'],
      input: async (o) => ({
        person: (await person(o)).person.uuid,
        post: (await post(o)).uuid,
        kind: 'acting',
        valid_to: until,
      }),
    },
    'person.change': {
      actions: ['person.manage'],
      input: async (o) => ({ person: (await person(o)).person.uuid, changes: { english_name: 'Ann' } }),
    },
    'person.create': {
      actions: ['person.manage'],
      input: async (organisation) => ({
        surname: 'Lee',
        given_name: 'Wing',
        uid: `new${next()}`,
        mail: null,
        employment: {
          organisation,
          source: 'hr',
          staff_number: `N${next()}`,
          category: 'civil_servant',
          start_date: '2020-01-02',
        },
      }),
    },
    'person.leave': {
      actions: ['person.manage'],
      input: async (o) => ({ person: (await person(o)).person.uuid }),
    },
    'person.move': {
      actions: ['assignment.manage'],
      input: async (o) => ({ person: (await person(o)).person.uuid, post: (await post(o)).uuid }),
    },
    'post.change': {
      actions: ['post.manage'],
      input: async (o) => ({ post: (await post(o)).uuid, changes: { title_en: 'Renamed' } }),
    },
    'post.create': {
      actions: ['post.manage'],
      input: async (organisation) => ({ organisation, number: `N-${next()}`, title_en: 'New' }),
    },
    'rank.create': {
      actions: ['organisation.manage'],
      government: true,
      input: async () => ({ code: `R${next()}`, name_en: 'Rank', name_zh: '職級', seniority: 1 }),
    },
    'relying_system.change': {
      actions: ['relying_system.manage'],
      input: async (o) => ({ relying_system: (await system(o)).uuid, changes: { name_en: 'Renamed' } }),
    },
    'relying_system.create': {
      actions: ['relying_system.manage'],
      input: async (organisation) => ({
        code: `n${next()}`,
        name_en: 'New system',
        name_zh: '新系統',
        organisation,
        information_owner: 'Head',
        classification: 'RESTRICTED',
        population: [organisation],
      }),
    },
    'revocation_list.publish': {
      actions: ['authority.manage'],
      government: true,
      input: async () => {
        const [row] = await world.tables.find('certificate_authority', { name: 'issuing' });
        const times = { thisUpdate: world.clock.now(), nextUpdate: until };
        return { authority: row?.uuid, crl: Buffer.alloc(1), number: (row?.crl_number ?? 0) + 1, ...times };
      },
    },
    'role.grant': {
      actions: ['role.grant'],
      input: async (organisation) => ({
        post: (await post(organisation)).uuid,
        role: 'auditor',
        organisation,
      }),
    },
    'role.withdraw': { actions: ['role.grant'], input: async (o) => ({ post_role: await role(o) }) },
    'server_key.replace': {
      actions: ['authority.manage'],
      government: true,
      input: async () => {
        const key = { wrapped_key: Buffer.alloc(1), public_key: null, certificate: null };
        const names = { purpose: `tls-${next()}`, algorithm: 'ec-p256', state: 'current' } as const;
        const made = { uuid: randomUUID(), ...names, ...key, created_at: world.clock.now() };
        return { made, replaces: null, authority: authorities.issuing.uuid };
      },
    },
    'service_account.create': {
      actions: ['relying_system.manage'],
      input: async (o) => {
        const { uuid, code } = await system(o);
        return { relying_system: uuid, uid: code, password_hash: someHash };
      },
    },
    'service_account.reset_secret': {
      actions: ['relying_system.manage'],
      input: async (o) => {
        const { uuid, code } = await system(o);
        const create = commands.get('service_account.create') as AnyCommand;
        await world.run(create, { relying_system: uuid, uid: code, password_hash: someHash });
        return { relying_system: uuid, password_hash: someHash };
      },
    },
    'unit.create': {
      actions: ['organisation.manage'],
      input: async (organisation) => ({
        organisation,
        code: `U${next()}`,
        name_en: 'New section',
        kind: 'section',
      }),
    },
    'unit.end': {
      actions: ['organisation.manage'],
      input: async (organisation) => {
        const section = { organisation, code: `U${next()}`, name_en: 'New section', kind: 'section' };
        const { unit } = (await world.run(commands.get('unit.create') as AnyCommand, section)) as {
          unit: UnitRow;
        };
        return { unit: unit.uuid, valid_to: until };
      },
    },
  };

  const identityOf = (granted: readonly Role[], organisation: string | null, known: Partial<Identity> = {}) =>
    personWith(
      granted.map((one) => ({ role: one, organisation, post: null })),
      { account: builtinAccounts.console.uuid, ...known },
    );

  /** Whether the command is let through; everything that it writes is undone. */
  async function lets(command: AnyCommand, input: unknown, identity: Identity): Promise<boolean> {
    const changes = world.changes.length;
    const tried: AnyCommand = {
      name: command.name,
      async execute(context, value) {
        await command.execute(context, value);
        throw new Allowed();
      },
    };
    try {
      await world.run(tried, input, identity);
    } catch (error) {
      expect(world.changes.length, 'a change was left').to.equal(changes);
      if (error instanceof Allowed) return true;
      const code = codeOf(error);
      if (code === 'access_denied') return false;
      if (command.name === 'certificate.publish' && code === 'conflict') return true;
      throw error;
    }
    throw new Error('the command was not undone');
  }

  it('knows every command', () => {
    expect(Object.keys(rows).sort()).to.deep.equal([...commands.keys()].sort());
  });

  for (const [name, row] of Object.entries(rows)) {
    it(`${name}: as schema/access.json says, within the scope of the grant and nowhere else`, async () => {
      const command = commands.get(name) as AnyCommand;
      const [here, above] = [await row.input(branch), await row.input(bureau)];
      for (const one of roles) {
        const may = row.actions.every((action) => accessPolicy.actions[action].includes(one));
        const inScope = may && row.government !== true;
        const tries: [what: string, input: unknown, scope: string | null, expected: boolean][] = [
          ['over the organisation itself', here, branch, inScope],
          ['over the organisation above', here, bureau, inScope],
          ['over the whole government', here, null, may],
          ['one scope too high', above, branch, false],
          ['over another organisation', here, sibling, false],
        ];
        for (const [what, input, scope, expected] of tries) {
          expect(await lets(command, input, identityOf([one], scope)), `${one} ${what}`).to.equal(expected);
        }
      }
      const everything = identityOf(roles, null);
      for (const nobody of [
        { ...everything, strength: 'none' as const },
        { ...everything, account: null },
        { ...everything, grants: [] },
      ]) {
        expect(await lets(command, here, nobody), 'nobody').to.equal(false);
      }
    });
  }

  describe('an act over two organisations takes the right over both', () => {
    /** The command over something of each, and the action; `eitherSuffices`: one side may alone. */
    const acts: Record<string, [action: Action, eitherSuffices: boolean, input: () => Promise<unknown>]> = {
      'person.assign': [
        'assignment.manage',
        false,
        async () => {
          const [lent, to] = [(await person(branch)).person.uuid, (await post(sibling)).uuid];
          return { person: lent, post: to, kind: 'doubling_up' };
        },
      ],
      'person.move': [
        'assignment.manage',
        false,
        async () => ({ person: (await person(branch)).person.uuid, post: (await post(sibling)).uuid }),
      ],
      'assignment.end': ['assignment.manage', true, async () => ({ assignment: (await lend()).assignment })],
      'role.grant': [
        'role.grant',
        false,
        async () => ({ post: (await lend()).post, role: 'auditor', organisation: sibling }),
      ],
      'post.change': [
        'post.manage',
        false,
        async () => ({ post: (await post(branch)).uuid, changes: { organisation: sibling } }),
      ],
      'group.change': [
        'group.manage',
        false,
        async () => ({ group: await group(branch), changes: { organisation: sibling } }),
      ],
      'group.create': [
        'group.manage',
        false,
        async () => {
          const { code } = await world.one('organisation', { uuid: sibling });
          const rule = { organisation: branch };
          return { name: `${code}-rule${next()}`, organisation: sibling, kind: 'rule', rule };
        },
      ],
    };

    /** Somebody of the branch who doubles up in the sibling. */
    async function lend(): Promise<{ post: string; assignment: string }> {
      const [lent, to] = [(await person(branch)).person.uuid, (await post(sibling)).uuid];
      const input = { person: lent, post: to, kind: 'doubling_up' };
      await world.run(commands.get('person.assign') as AnyCommand, input);
      return { post: to, assignment: (await world.one('assignment', { person: lent, post: to })).uuid };
    }

    for (const [name, [action, eitherSuffices, makeInput]] of Object.entries(acts)) {
      it(name, async () => {
        const command = commands.get(name) as AnyCommand;
        const input = await makeInput();
        for (const one of roles) {
          const may = accessPolicy.actions[action].includes(one);
          const over = (...scopes: (string | null)[]) =>
            lets(command, input, {
              ...identityOf([one], null),
              grants: scopes.map((organisation) => ({ role: one, organisation, post: null })),
            });
          expect(await over(branch), `${one} over the one`).to.equal(may && eitherSuffices);
          expect(await over(sibling), `${one} over the other`).to.equal(may && eitherSuffices);
          expect(await over(branch, sibling), `${one} over both`).to.equal(may);
          expect(await over(bureau, sibling), `${one} above the one and over the other`).to.equal(may);
          expect(await over(null), `${one} over the whole government`).to.equal(may);
        }
      });
    }
  });

  it('a group by category of employment takes the right over groups and over people', async () => {
    const command = commands.get('group.create') as AnyCommand;
    const { code } = await world.one('organisation', { uuid: branch });
    const create = (organisation: string | null) => ({
      name: `${code}-terms${next()}`,
      organisation: branch,
      kind: 'rule',
      rule: { category: 'vendor', ...(organisation !== null && { organisation }) },
    });
    for (const one of roles) {
      const may = (['group.manage', 'person.manage'] as const).every((action) =>
        accessPolicy.actions[action].includes(one),
      );
      const tries = [
        [branch, branch, may],
        [branch, bureau, may],
        [branch, sibling, false],
        [bureau, branch, false],
        [null, bureau, false],
        [null, null, may],
      ] as const;
      for (const [reach, scope, expected] of tries) {
        expect(await lets(command, create(reach), identityOf([one], scope)), one).to.equal(expected);
      }
    }
  });

  describe('no role leads to another', () => {
    const administrator = () => identityOf([rank, 'help_desk', 'group_manager'], null);
    const both = () => identityOf([rank, 'system_administrator'], null);

    /** Each way to hold a post, change it, or become its holder, by its name. */
    type Detour = (held: PostRow) => Promise<[command: string, input: unknown]>;
    const puppet = async () => (await person(branch)).person.uuid;
    const detours: Record<string, Detour> = {
      'appoint a puppet to act': async ({ uuid }) => [
        'person.assign',
        { person: await puppet(), post: uuid, kind: 'acting', valid_to: until },
      ],
      'appoint a puppet to double up': async ({ uuid }) => [
        'person.assign',
        { person: await puppet(), post: uuid, kind: 'doubling_up' },
      ],
      'appoint a puppet from next month': async ({ uuid }) => [
        'person.assign',
        {
          person: await puppet(),
          post: uuid,
          kind: 'acting',
          valid_from: until,
          valid_to: new Date('2027-01-01'),
        },
      ],
      'post a puppet': async ({ uuid }) => ['person.move', { person: await puppet(), post: uuid }],
      'post a puppet from next month': async ({ uuid }) => [
        'person.move',
        { person: await puppet(), post: uuid, at: until },
      ],
      'create a puppet in the post': async ({ uuid }) => {
        const input = (await rows['person.create']?.input(branch)) as object;
        return ['person.create', { ...input, post: uuid }];
      },
      'change the post': async ({ uuid }) => ['post.change', { post: uuid, changes: { title_en: 'Mine' } }],
      'prolong the post': async ({ uuid }) => ['post.change', { post: uuid, changes: { valid_to: until } }],
      'move the post': async ({ uuid }) => ['post.change', { post: uuid, changes: { organisation: bureau } }],
      'reset its holder': async ({ uuid }) => {
        const { account: holder } = await person(branch, uuid);
        return ['account.set_password', { account: holder.uuid, hash: someHash, must_change: false }];
      },
      'reset its holder to come': async ({ uuid }) => {
        const coming = await person(branch);
        const move = commands.get('person.move') as AnyCommand;
        await world.run(move, { person: coming.person.uuid, post: uuid, at: until });
        return ['account.set_password', { account: coming.account.uuid, hash: someHash, must_change: false }];
      },
      'reinstate its suspended holder': async ({ uuid }) => {
        const { account: holder } = await person(branch, uuid);
        await write(({ tx }) => tx.update('account', holder.uuid, { state: 'SUSPENDED' }));
        return ['account.reinstate', { account: holder.uuid }];
      },
      'reinstate its former holder': async ({ uuid }) => {
        const { person: holder, account: closed } = await person(branch, uuid);
        await world.run(commands.get('person.leave') as AnyCommand, { person: holder.uuid, at_once: true });
        return ['account.reinstate', { account: closed.uuid }];
      },
      'unlock its holder whom an administrator locked': async ({ uuid }) => {
        const { account: holder } = await person(branch, uuid);
        await write(({ tx }) => tx.update('account', holder.uuid, { state: 'LOCKED' }));
        return ['account.unlock', { account: holder.uuid }];
      },
      'rename its holder': async ({ uuid }) => {
        const { person: holder } = await person(branch, uuid);
        return ['person.change', { person: holder.uuid, changes: { surname: 'Other' } }];
      },
      'call off the leave of its holder': async ({ uuid }) => {
        const { person: holder } = await person(branch, uuid);
        const going = { person: holder.uuid, last_duty_date: '2026-12-31' };
        await world.run(commands.get('person.leave') as AnyCommand, going);
        return ['person.leave', { person: holder.uuid, last_duty_date: null }];
      },
    };

    async function postWith(granted: Role, organisation: string | null): Promise<PostRow> {
      const made = await post(branch);
      await world.run(grantRole, { post: made.uuid, role: granted, organisation });
      return made;
    }

    for (const [how, detour] of Object.entries(detours)) {
      it(`${how}: for no role of the list, except by who could grant it`, async () => {
        for (const granted of roles) {
          const [name, input] = await detour(await postWith(granted, null));
          const command = commands.get(name) as AnyCommand;
          expect(await lets(command, input, administrator()), granted).to.equal(false);
          const narrow = identityOf([rank, 'system_administrator'], branch);
          expect(await lets(command, input, narrow), `${granted} beyond the own scope`).to.equal(false);
          expect(await lets(command, input, both()), `${granted} by who could grant it`).to.equal(true);
        }
      });
    }

    it('move an organisation under the scope of a role', async () => {
      await postWith('clearance_officer', sibling);
      const input = { organisation: branch, changes: { parent: sibling } };
      const command = commands.get('organisation.change') as AnyCommand;
      expect(await lets(command, input, administrator())).to.equal(false);
      expect(await lets(command, input, both())).to.equal(true);
    });

    it('set the password of a service account', async () => {
      const { uuid } = await world.one('account', { uid: 'mail' });
      const command = commands.get('account.set_password') as AnyCommand;
      const refused = await lets(
        command,
        { account: uuid, hash: someHash, must_change: false },
        both(),
      ).catch((error: unknown) => String(error));
      expect(refused).to.contain('invalid_state: a service account has a generated secret');
    });
  });
});
