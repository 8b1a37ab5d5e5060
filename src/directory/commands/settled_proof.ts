// Whoever resets a password knows it until its holder changes it, and could act as the holder in between. Acts of weight
// therefore wait after a reset by somebody else, or take a proof that the resetter does not have.
import { OperationError } from '../../errors.ts';
import type { CommandContext } from '../ports.ts';

const hour = 3_600_000;

/**
 * Error: stronger_proof_required, for an identity that a password alone proved within `rules.resetCoolingHours` of a reset
 * by somebody else. `act` names what was asked for, as the sentence's subject.
 */
export async function requireSettledProof(context: CommandContext, act: string): Promise<void> {
  const { tx, identity, now, rules } = context;
  if (identity.account === null || identity.strength !== 'password') return;
  const [account] = await tx.find('account', { uuid: identity.account });
  if (account === undefined || account.credential_reset_at === null) return;
  const settled = new Date(account.credential_reset_at.getTime() + rules.resetCoolingHours * hour);
  if (now >= settled) return;
  throw new OperationError(
    'stronger_proof_required',
    `${act} requires a second factor or a certificate until ${settled.toISOString()}: somebody else has set the password`,
  );
}
