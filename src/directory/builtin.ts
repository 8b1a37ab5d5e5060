// The accounts that exist before anybody was recorded: the operator's shell and the jobs. They have no person and no
// secret, so nobody can bind as one; their uuids are fixed so that changes and clearances can name them from the start.
import type { Identity } from './identity.ts';
import type { AccountRow } from './tables.ts';

export const builtinAccounts = {
  console: { uuid: '6f0d3c52-8a5e-4f0b-9d5a-2b9f6c1e7a01', uid: 'console' },
  job: { uuid: '6f0d3c52-8a5e-4f0b-9d5a-2b9f6c1e7a02', uid: 'job' },
} as const;
export type BuiltinAccount = keyof typeof builtinAccounts;

export function isBuiltin(account: string): boolean {
  return Object.values(builtinAccounts).some(({ uuid }) => uuid === account);
}

export function builtinAccountRow(name: BuiltinAccount, now: Date): AccountRow {
  return {
    ...builtinAccounts[name],
    kind: 'service',
    person: null,
    relying_system: null,
    state: 'DISABLED', // no proof opens it: its strength comes from where it runs
    locked_until: null,
    expires_at: null,
    sessions_valid_from: now,
    credential_reset_at: null,
    created_at: now,
  };
}

/** Who acts from the operator's shell (`console`) or as a job of the cluster (`job`). Both may do everything. */
export function builtinIdentity(name: BuiltinAccount): Identity {
  const account = builtinAccounts[name];
  return {
    account: account.uuid,
    uid: account.uid,
    kind: 'service',
    person: null,
    strength: 'console',
    origin: name === 'console' ? 'cli' : 'job',
    address: null,
    relyingSystem: null,
    grants: [],
    organisation: null,
    category: null,
    clearance: 'NONE',
  };
}
