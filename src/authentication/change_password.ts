// A password changed by its holder, who proves the one in force, or reset by somebody who may. Both go through the policy.
import type { Clock } from '../clock.ts';
import { requireReset, setPassword } from '../directory/commands/password_set.ts';
import type { Identity, Origin } from '../directory/identity.ts';
import type { PasswordPolicy, PasswordRule } from '../directory/password_policy.ts';
import type { CommandRunner, TableReader } from '../directory/ports.ts';
import type { AccountRow } from '../directory/tables.ts';
import type { AccountKind } from '../directory/vocabulary.ts';
import { OperationError } from '../errors.ts';
import type { Limits } from '../limits/limits.ts';
import type { Authenticator } from './authenticator.ts';
import type { PasswordChoices } from './choose_password.ts';

export interface OwnChange {
  name: { uid: string } | { dn: string };
  current: string;
  chosen: string;
  origin: Origin;
  address: string | null;
  request: string;
}

export interface PasswordReset {
  account: string; // uuid
  chosen: string;
  by: Identity;
  request: string;
}

/** Either the password was changed, or the chosen one breaks rules. */
export interface ChangeOutcome {
  /** Whose password it was, and from when what is proved counts; null when it was not changed. */
  changed: { account: string; at: Date } | null;
  broken: readonly PasswordRule[];
  policy: PasswordPolicy;
}

export interface PasswordChanges {
  /** What a page shows before anything is typed. */
  policyOf(kind: AccountKind): PasswordPolicy;
  /**
   * By the holder. Proving the current one counts like any attempt at signing in. Ends what was proved before and clears
   * the need to change. Errors: those of Authenticator.password; unsupported, for the generated secret of a system.
   */
  change(input: OwnChange): Promise<ChangeOutcome>;
  /**
   * By somebody else, whose holder must then change it; whoever may not is told nothing of the passwords in use.
   * Errors: access_denied, not_found, invalid_state, unavailable.
   */
  reset(input: PasswordReset): Promise<ChangeOutcome>;
}

/** So many in a row by one account, and so many a minute: each may cost as many hashes as are remembered, and one. */
const changeRate = { burst: 20, perMinute: 20 };

export function createPasswordChanges(ports: {
  authenticator: Pick<Authenticator, 'password'>;
  choices: PasswordChoices;
  runner: CommandRunner;
  tables: TableReader;
  clock: Pick<Clock, 'now'>;
  limits: Limits;
}): PasswordChanges {
  const { authenticator, choices, runner, tables, clock } = ports;
  const changes = ports.limits.rate('password changes', changeRate);

  async function set(
    account: AccountRow,
    chosen: string,
    origin: { identity: Identity; request: string },
    provedAt: Date | null,
  ): Promise<ChangeOutcome> {
    if (!changes.take(origin.identity.account)) {
      throw new OperationError('rate_limited', 'too many changes of passwords; try again in a minute');
    }
    const byHolder = origin.identity.account === account.uuid;
    // Before the policy: 'used before' tells whether a guess is right, and counts as no attempt.
    if (!byHolder) await runner.run(requireReset, { account: account.uuid }, origin);
    const choice = await choices.next(account, chosen, byHolder);
    const policy = choices.policyOf(account.kind);
    if (choice.hash === null) return { changed: null, broken: choice.broken, policy };
    const { output } = await runner.run(
      setPassword,
      { account: account.uuid, hash: choice.hash, must_change: !byHolder, proved_at: provedAt },
      origin,
    );
    const changed = { account: account.uuid, at: output.account.sessions_valid_from };
    return { changed, broken: [], policy };
  }

  async function accountOf(uuid: string | null): Promise<AccountRow> {
    const [account] = uuid === null ? [] : await tables.find('account', { uuid });
    if (account === undefined) throw new OperationError('not_found', 'the account does not exist');
    return account;
  }

  return {
    policyOf: (kind) => choices.policyOf(kind),

    async change({ name, current, chosen, origin, address, request }) {
      const provedAt = clock.now();
      const attempt = { name, password: current, origin, address, request, relyingSystem: null };
      const { identity } = await authenticator.password(attempt);
      if (identity.kind === 'service') {
        throw new OperationError('unsupported', 'the secret of a system is generated: reset it instead');
      }
      return set(await accountOf(identity.account), chosen, { identity, request }, provedAt);
    },

    async reset({ account, chosen, by, request }) {
      return set(await accountOf(account), chosen, { identity: by, request }, null);
    },
  };
}
