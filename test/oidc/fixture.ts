// The read model of a small directory, in memory: entries by the real projection and encoder, accounts that a test may
// change as commands would. The journeys drive the replica itself.
import { randomUUID } from 'node:crypto';
import type { Authenticator, AuthenticatorPorts } from '../../src/authentication/authenticator.ts';
import type { Change } from '../../src/directory/change.ts';
import type { ChangeFeed } from '../../src/directory/ports.ts';
import type { AccountState, ClearanceLevel } from '../../src/directory/vocabulary.ts';
import type { SignOnModel } from '../../src/oidc/ports.ts';
import { encodeEntry, LayoutTable } from '../../src/x500/encode_entry.ts';
import type { Entry } from '../../src/x500/entry.ts';
import { extensionRules } from '../../src/x500/extension.ts';
import { loadSchema } from '../../src/x500/load_schema.ts';
import { projectRecord } from '../../src/x500/projection.ts';
import type { PublishedRecord } from '../../src/x500/published.ts';
import type { AccountRecord, SystemRecord } from '../../src/x500/read_model.ts';
import { personDn } from '../../src/x500/tree.ts';

const suffix = 'dc=gov,dc=hk';
const longAgo = new Date('2026-01-01T00:00:00Z');
const stamps = { created_at: longAgo, modified_at: longAgo };

const organisationUuids = { CSB: randomUUID(), HKPF: randomUUID() };

export interface Officer {
  uid: string;
  surname: string;
  given_name: string;
  english_name: string | null;
  name_zh: string;
  organisation: keyof typeof organisationUuids;
  clearance: ClearanceLevel;
  passwordHash: string;
  mustChange?: boolean;
  kind?: AccountRecord['kind'];
}

export type DirectoryFixture = SignOnModel &
  AuthenticatorPorts['readModel'] & {
    addOfficer(officer: Officer): AccountRecord;
    addSystem(system: Omit<SystemRecord, 'uuid' | 'released_attributes'>): SystemRecord;
    /** The changes of accounts that tests made. */
    feed: ChangeFeed;
    /** Changes an account as a command does, and appends it to the feed. */
    change(uid: string, patch: Partial<AccountRecord> & { state?: AccountState }): void;
    organisation(code: keyof typeof organisationUuids): string;
  };

/** The account as the feed holds it. */
const recorded = ({ uuid, kind, person, state, expires_at, sessions_valid_from }: AccountRecord) => ({
  ...{ uuid, kind, person, state, expires_at: expires_at?.toISOString() ?? null },
  sessions_valid_from: sessions_valid_from.toISOString(),
});

