// How a worker checks secrets: what is counted on the whole node, what in the database, and what by itself.
import type { AuditTrail } from '../audit/event.ts';
import { createAdmission } from '../authentication/admission.ts';
import { type Authenticator, createAuthenticator } from '../authentication/authenticator.ts';
import { createFailureGuard } from '../authentication/failure_guard.ts';
import { createGuessingAlarm } from '../authentication/guessing_alarm.ts';
import { createProofCache } from '../authentication/proof_cache.ts';
import { createFailureCounter } from '../database/failure_counter.ts';
import { lockOutAccount } from '../directory/commands/account_lock_out.ts';
import type { Limits } from '../limits/limits.ts';
import type { ReadModel } from '../x500/read_model.ts';
import { serviceOrigin } from './first_start.ts';
import type { Closers } from './lifecycle.ts';
import { attemptLimits, openNodeFamiliarity, openNodeLedger } from './node_attempts.ts';
import type { WorkerLink } from './node_channel.ts';
import type { OpenDirectory } from './open_directory.ts';

export interface AuthenticationPorts {
  directory: OpenDirectory;
  readModel: ReadModel;
  audit: AuditTrail;
  limits: Limits;
  link: WorkerLink;
  /** The same on all workers of the node. */
  digestKey: Uint8Array;
  closers: Closers;
}

const proofLimits = { entries: 50_000, seconds: 300 };

/** One a worker. What it still counts is pushed to the closers. */
export async function openAuthentication(ports: AuthenticationPorts): Promise<Authenticator> {
  const { directory, readModel, audit, limits, link, digestKey, closers } = ports;
  const { database, clock, runner, hasher, settings, log } = directory;
  const counted = attemptLimits(settings);
  const proofs = createProofCache(clock, proofLimits);
  const familiarity = await openNodeFamiliarity(link, clock, log);
  const failures = createFailureGuard(
    {
      ledger: openNodeLedger(link, (account) => proofs.forget(account)),
      counter: createFailureCounter(database),
      lock: async (account, until) => {
        await runner.run(lockOutAccount, { account, until }, serviceOrigin());
      },
      clock,
      log,
    },
    counted,
  );
  closers.push('failure counts', () => failures.settled());
  const admission = createAdmission(limits, familiarity, {
    hashesAtOnce: { stranger: settings.hashesPerAddress, known: settings.hashesPerKnownAddress },
    guesses: {
      stranger: { burst: settings.guessBurst, perMinute: settings.guessesPerMinute },
      known: { burst: settings.guessBurstKnown, perMinute: settings.guessesPerMinuteKnown },
    },
  });
  return createAuthenticator({
    ...{ readModel, hasher, proofs, failures, admission, familiarity, digestKey, audit, clock },
    alarm: createGuessingAlarm({ audit, clock, log }, counted),
  });
}
