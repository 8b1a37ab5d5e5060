// What must exist in a migrated database before a worker may serve: the base data, the authorities, the sign-on keys. Each step finds
// its work done when it is done, so that every start runs all of them and a killed start is finished by the next.
import { randomBytes, randomUUID } from 'node:crypto';
import { seedBase } from '../../seeds/base.ts';
import type { SeedContext } from '../../seeds/context.ts';
import { seedDemo } from '../../seeds/demo.ts';
import { demoPassword, demoSystemSecret } from '../../seeds/demo_secrets.ts';
import { builtinIdentity } from '../directory/builtin.ts';
import type { RequestOrigin } from '../directory/ports.ts';
import { loadProviderKeys } from '../oidc/keys.ts';
import type { ProviderKeys } from '../oidc/ports.ts';
import { type Authorities, ensureHierarchy } from '../pki/hierarchy.ts';
import { loadProfiles, type Profiles } from '../pki/profile.ts';
import { pkiBaseUrlOf } from '../settings.ts';
import type { OpenDirectory } from './open_directory.ts';

/** The service acting for itself. */
export function serviceOrigin(): RequestOrigin {
  return { identity: builtinIdentity('job'), request: `start-${randomUUID()}` };
}

export function seedContext(directory: OpenDirectory): SeedContext {
  const { runner, clock, choices, keyWrap } = directory;
  return {
    runner,
    identity: builtinIdentity('console'),
    clock,
    newUuid: randomUUID,
    hashSecret: (secret) => choices.secret(secret),
    hashPassword: (password) => choices.publicPassword(password),
    wrapSecret: (secret, context) => keyWrap.wrap(Buffer.from(secret), context).toString('base64'),
  };
}

/** The hierarchy of certificate authorities, made when there is none. */
export async function openAuthorities(
  directory: OpenDirectory,
): Promise<{ authorities: Authorities; profiles: Profiles; pkiBaseUrl: string }> {
  const { runner, tables, keyWrap, clock, settings } = directory;
  const profiles = loadProfiles();
  const pkiBaseUrl = pkiBaseUrlOf(settings);
  const ports = { runner, reader: tables, keyWrap, clock, profiles, pkiBaseUrl };
  return { authorities: await ensureHierarchy(ports, serviceOrigin()), profiles, pkiBaseUrl };
}

/** The sign-on keys, made when there are none. Errors: configuration, unavailable. */
export function openProviderKeys({ tables, runner, keyWrap }: OpenDirectory): Promise<ProviderKeys> {
  return loadProviderKeys({ tables, commands: runner, keyWrap, origin: serviceOrigin() });
}

/** Runs all steps. Demo data is laid only where nobody is recorded yet. */
export async function prepareDirectory(directory: OpenDirectory): Promise<void> {
  const { settings, log } = directory;
  const context = seedContext(directory);
  await seedBase(context, settings.demo ? demoSystemSecret : () => randomBytes(24).toString('base64url'));
  await openAuthorities(directory);
  await openProviderKeys(directory);
  if (settings.demo && (await directory.tables.count('person')) === 0) {
    log.info('seeding demo staff');
    await seedDemo(context, demoPassword);
  }
}
