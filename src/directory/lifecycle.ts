// Account states and the moves between them. Only ACTIVE authenticates. RETAINED is the last state that can be undone;
// ARCHIVED is a tombstone that keeps the login name from being given to anybody else.
import { OperationError } from '../errors.ts';
import { type AccountState, accountStates } from './vocabulary.ts';

/** From each state, the states that may follow. */
const allowedMoves = {
  PENDING: ['INVITED', 'ACTIVE', 'DISABLED'],
  INVITED: ['ACTIVE', 'SUSPENDED', 'DISABLED'],
  ACTIVE: ['LOCKED', 'SUSPENDED', 'DORMANT', 'FINAL_LEAVE', 'DISABLED'],
  LOCKED: ['ACTIVE', 'SUSPENDED', 'FINAL_LEAVE', 'DISABLED'],
  SUSPENDED: ['INVITED', 'ACTIVE', 'FINAL_LEAVE', 'DISABLED'],
  DORMANT: ['ACTIVE', 'SUSPENDED', 'FINAL_LEAVE', 'DISABLED'],
  FINAL_LEAVE: ['INVITED', 'ACTIVE', 'DISABLED'],
  DISABLED: ['INVITED', 'ACTIVE', 'RETAINED'],
  RETAINED: ['INVITED', 'ACTIVE', 'ARCHIVED'],
  ARCHIVED: [],
} as const satisfies Record<AccountState, readonly AccountState[]>;

export function mayMove(from: AccountState, to: AccountState): boolean {
  const next: readonly AccountState[] = allowedMoves[from];
  return next.includes(to);
}

/** Error: invalid_state, naming both states. */
export function requireMove(from: AccountState, to: AccountState): void {
  if (!mayMove(from, to)) {
    throw new OperationError('invalid_state', `an account that is ${from} cannot become ${to}`);
  }
}

/** What the address book and delivery make of a person by the state of their account. */
export type Standing = 'in_service' | 'suspended' | 'left';

const standings = {
  PENDING: 'in_service',
  INVITED: 'in_service',
  ACTIVE: 'in_service',
  LOCKED: 'in_service', // by wrong passwords: the officer is at work
  SUSPENDED: 'suspended',
  DORMANT: 'in_service',
  FINAL_LEAVE: 'left', // duty has ended, service has not
  DISABLED: 'left',
  RETAINED: 'left',
  ARCHIVED: 'left',
} as const satisfies Record<AccountState, Standing>;

export function standingOf(state: AccountState): Standing {
  return standings[state];
}

export const statesInService = accountStates.filter((state) => standings[state] === 'in_service');

/** Whether the account may prove anything at all now, however good its secret. */
export function mayAuthenticate(
  state: AccountState,
  lockedUntil: Date | null,
  expiresAt: Date | null,
  now: Date,
): boolean {
  const locked = lockedUntil !== null && lockedUntil > now;
  const expired = expiresAt !== null && expiresAt <= now;
  return state === 'ACTIVE' && !locked && !expired;
}

/** The state of an account that is open for use: it waits for its first secret before it is ACTIVE. */
export function openState(hasPassword: boolean): AccountState {
  return hasPassword ? 'ACTIVE' : 'INVITED';
}
