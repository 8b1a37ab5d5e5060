// What laying seed data takes from whoever lays it (server start, CLI, tests).
import type { Clock } from '../src/clock.ts';
import type { Identity } from '../src/directory/identity.ts';
import type { CheckedHash } from '../src/directory/password_policy.ts';
import type { CommandRunner } from '../src/directory/ports.ts';

export interface SeedContext {
  runner: CommandRunner;
  /** The console's, or anybody's who may do everything that the seed does. */
  identity: Identity;
  clock: Clock;
  newUuid(): string;
  /** argon2id, as authentication checks it. */
  /** The secret of a relying system. */
  hashSecret(secret: string): Promise<CheckedHash>;
  /** A public password of the demonstration or of generated people, which no policy is asked about. */
  hashPassword(password: string): Promise<CheckedHash>;
  /** A client secret under the master key, in base64 (KeyWrap; see clientSecretContext). */
  wrapSecret(secret: string, context: string): string;
}
