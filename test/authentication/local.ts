// The authenticator of a process alone, as a worker wires it, with the node's ledger in the same process.
import { type AdmissionRules, createAdmission } from '../../src/authentication/admission.ts';
import {
  type AttemptLedger,
  type AttemptLimits,
  createLocalLedger,
} from '../../src/authentication/attempt_ledger.ts';
import { type AuthenticatorPorts, createAuthenticator } from '../../src/authentication/authenticator.ts';
import { createFailureGuard } from '../../src/authentication/failure_guard.ts';
import { createFamiliarity } from '../../src/authentication/familiarity.ts';
import { createGuessingAlarm } from '../../src/authentication/guessing_alarm.ts';
import type { PasswordHasher } from '../../src/authentication/password.ts';
import { createProofCache } from '../../src/authentication/proof_cache.ts';
import { systemClock } from '../../src/clock.ts';
import type { FailureCounter } from '../../src/directory/ports.ts';
import { createLocalLimits } from '../../src/limits/limits.ts';
import { type Log, silentLog } from '../../src/log.ts';

export interface LocalPorts extends Pick<AuthenticatorPorts, 'readModel' | 'audit'> {
  hasher: PasswordHasher;
  clock?: AuthenticatorPorts['clock'];
  counter?: FailureCounter;
  ledger?: AttemptLedger;
  lock?: (account: string, until: Date) => Promise<void>;
  log?: Log;
  limits?: Partial<AttemptLimits>;
  rules?: Partial<AdmissionRules>;
}

const generous: AdmissionRules = {
  hashesAtOnce: { stranger: 64, known: 256 },
  guesses: {
    stranger: { burst: 1_000, perMinute: 1_000 },
    known: { burst: 1_000, perMinute: 1_000 },
  },
};

export function localAuthentication(ports: LocalPorts) {
  const { readModel, audit, hasher, clock = systemClock, log = silentLog } = ports;
  const limits = { failures: 5, windowSeconds: 900, lockSeconds: 900, ...ports.limits };
  const proofs = createProofCache(clock, { entries: 1_000, seconds: 60 });
  const failures = createFailureGuard(
    {
      ledger: ports.ledger ?? createLocalLedger(clock, limits, (account) => proofs.forget(account)),
      counter: ports.counter ?? { add: async () => 1, clear: async () => undefined },
      lock: ports.lock ?? (async () => undefined),
      clock,
      log,
    },
    limits,
  );
  const familiarity = createFamiliarity(clock, () => undefined);
  const admission = createAdmission(createLocalLimits(clock), familiarity, { ...generous, ...ports.rules });
  const authenticator = createAuthenticator({
    ...{ readModel, hasher, proofs, failures, admission, familiarity, audit, clock },
    alarm: createGuessingAlarm({ audit, clock, log }, limits),
    digestKey: Buffer.alloc(32, 1),
  });
  return { authenticator, failures, familiarity };
}
