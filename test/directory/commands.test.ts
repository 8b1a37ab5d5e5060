// The verbs of the write model on a real database: what they record, what they refuse, who may.
import { expect } from 'chai';
import { builtinAccounts } from '../../src/directory/builtin.ts';
import { lockAccount } from '../../src/directory/commands/account_lock.ts';
import { lockOutAccount } from '../../src/directory/commands/account_lock_out.ts';
import { reinstateAccount } from '../../src/directory/commands/account_reinstate.ts';
import { suspendAccount } from '../../src/directory/commands/account_suspend.ts';
import { unlockAccount } from '../../src/directory/commands/account_unlock.ts';
import { assign } from '../../src/directory/commands/assign.ts';
import { endAssignment } from '../../src/directory/commands/assignment_end.ts';
import { grantClearance } from '../../src/directory/commands/clearance_grant.ts';
import { withdrawClearance } from '../../src/directory/commands/clearance_withdraw.ts';
import { addMember } from '../../src/directory/commands/group_add_member.ts';
import { changeGroup } from '../../src/directory/commands/group_change.ts';
import { createGroup } from '../../src/directory/commands/group_create.ts';
import { removeMember } from '../../src/directory/commands/group_remove_member.ts';
import { leave } from '../../src/directory/commands/leave.ts';
import { changeOrganisation } from '../../src/directory/commands/organisation_change.ts';
import { createOrganisation } from '../../src/directory/commands/organisation_create.ts';
import { setPassword } from '../../src/directory/commands/password_set.ts';
import { changePerson } from '../../src/directory/commands/person_change.ts';
import {
  type CreatedPerson,
  type CreatePersonInput,
  createPerson,
} from '../../src/directory/commands/person_create.ts';
import { movePerson } from '../../src/directory/commands/person_move.ts';
import { changePost } from '../../src/directory/commands/post_change.ts';
import { createPost } from '../../src/directory/commands/post_create.ts';
import { changeRelyingSystem } from '../../src/directory/commands/relying_system_change.ts';
import { createRelyingSystem } from '../../src/directory/commands/relying_system_create.ts';
import { grantRole } from '../../src/directory/commands/role_grant.ts';
import { withdrawRole } from '../../src/directory/commands/role_withdraw.ts';
import { createServiceAccount } from '../../src/directory/commands/service_account_create.ts';
import { resetServiceSecret } from '../../src/directory/commands/service_secret_reset.ts';
import { createUnit } from '../../src/directory/commands/unit_create.ts';
import type { Identity, RoleGrant } from '../../src/directory/identity.ts';
import type { CheckedHash } from '../../src/directory/password_policy.ts';
import type { CertificateRow, PostRow } from '../../src/directory/tables.ts';
import type { Role } from '../../src/directory/vocabulary.ts';
import type { ErrorCode } from '../../src/errors.ts';
import { openGovernment, personWith, someHash, type World } from './world.ts';