export function createDirectoryFixture(): DirectoryFixture {
  const schema = loadSchema();
  const refuseExtension = extensionRules(schema);
  const layouts = new LayoutTable();
  const entries = new Map<string, Entry>();
  const accounts = new Map<string, AccountRecord>();
  const systems = new Map<string, SystemRecord>();
  const changes: Change[] = [];
  const listeners = new Set<() => void>();

  function publish(record: PublishedRecord, memberOf: string[] = []): void {
    const projected = projectRecord(record, { refuseExtension, suffix, dnOf: () => undefined });
    if (projected === null) return;
    const attributes = [...projected.attributes, { description: 'memberOf', values: memberOf }];
    const { layout, wire } = encodeEntry(schema, layouts, attributes);
    const { kind, uuid, organisation, dn } = projected;
    const entry = {
      standing: 'in_service' as const,
      ...{ id: entries.size + 1, parent: null, uuid, kind, organisation, layout },
      ...{ dn, dnOctets: Buffer.from(dn), key: dn.toLowerCase(), wire: () => wire },
    };
    entries.set(entry.key, entry);
  }

  for (const [code, uuid] of Object.entries(organisationUuids)) {
    publish({
      kind: 'organisation',
      stamps,
      organisation: {
        ...{
          uuid,
          code,
          parent: null,
          mail_domain: null,
          help_contact_en: null,
          help_contact_zh: null,
          stroke_order: null,
          extension: {},
        },
        name_en: code === 'CSB' ? 'Civil Service Bureau' : 'Hong Kong Police Force',
        name_zh: code === 'CSB' ? '公務員事務局' : '香港警務處',
        ...{ kind: 'bureau', clearance_ceiling: 'CONFIDENTIAL', valid_from: longAgo, valid_to: null },
      },
    });
  }
  const groupRow = { organisation: null, kind: 'static' as const, rule: null, gid_number: null, mail: null };
  publish({
    ...{ kind: 'group', stamps },
    group: { uuid: randomUUID(), name: 'csb-all', description: null, ...groupRow },
  });

  function accountOf(officer: Officer): AccountRecord {
    return {
      ...{ uuid: randomUUID(), uid: officer.uid, dn: personDn(officer.uid, suffix), person: randomUUID() },
      ...{ kind: officer.kind ?? 'personal', state: 'ACTIVE', locked_until: null, expires_at: null },
      ...{ sessions_valid_from: longAgo, relying_system: null, grants: [], category: 'civil_servant' },
      password: { hash: officer.passwordHash, must_change: officer.mustChange ?? false, expires_at: null },
      organisation: organisationUuids[officer.organisation],
      ...{ clearance: officer.clearance, clearance_ceiling: 'CONFIDENTIAL' },
    };
  }

  return {
    schema,
    entryByDn: (dn) => entries.get(dn.toLowerCase()),
    entryByUuid: (kind, uuid) =>
      [...entries.values()].find((entry) => entry.kind === kind && entry.uuid === uuid),
    accountByUuid: (uuid) => [...accounts.values()].find((account) => account.uuid === uuid),
    accountByUid: (uid) => accounts.get(uid.toLowerCase()),
    accountByDn: (dn) => [...accounts.values()].find((account) => account.dn === dn),
    accountOfPerson: (person) => [...accounts.values()].find((account) => account.person === person),
    systemByCode: (code) => systems.get(code),
    feed: {
      read: async (after, limit) => changes.slice(after, after + limit),
      last: async () => changes.length,
      async listen(wake) {
        listeners.add(wake);
        return { close: async () => void listeners.delete(wake) };
      },
    },
    organisation: (code) => organisationUuids[code],
    addSystem(system) {
      const record = { ...system, uuid: randomUUID(), released_attributes: [] };
      systems.set(system.code, record);
      return record;
    },
    addOfficer(officer) {
      const account = accountOf(officer);
      const uuid = organisationUuids[officer.organisation];
      const held = {
        post: randomUUID(),
        organisation: uuid,
        organisation_code: officer.organisation,
        unit: null,
      };
      publish(
        {
          ...{ kind: 'person', stamps, account, unit: null, staff_number: null, certificates: [] },
          person: {
            ...{ uuid: account.person ?? '', aliases: [], preferred_language: 'zh-Hant', extension: {} },
            ...{ surname: officer.surname, given_name: officer.given_name },
            ...{ english_name: officer.english_name, name_zh: officer.name_zh },
          },
          mail: [`${officer.uid}@csb.gov.hk`],
          organisation: { uuid, code: officer.organisation, name_en: '', name_zh: '' },
          posts: [
            {
              ...held,
              ...{ post_number: 'EO1', title_en: 'Executive Officer', title_zh: '行政主任', rank_en: null },
              ...{
                telephone: '+852 2810 1234',
                fax: null,
                room: null,
                kind: 'substantive',
                is_primary: true,
              },
            },
            {
              ...held,
              ...{ post_number: 'SEO2', title_en: 'Senior Executive Officer', title_zh: null, rank_en: null },
              ...{ telephone: null, fax: null, room: null, kind: 'acting', is_primary: false },
            },
          ],
        },
        [`cn=csb-all,ou=groups,${suffix}`],
      );
      accounts.set(officer.uid, account);
      return account;
    },
    change(uid, patch) {
      const account = accounts.get(uid);
      if (account === undefined) throw new Error(`no account ${uid}`);
      const after = { ...account, ...patch };
      accounts.set(uid, after);
      changes.push({
        ...{ number: changes.length + 1, at: new Date(), command: 'test', account: null, post: null },
        ...{ origin: 'job', request: 'test' },
        rows: [{ table: 'account', uuid: account.uuid, before: recorded(account), after: recorded(after) }],
      });
      for (const wake of listeners) wake();
    },
  };
}

export type { Authenticator };
