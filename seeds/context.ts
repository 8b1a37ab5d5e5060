// What laying seed data takes from whoever lays it (server start, CLI, tests).
import type { Clock } from '../src/clock.ts';
import type { Identity } from '../src/directory/identity.ts';
import type { CommandRunner } from '../src/directory/ports.ts';

export interface SeedContext {
  runner: CommandRunner;
  /** The console's, or anybody's who may do everything that the seed does. */
  identity: Identity;
  clock: Clock;
  newUuid(): string;
  /** argon2id, as authentication checks it. */
  hashPassword(password: string): Promise<string>;
  /** A client secret under the master key, in base64 (KeyWrap; see clientSecretContext). */
  wrapSecret(secret: string, context: string): string;
}