describe('commands', () => {
  let world: World;
  let csb: string;
  let sb: string;
  let fstb: string;
  let fstbTb: string;
  let serial = 0;

  before(async function () {
    this.timeout(60_000);
    world = await openGovernment('2026-11-20T02:00:00Z');
    const uuidOf = async (code: string) => (await world.one('organisation', { code })).uuid;
    csb = await uuidOf('CSB');
    sb = await uuidOf('SB');
    fstb = await uuidOf('FSTB');
    fstbTb = await uuidOf('FSTB-TB');
  });
  after(() => world.close());
  beforeEach(() => world.moveTo('2026-11-20T02:00:00Z'));

  const holding = (role: Role, organisation: string | null, known: Partial<Identity> = {}): Identity =>
    personWith([{ role, organisation, post: null }], { account: builtinAccounts.console.uuid, ...known });

  const withRoles = (roles: readonly Role[], organisation: string | null): Identity =>
    personWith(
      roles.map((role) => ({ role, organisation, post: null })),
      { account: builtinAccounts.console.uuid },
    );

  async function newPost(organisation = csb): Promise<PostRow> {
    serial += 1;
    const input = { organisation, number: `P-${String(serial)}`, title_en: `Officer ${String(serial)}` };
    return (await world.run(createPost, { ...input, valid_from: new Date('2020-01-01T00:00:00Z') })).post;
  }

  async function newPerson(patch: Partial<CreatePersonInput> = {}, by?: Identity): Promise<CreatedPerson> {
    serial += 1;
    return world.run(createPerson, joiner(serial, patch), by);
  }

  function joiner(number: number, patch: Partial<CreatePersonInput> = {}): CreatePersonInput {
    return {
      surname: 'Chan',
      given_name: 'Tai-man',
      name_zh: '陳大文',
      uid: `officer${String(number)}`,
      employment: {
        organisation: csb,
        source: 'hr',
        staff_number: String(number),
        category: 'civil_servant',
        start_date: '2020-01-02',
      },
      password: { hash: someHash, must_change: true },
      ...patch,
    };
  }

  async function refused(work: Promise<unknown>, code: ErrorCode, detail: RegExp): Promise<void> {
    const changes = world.changes.length;
    const [outcome] = await Promise.allSettled([work]);
    expect(outcome, 'not refused').to.have.property('status', 'rejected');
    expect(outcome).to.have.nested.property('reason.code', code);
    expect(outcome).to.have.nested.property('reason.detail').that.matches(detail);
    expect(world.changes.length, 'a refusal left a change').to.equal(changes);
  }

  const stateOf = async (uuid: string) => (await world.one('account', { uuid })).state;

  describe('person.create', () => {
    it('records person, employment, assignment, address, account and password in one change', async () => {
      const post = await newPost();
      const created = await newPerson({ post: post.uuid });
      expect(created.account).to.include({ state: 'ACTIVE', kind: 'personal', expires_at: null });
      expect(created.mail?.address).to.equal(`${created.account.uid}@csb.gov.hk`);
      expect(created.assignment).to.include({ post: post.uuid, is_primary: true, kind: 'substantive' });
      const change = world.changes.at(-1);
      expect(change?.command).to.equal('person.create');
      expect(change?.rows.map((row) => row.table)).to.have.members([
        'person',
        'employment',
        'assignment',
        'mail_address',
        'account',
        'credential',
      ]);
      expect(JSON.stringify(change)).to.not.contain('argon2id');
    });

    it('invites who has no password yet, and waits for who starts later', async () => {
      expect((await newPerson({ password: null })).account.state).to.equal('INVITED');
      const employment = { ...joiner(++serial).employment, start_date: '2026-12-01' };
      expect((await newPerson({ employment })).account.state).to.equal('PENDING');
    });

    it('closes the account of a contractor by its own date', async () => {
      const employment = {
        ...joiner(++serial).employment,
        category: 't_contract' as const,
        last_duty_date: '2026-12-31',
      };
      const { account } = await newPerson({ employment });
      expect(account.expires_at?.toISOString()).to.equal('2026-12-31T16:00:00.000Z');
    });

    it('refuses what is taken, naming it, and leaves nothing behind', async () => {
      const first = await newPerson({ post: (await newPost()).uuid });
      await refused(newPerson({ uid: first.account.uid }), 'already_exists', /uid/);
      await refused(
        newPerson({ mail: first.mail?.address.toUpperCase() ?? null }),
        'already_exists',
        /address/,
      );
      const { staff_number } = first.employment;
      const employment = { ...joiner(serial).employment, staff_number };
      await refused(newPerson({ employment }), 'already_exists', /staff_number/);
      await refused(
        newPerson({ post: first.assignment?.post ?? null }),
        'already_exists',
        /substantive holder/,
      );
      await refused(newPerson({ surname: '' }), 'invalid_value', /^surname is required/);
      await refused(newPerson({ post: csb }), 'not_found', /^post /);
      await refused(newPerson({ post: "' or 1=1" }), 'invalid_value', /^post must be the uuid/);
    });

    it('gives a post to one of two who ask at the same time', async () => {
      const post = await newPost();
      const [one, other] = [++serial, ++serial];
      const both = [one, other].map((number) => world.run(createPerson, joiner(number, { post: post.uuid })));
      const outcomes = await Promise.allSettled(both);
      expect(outcomes.map((outcome) => outcome.status)).to.have.members(['fulfilled', 'rejected']);
      const lost = outcomes.find((outcome) => outcome.status === 'rejected');
      expect(lost).to.have.nested.property('reason.code', 'already_exists');
    });

    it('is for the administrator of the employer, and of the post where that is elsewhere', async () => {
      const csbAdministrator = holding('directory_administrator', csb);
      await newPerson({}, csbAdministrator);
      await refused(newPerson({}, holding('directory_administrator', sb)), 'access_denied', /person\.manage/);
      await refused(newPerson({}, holding('auditor', null)), 'access_denied', /person\.manage/);
      await refused(newPerson({}, personWith([])), 'access_denied', /person\.manage/);
      const elsewhere = await newPost(sb);
      await refused(
        newPerson({ post: elsewhere.uuid }, csbAdministrator),
        'access_denied',
        /assignment\.manage/,
      );
      const employment = { ...joiner(++serial).employment, organisation: fstbTb };
      await newPerson({ employment }, holding('directory_administrator', fstb));
    });
  });

  describe('person.change', () => {
    it('changes names and the primary address, and keeps the old address as an alias', async () => {
      const { person, mail } = await newPerson();
      const address = `new.${String(serial)}@csb.gov.hk`;
      const changed = await world.run(changePerson, {
        person: person.uuid,
        changes: { surname: 'Ho', preferred_language: 'zh-Hant' },
        mail: address,
      });
      expect(changed.person).to.include({
        surname: 'Ho',
        given_name: 'Tai-man',
        preferred_language: 'zh-Hant',
      });
      const addresses = await world.tables.find('mail_address', { person: person.uuid });
      expect(addresses.filter((one) => one.is_primary).map((one) => one.address)).to.deep.equal([address]);
      await world.run(changePerson, { person: person.uuid, changes: {}, mail: mail?.address ?? '' });
      const after = await world.tables.find('mail_address', { person: person.uuid });
      expect(after).to.have.length(2);
      expect(after.find((one) => one.is_primary)?.address).to.equal(mail?.address);
    });

    it('refuses the administrator of another B/D', async () => {
      const { person } = await newPerson();
      const change = world.run(
        changePerson,
        { person: person.uuid, changes: { surname: 'Ho' } },
        holding('directory_administrator', sb),
      );
      await refused(change, 'access_denied', /person\.manage/);
    });
  });

  describe('person.move', () => {
    it('posts to another B/D: person, account and alias survive, groups of the B/D left behind do not', async () => {
      const from = await newPost();
      const to = await newPost(sb);
      const { person, account, employment, mail } = await newPerson({ post: from.uuid });
      const left = (await world.run(createGroup, { name: `left-${String(serial)}`, organisation: csb }))
        .group;
      const kept = (await world.run(createGroup, { name: `kept-${String(serial)}` })).group;
      for (const group of [left, kept]) {
        await world.run(addMember, { group: group.uuid, member: { person: person.uuid } });
      }
      world.moveTo('2026-11-20T03:00:00Z');
      const mailInSb = `moved${String(serial)}@sb.gov.hk`;
      await world.run(movePerson, { person: person.uuid, post: to.uuid, mail: mailInSb });

      const held = await world.tables.find('assignment', { person: person.uuid });
      const open = held.filter((one) => one.valid_to === null);
      expect(open.map((one) => one.post)).to.deep.equal([to.uuid]);
      expect((await world.one('employment', { uuid: employment.uuid })).organisation).to.equal(sb);
      expect(await stateOf(account.uuid)).to.equal('ACTIVE');
      const addresses = await world.tables.find('mail_address', { person: person.uuid });
      expect(addresses.map((one) => one.address)).to.have.members([mail?.address, mailInSb]);
      const memberships = await world.tables.find('group_member', { person: person.uuid });
      const openIn = memberships.filter((one) => one.valid_to === null).map((one) => one.group);
      expect(openIn).to.deep.equal([kept.uuid]);
    });

    it('takes the consent of both B/Ds, and is never for oneself', async () => {
      const { person } = await newPerson({ post: (await newPost()).uuid });
      const input = { person: person.uuid, post: (await newPost(sb)).uuid };
      for (const organisation of [csb, sb]) {
        const alone = holding('directory_administrator', organisation);
        await refused(world.run(movePerson, input, alone), 'access_denied', /assignment\.manage/);
      }
      const self = holding('directory_administrator', null, { person: person.uuid });
      await refused(world.run(movePerson, input, self), 'access_denied', /oneself/);
      const at = new Date('2026-11-19T00:00:00Z');
      await refused(world.run(movePerson, { ...input, at }), 'invalid_value', /^at /);
    });
  });

  describe('person.assign and assignment.end', () => {
    it('acts in a post for a time beside the own one', async () => {
      const { person } = await newPerson({ post: (await newPost()).uuid });
      const acted = await newPost();
      const acting = { person: person.uuid, post: acted.uuid, kind: 'acting' as const };
      await refused(world.run(assign, acting), 'invalid_value', /valid_to is required/);
      const valid_to = new Date('2026-12-01T00:00:00Z');
      const { assignment } = await world.run(assign, { ...acting, valid_to });
      expect(assignment).to.include({ kind: 'acting', is_primary: false });
      await refused(world.run(assign, { ...acting, valid_to }), 'already_exists', /held by the person/);
      world.moveTo('2026-11-21T00:00:00Z');
      const ended = await world.run(endAssignment, { assignment: assignment.uuid });
      expect(ended.assignment.valid_to).to.deep.equal(world.clock.now());
      await refused(world.run(endAssignment, { assignment: assignment.uuid }), 'invalid_state', /has ended/);
    });

    it('refuses to act in a post of another B/D on the own word', async () => {
      const { person } = await newPerson({ post: (await newPost()).uuid });
      const input = {
        person: person.uuid,
        post: (await newPost(sb)).uuid,
        kind: 'acting' as const,
        valid_to: new Date('2026-12-01T00:00:00Z'),
      };
      const csbAdministrator = holding('directory_administrator', csb);
      await refused(world.run(assign, input, csbAdministrator), 'access_denied', /assignment\.manage/);
      const self = holding('directory_administrator', sb, { person: person.uuid });
      await refused(world.run(assign, input, self), 'access_denied', /oneself/);
    });
  });

  describe('roles', () => {
    it('of a post bound who may appoint to it: an accomplice gets no further than the appointer', async () => {
      const post = await newPost();
      await world.run(grantRole, { post: post.uuid, role: 'clearance_officer', organisation: null });
      const { person } = await newPerson();
      const local = holding('directory_administrator', csb);
      const valid_to = new Date('2026-12-01T00:00:00Z');
      const acting = { person: person.uuid, post: post.uuid, kind: 'acting' as const, valid_to };
      await refused(world.run(assign, acting, local), 'access_denied', /whole government/);
      const move = { person: person.uuid, post: post.uuid };
      await refused(world.run(movePerson, move, local), 'access_denied', /whole government/);
      await refused(newPerson({ post: post.uuid }, local), 'access_denied', /whole government/);
      const administrator = holding('directory_administrator', null);
      await refused(
        world.run(assign, acting, administrator),
        'access_denied',
        /requires role.grant for clearance_officer/,
      );
      await world.run(assign, acting, withRoles(['directory_administrator', 'system_administrator'], null));
    });

    it('hang on posts by a system administrator, never on the own post', async () => {
      const post = await newPost();
      const { person } = await newPerson({ post: post.uuid });
      const input = { post: post.uuid, role: 'help_desk' as const, organisation: csb };
      const own = holding('system_administrator', null, { person: person.uuid });
      await refused(world.run(grantRole, input, own), 'access_denied', /own post/);
      const administrator = holding('directory_administrator', null);
      await refused(world.run(grantRole, input, administrator), 'access_denied', /role\.grant/);
      const narrow = holding('system_administrator', csb);
      await refused(world.run(grantRole, { ...input, organisation: null }, narrow), 'access_denied', /whole/);
      const { post_role } = await world.run(grantRole, input, narrow);
      await refused(world.run(grantRole, input), 'already_exists', /./);
      await world.run(withdrawRole, { post_role: post_role.uuid }, narrow);
      expect(await world.tables.find('post_role', { post: post.uuid })).to.deep.equal([]);
    });

    it('are named by their post in the change of what they allowed, whatever else the actor holds', async () => {
      const { account } = await newPerson();
      const [desk, office] = [(await newPost()).uuid, (await newPost()).uuid];
      const holder = await newPerson({ post: desk, password: { hash: someHash, must_change: false } });
      await world.run(assign, { person: holder.person.uuid, post: office, kind: 'doubling_up' });
      const grants: RoleGrant[] = [
        { role: 'auditor', organisation: null, post: desk },
        { role: 'directory_administrator', organisation: csb, post: office },
      ];
      for (const { role, organisation, post } of grants) {
        await world.run(grantRole, { post: post ?? '', role, organisation });
      }
      const actor = personWith(grants, { account: holder.account.uuid, person: holder.person.uuid });
      await world.run(suspendAccount, { account: account.uuid }, actor);
      expect(world.changes.at(-1)).to.include({ command: 'account.suspend', post: office });
      await world.run(reinstateAccount, { account: account.uuid });
      expect(world.changes.at(-1)).to.include({ command: 'account.reinstate', post: null });
    });
  });

  describe('account', () => {
    it('suspends at once and is reinstated', async () => {
      const { account } = await newPerson();
      world.moveTo('2026-11-20T03:00:00Z');
      const suspended = await world.run(suspendAccount, { account: account.uuid });
      expect(suspended.account).to.include({ state: 'SUSPENDED' });
      expect(suspended.account.sessions_valid_from).to.deep.equal(world.clock.now());
      await refused(world.run(suspendAccount, { account: account.uuid }), 'invalid_state', /SUSPENDED/);
      await world.run(reinstateAccount, { account: account.uuid });
      expect(await stateOf(account.uuid)).to.equal('ACTIVE');
    });

    it('locks for a time or until unlocked', async () => {
      const { account } = await newPerson();
      const until = new Date('2026-11-20T02:15:00Z');
      const locked = await world.run(lockOutAccount, { account: account.uuid, until });
      expect(locked.account).to.deep.include({ state: 'ACTIVE', locked_until: until });
      const helpDesk = holding('help_desk', csb);
      expect(
        (await world.run(unlockAccount, { account: account.uuid }, helpDesk)).account.locked_until,
      ).to.equal(null);
      await refused(world.run(unlockAccount, { account: account.uuid }), 'invalid_state', /not locked/);
      await world.run(lockAccount, { account: account.uuid });
      expect(await stateOf(account.uuid)).to.equal('LOCKED');
      await refused(world.run(lockAccount, { account: account.uuid }, helpDesk), 'access_denied', /./);
      await world.run(unlockAccount, { account: account.uuid });
      expect(await stateOf(account.uuid)).to.equal('ACTIVE');
    });

    it('takes a hash from its owner or the help desk, which opens an invitation and ends sessions', async () => {
      const { account, person } = await newPerson({ password: null });
      const input = { account: account.uuid, hash: someHash, must_change: true };
      await refused(world.run(setPassword, input, personWith([])), 'access_denied', /account\.reset/);
      world.moveTo('2026-11-20T03:00:00Z');
      const set = await world.run(setPassword, input, holding('help_desk', csb));
      expect(set.account).to.deep.include({ state: 'ACTIVE', sessions_valid_from: world.clock.now() });
      const owner = personWith([], { account: account.uuid, person: person.uuid });
      await world.run(setPassword, { ...input, must_change: false }, owner);
      const credentials = await world.run(
        { name: 'test.read', execute: ({ tx }, of) => tx.find('credential', { account: of }) },
        account.uuid,
      );
      expect(credentials).to.have.length(1);
      expect(credentials[0]?.must_change).to.equal(false);
      await refused(
        world.run(setPassword, { ...input, hash: 'hunter2' as CheckedHash }),
        'invalid_value',
        /^password hash/,
      );
    });

    it('the help desk cannot become an administrator by resetting their password', async () => {
      const post = await newPost();
      const { account } = await newPerson({ post: post.uuid });
      await world.run(grantRole, { post: post.uuid, role: 'system_administrator', organisation: null });
      const input = { account: account.uuid, hash: someHash, must_change: true };
      await refused(
        world.run(setPassword, input, holding('help_desk', null)),
        'access_denied',
        /requires role.grant for system_administrator/,
      );
      for (const scope of [csb, null]) {
        const administrator = holding('directory_administrator', scope);
        await refused(world.run(setPassword, input, administrator), 'access_denied', /role\.grant/);
      }
      await world.run(setPassword, input, withRoles(['help_desk', 'system_administrator'], null));
      const service = await world.one('account', { uid: 'mail' });
      const onService = { ...input, account: service.uuid };
      await refused(
        world.run(setPassword, onService, holding('help_desk', null)),
        'invalid_state',
        /a service account has a generated secret/,
      );
    });
  });

  describe('person.leave and account.reinstate', () => {
    async function officer() {
      const post = await newPost();
      const created = await newPerson({ post: post.uuid });
      const person = created.person.uuid;
      const { group } = await world.run(createGroup, { name: `team-${String(serial)}`, organisation: csb });
      const other = await world.run(createGroup, { name: `box-${String(serial)}`, organisation: csb });
      await world.run(addMember, { group: group.uuid, member: { person } });
      const valid_to = new Date('2026-12-31T00:00:00Z');
      await world.run(addMember, { group: other.group.uuid, member: { person }, valid_to });
      const acting = await world.run(assign, {
        person,
        post: (await newPost()).uuid,
        kind: 'acting',
        valid_to,
      });
      await insertCertificate(person, `${String(serial).padStart(4, '0')}aa`);
      return { ...created, post, group, acting: acting.assignment };
    }

    async function insertCertificate(person: string, certificateSerial: string): Promise<void> {
      const issue = {
        name: 'test.certificate',
        execute: async ({ tx, now, newUuid }: Parameters<typeof createGroup.execute>[0]) => {
          if ((await tx.find('certificate_authority', {})).length === 0) {
            const key = newUuid();
            const der = Buffer.from('3000', 'hex');
            await tx.insert('signing_key', {
              uuid: key,
              purpose: 'ca:issuing',
              algorithm: 'ec-p256',
              wrapped_key: der,
              public_key: null,
              certificate: null,
              state: 'current',
              created_at: now,
            });
            await tx.insert('certificate_authority', {
              uuid: newUuid(),
              name: 'issuing',
              issuer: null,
              certificate: der,
              signing_key: key,
              crl: null,
              crl_number: 0,
              crl_this_update: null,
              crl_next_update: null,
            });
          }
          const row: CertificateRow = {
            uuid: newUuid(),
            person,
            profile: 'encryption',
            serial: certificateSerial,
            authority: 'issuing',
            subject: 'CN=Chan Tai-man',
            mail: 'chan@csb.gov.hk',
            not_before: now,
            not_after: new Date(now.getTime() + 1e10),
            der: Buffer.from('3000', 'hex'),
            public_key_hash: certificateSerial.padEnd(64, '0'),
            state: 'valid',
            revoked_at: null,
            revocation_reason: null,
            renewal_of: null,
          };
          await tx.insert('certificate', row);
        },
      };
      await world.run(issue, undefined);
    }

    it('closes every door in one change', async () => {
      const { person, account, group } = await officer();
      world.moveTo('2026-11-20T04:00:00Z');
      const changes = world.changes.length;
      await world.run(leave, { person: person.uuid, at_once: true });
      expect(world.changes.length).to.equal(changes + 1);
      const now = world.clock.now();
      const closed = await world.one('account', { uuid: account.uuid });
      expect(closed).to.deep.include({ state: 'DISABLED', sessions_valid_from: now });
      expect((await world.one('employment', { person: person.uuid })).last_duty_date).to.equal('2026-11-20');
      const held = await world.tables.find('assignment', { person: person.uuid });
      expect(held.every((one) => one.valid_to !== null && one.valid_to <= now)).to.equal(true);
      const memberships = await world.tables.find('group_member', { person: person.uuid });
      expect(memberships.map((one) => [one.group, one.valid_to?.getTime()])).to.deep.equal([
        [group.uuid, now.getTime()],
      ]);
      expect(await world.one('certificate', { person: person.uuid })).to.deep.include({
        state: 'revoked',
        revoked_at: now,
        revocation_reason: 'cessationOfOperation',
      });
      await refused(
        world.run(setPassword, { account: account.uuid, hash: someHash, must_change: false }),
        'invalid_state',
        /DISABLED/,
      );
    });

    it('is undone by reinstatement: post and lasting groups return, acting, boxed groups and certificates do not', async () => {
      const { person, account, group, post } = await officer();
      world.moveTo('2026-11-20T04:00:00Z');
      await world.run(leave, { person: person.uuid, at_once: true });
      world.moveTo('2026-11-25T04:00:00Z');
      await world.run(reinstateAccount, { account: account.uuid });
      expect(await world.one('account', { uuid: account.uuid })).to.include({
        state: 'ACTIVE',
        expires_at: null,
      });
      expect(await world.one('employment', { person: person.uuid })).to.include({ last_duty_date: null });
      const open = (await world.tables.find('assignment', { person: person.uuid })).filter(
        (one) => !one.valid_to,
      );
      expect(open.map((one) => one.post)).to.deep.equal([post.uuid]);
      const member = await world.one('group_member', { person: person.uuid });
      expect(member).to.include({ group: group.uuid, valid_to: null });
      expect((await world.one('certificate', { person: person.uuid })).state).to.equal('revoked');
    });

    it('does not give back a post that was filled meanwhile', async () => {
      const { person, account, post } = await officer();
      world.moveTo('2026-11-20T04:00:00Z');
      await world.run(leave, { person: person.uuid, at_once: true });
      world.moveTo('2026-11-20T05:00:00Z');
      const employment = { ...joiner(++serial).employment, start_date: '2026-11-21' };
      world.moveTo('2026-11-21T05:00:00Z');
      await newPerson({ employment, post: post.uuid });
      const again = world.run(reinstateAccount, { account: account.uuid });
      await refused(again, 'already_exists', /substantive holder/);
      expect(await stateOf(account.uuid)).to.equal('DISABLED');
    });

    it('final leave lies between duty and service', async () => {
      const { person, account } = await newPerson();
      const input = { person: person.uuid, last_duty_date: '2026-11-18', last_service_date: '2027-01-31' };
      await world.run(leave, input);
      expect(await stateOf(account.uuid)).to.equal('FINAL_LEAVE');
      await refused(world.run(leave, input), 'invalid_state', /no running employment/);
    });

    it('a day to come is recorded, guarded by expiry, and may be called off', async () => {
      const { person, account } = await newPerson();
      await world.run(leave, { person: person.uuid, last_duty_date: '2026-12-24' });
      const waiting = await world.one('account', { uuid: account.uuid });
      expect(waiting.state).to.equal('ACTIVE');
      expect(waiting.expires_at?.toISOString()).to.equal('2026-12-24T16:00:00.000Z');
      await world.run(leave, { person: person.uuid, last_duty_date: '2027-01-24' });
      const later = await world.one('account', { uuid: account.uuid });
      expect(later.expires_at?.toISOString()).to.equal('2027-01-24T16:00:00.000Z');
      await world.run(leave, { person: person.uuid, last_duty_date: null });
      expect(await world.one('account', { uuid: account.uuid })).to.include({
        state: 'ACTIVE',
        expires_at: null,
      });
      expect(await world.one('employment', { person: person.uuid })).to.include({ last_duty_date: null });
    });

    it('withdraws who never began', async () => {
      const employment = { ...joiner(++serial).employment, start_date: '2026-12-01' };
      const { person, account } = await newPerson({ employment });
      await world.run(leave, { person: person.uuid, at_once: true });
      expect(await stateOf(account.uuid)).to.equal('DISABLED');
    });

    it('refuses days out of order, and the administrator of another B/D', async () => {
      const { person } = await newPerson();
      const days = { last_duty_date: '2026-12-24', last_service_date: '2026-12-23' };
      await refused(world.run(leave, { person: person.uuid, ...days }), 'invalid_value', /last_service_date/);
      const future = { person: person.uuid, last_duty_date: '2026-12-24', at_once: true };
      await refused(world.run(leave, future), 'invalid_value', /last_duty_date/);
      const stranger = holding('directory_administrator', sb);
      await refused(world.run(leave, { person: person.uuid }, stranger), 'access_denied', /person\.manage/);
    });
  });

  describe('clearance', () => {
    const confidential = { level: 'CONFIDENTIAL', check_type: 'normal', basis: 'DSO/1' } as const;

    it('is set by a clearance officer, replaced, and ends sessions when lowered or withdrawn', async () => {
      const { person, account } = await newPerson();
      const officer = holding('clearance_officer', csb);
      const granted = await world.run(grantClearance, { person: person.uuid, ...confidential }, officer);
      expect(granted.clearance).to.include({ status: 'active', granted_by: builtinAccounts.console.uuid });
      const before = (await world.one('account', { uuid: account.uuid })).sessions_valid_from;
      world.moveTo('2026-11-20T03:00:00Z');
      await world.run(grantClearance, { person: person.uuid, ...confidential, level: 'RESTRICTED' }, officer);
      const lowered = (await world.one('account', { uuid: account.uuid })).sessions_valid_from;
      expect(lowered > before).to.equal(true);
      world.moveTo('2026-11-20T04:00:00Z');
      await world.run(withdrawClearance, { person: person.uuid }, officer);
      const withdrawn = await world.one('account', { uuid: account.uuid });
      expect(withdrawn.sessions_valid_from).to.deep.equal(world.clock.now());
      expect(withdrawn.state).to.equal('ACTIVE');
      await refused(world.run(withdrawClearance, { person: person.uuid }), 'invalid_state', /no clearance/);
    });

    it('above RESTRICTED is for civil servants with an integrity check', async () => {
      const employment = { ...joiner(++serial).employment, category: 'ncsc' as const };
      const contract = await newPerson({ employment });
      const grant = { person: contract.person.uuid, ...confidential };
      await refused(world.run(grantClearance, grant), 'invalid_value', /civil servants only/);
      const { person } = await newPerson();
      const unchecked = { person: person.uuid, ...confidential, check_type: 'none' as const };
      await refused(world.run(grantClearance, unchecked), 'invalid_value', /integrity check/);
    });

    it('is never set by an administrator, by an officer of another B/D or for oneself', async () => {
      const { person } = await newPerson();
      const input = { person: person.uuid, ...confidential };
      for (const identity of [holding('directory_administrator', null), holding('clearance_officer', sb)]) {
        await refused(world.run(grantClearance, input, identity), 'access_denied', /clearance\.grant/);
      }
      const self = holding('clearance_officer', null, { person: person.uuid });
      await refused(world.run(grantClearance, input, self), 'access_denied', /oneself/);
    });
  });

  describe('organisation, unit and post', () => {
    it('nests, and refuses a circle', async () => {
      const top = await world.run(createOrganisation, {
        code: 'NEWB',
        name_en: 'New Bureau',
        name_zh: '新局',
        kind: 'bureau',
      });
      const below = await world.run(createOrganisation, {
        code: 'NEWB-A',
        name_en: 'Branch A',
        name_zh: '甲科',
        kind: 'branch',
        parent: top.organisation.uuid,
      });
      const circle = { organisation: top.organisation.uuid, changes: { parent: below.organisation.uuid } };
      await refused(world.run(changeOrganisation, circle), 'invalid_value', /^parent must not lie below/);
      const self = { organisation: top.organisation.uuid, changes: { parent: top.organisation.uuid } };
      await refused(world.run(changeOrganisation, self), 'invalid_value', /^parent must not lie below/);
      await refused(
        world.run(createOrganisation, { code: 'CSB', name_en: 'X', name_zh: '某', kind: 'bureau' }),
        'already_exists',
        /code/,
      );
    });

    it('is renamed in place, and its clearance ceiling is a clearance officer’s', async () => {
      const administrator = holding('directory_administrator', csb);
      const rename = { organisation: csb, changes: { name_en: 'Civil Service Bureau (renamed)' } };
      const { organisation } = await world.run(
        changeOrganisation,
        rename,
        holding('directory_administrator', null),
      );
      expect(organisation).to.include({ uuid: csb, code: 'CSB', name_en: 'Civil Service Bureau (renamed)' });
      const raise = { organisation: csb, changes: { clearance_ceiling: 'SECRET' as const } };
      await refused(world.run(changeOrganisation, raise, administrator), 'access_denied', /clearance\.grant/);
    });

    it('gives no unit and no organisation below one organisation the same code: they would be one entry', async () => {
      const organisation = async (code: string, parent: string) =>
        world.run(createOrganisation, {
          code,
          name_en: `${code} ${parent}`,
          name_zh: `${code}科`,
          kind: 'branch',
          parent,
        });
      const unit = (code: string) =>
        world.run(createUnit, { organisation: sb, code, name_en: code, kind: 'section' });
      await unit('TWIN-U');
      await refused(organisation('TWIN-U', sb), 'already_exists', /^code TWIN-U is in use/);
      const { organisation: branch } = await organisation('TWIN-O', sb);
      await refused(unit('TWIN-O'), 'already_exists', /^code TWIN-O is in use/);
      const { organisation: elsewhere } = await organisation('TWIN-U', csb);
      const move = { organisation: elsewhere.uuid, changes: { parent: sb } };
      await refused(world.run(changeOrganisation, move), 'already_exists', /^code TWIN-U is in use/);
      const rename = { organisation: branch.uuid, changes: { code: 'TWIN-U' } };
      await refused(world.run(changeOrganisation, rename), 'already_exists', /code/);
      await world.run(changeOrganisation, {
        organisation: branch.uuid,
        changes: { parent: sb, name_en: 'Twin' },
      });
      const raced = await Promise.allSettled([unit('TWIN-R'), organisation('TWIN-R', sb)]);
      expect(raced.map(({ status }) => status).sort()).to.deep.equal(['fulfilled', 'rejected']);
    });

    it('units and posts stay within their organisation', async () => {
      const { unit } = await world.run(createUnit, {
        organisation: sb,
        code: 'ADM',
        name_en: 'Administration',
        kind: 'section',
      });
      const input = {
        organisation: csb,
        number: `U-${String(++serial)}`,
        title_en: 'Clerk',
        unit: unit.uuid,
      };
      await refused(world.run(createPost, input), 'invalid_value', /^unit must be of/);
      const lapsing = { ...input, unit: null, kind: 'supernumerary' as const };
      await refused(world.run(createPost, lapsing), 'invalid_value', /valid_to is required/);
      const post = await newPost(sb);
      const changes = { unit: unit.uuid, telephone: '+852 2867 4608', rank: 'EO1' };
      expect((await world.run(changePost, { post: post.uuid, changes })).post).to.include(changes);
      const transfer = { post: post.uuid, changes: { organisation: csb, unit: null } };
      const sbAlone = holding('directory_administrator', sb);
      await refused(world.run(changePost, transfer, sbAlone), 'access_denied', /post\.manage/);
      expect((await world.run(changePost, transfer)).post).to.include({ organisation: csb, unit: null });
    });
  });

  describe('group', () => {
    it('nests without ever holding itself', async () => {
      const make = async (name: string) =>
        (await world.run(createGroup, { name: `${name}-${String(++serial)}`, organisation: csb })).group.uuid;
      const [a, b, c] = [await make('a'), await make('b'), await make('c')];
      await world.run(addMember, { group: a, member: { group: b } });
      await world.run(addMember, { group: b, member: { group: c } });
      for (const member of [a, b, c]) {
        await refused(
          world.run(addMember, { group: c, member: { group: member } }),
          'invalid_value',
          /itself/,
        );
      }
      await refused(world.run(addMember, { group: a, member: { group: b } }), 'already_exists', /already/);
      await world.run(removeMember, { group: b, member: { group: c } });
      await world.run(addMember, { group: c, member: { group: a } });
      await refused(
        world.run(removeMember, { group: b, member: { group: c } }),
        'not_found',
        /not in the group/,
      );
    });

    it('takes members again after they left, and none where a rule decides', async () => {
      const { person } = await newPerson();
      const { group } = await world.run(createGroup, { name: `again-${String(serial)}`, organisation: csb });
      const input = { group: group.uuid, member: { person: person.uuid } };
      await world.run(addMember, input);
      await refused(world.run(addMember, input), 'already_exists', /already/);
      await world.run(removeMember, input);
      await world.run(addMember, input);
      const ruled = { group: group.uuid, changes: { kind: 'rule' as const, rule: { organisation: csb } } };
      await refused(world.run(changeGroup, ruled), 'has_dependents', /listed members/);
      const rule = await world.run(createGroup, {
        name: `rule-${String(serial)}`,
        organisation: csb,
        kind: 'rule',
        rule: { organisation: csb },
      });
      await refused(world.run(addMember, { ...input, group: rule.group.uuid }), 'invalid_state', /rule/);
    });

    it('is managed by its owner alone', async () => {
      const { group } = await world.run(createGroup, { name: `own-${String(++serial)}`, organisation: csb });
      const input = { group: group.uuid, member: { person: (await newPerson()).person.uuid } };
      await refused(
        world.run(addMember, input, holding('group_manager', sb)),
        'access_denied',
        /group\.manage/,
      );
      await world.run(addMember, input, holding('group_manager', csb));
      const take = { group: group.uuid, changes: { organisation: sb } };
      await refused(
        world.run(changeGroup, take, holding('group_manager', csb)),
        'access_denied',
        /group\.manage/,
      );
    });
  });

  describe('relying system', () => {
    it('learns clearances only with a clearance officer’s consent', async () => {
      const mail = await world.one('relying_system', { code: 'mail' });
      const approve = { relying_system: mail.uuid, changes: { clearance_approved: true } };
      const administrator = holding('system_administrator', null);
      await refused(
        world.run(changeRelyingSystem, approve, administrator),
        'access_denied',
        /clearance\.grant/,
      );
      const population = { relying_system: mail.uuid, changes: { population: [csb, sb] } };
      const { relying_system } = await world.run(changeRelyingSystem, population, administrator);
      expect(relying_system.population).to.deep.equal([csb, sb]);
      const unknown = { relying_system: mail.uuid, changes: { population: [mail.uuid] } };
      await refused(world.run(changeRelyingSystem, unknown, administrator), 'not_found', /organisation/);
    });

    it('of one approved for clearances, who may enter changes with the same consent', async () => {
      const im = await world.one('relying_system', { code: 'im' });
      expect(im).to.include({ clearance_approved: true, minimum_clearance: 'NONE', minimum_strength: null });
      const administrator = holding('system_administrator', null);
      for (const changes of [
        { minimum_clearance: 'RESTRICTED' },
        { minimum_strength: 'certificate' },
        { minimum_strength: null },
      ] as const) {
        await refused(
          world.run(changeRelyingSystem, { relying_system: im.uuid, changes }, administrator),
          'access_denied',
          /clearance\.grant/,
        );
      }
      await refused(
        world.run(changeRelyingSystem, {
          relying_system: im.uuid,
          changes: { minimum_strength: 'password' },
        }),
        'invalid_value',
        /^minimum_strength must be at least second_factor/,
      );
      expect(await world.one('relying_system', { code: 'im' })).to.deep.equal(im);
    });

    it('has one service account', async () => {
      const mail = await world.one('relying_system', { code: 'mail' });
      const again = { relying_system: mail.uuid, uid: 'mail2', password_hash: someHash };
      await refused(world.run(createServiceAccount, again), 'already_exists', /has a service account/);
    });

    it('takes a new secret, which ends the old one and what it opened', async () => {
      const files = await world.one('relying_system', { code: 'files' });
      const account = await world.one('account', { relying_system: files.uuid });
      const other = await world.one('account', { uid: 'im' });
      const others = await world.tables.find('credential', { account: other.uuid });
      const secret = { password_hash: `${someHash}A` as CheckedHash, wrapped_client_secret: 'B'.repeat(64) };
      const input = { relying_system: files.uuid, ...secret };
      const administrator = holding('directory_administrator', null);
      await refused(world.run(resetServiceSecret, input, administrator), 'access_denied', /relying_system/);
      await refused(
        world.run(resetServiceSecret, { ...input, wrapped_client_secret: 'plain' }),
        'invalid_value',
        /wrapped client secret/,
      );
      world.moveTo('2026-11-20T05:00:00Z');
      await world.run(resetServiceSecret, input, holding('system_administrator', null));
      const kept = await world.tables.find('credential', { account: account.uuid });
      expect(Object.fromEntries(kept.map((one) => [one.kind, one.secret]))).to.deep.equal({
        password: secret.password_hash,
        client_secret: secret.wrapped_client_secret,
      });
      expect(kept).to.have.lengthOf(2);
      expect((await world.one('account', { uuid: account.uuid })).sessions_valid_from).to.deep.equal(
        world.clock.now(),
      );
      expect(await world.tables.find('credential', { account: other.uuid })).to.deep.equal(others);
    });

    it('without a service account has no secret to renew', async () => {
      const { relying_system } = await world.run(createRelyingSystem, {
        code: 'archive',
        name_en: 'Archive',
        name_zh: '檔案',
        organisation: csb,
        information_owner: 'Archivist',
        classification: 'RESTRICTED',
      });
      const input = { relying_system: relying_system.uuid, password_hash: someHash };
      await refused(world.run(resetServiceSecret, input), 'not_found', /archive has no service account/);
    });
  });

  it('answers for objects that do not exist, and for references that are none', async () => {
    const nobody = '00000000-0000-4000-8000-00000000dead';
    await refused(world.run(leave, { person: nobody }), 'not_found', /^person .* does not exist/);
    await refused(world.run(suspendAccount, { account: nobody }), 'not_found', /^account /);
    await refused(world.run(suspendAccount, { account: '*' }), 'invalid_value', /^account must be the uuid/);
  });
});
