// The demonstration's passwords: known to everybody who reads this, and therefore never laid outside demo mode.
import type { SystemCode } from './relying_systems.ts';

/** Of every demo officer. */
export const demoPassword = 'Bauhinia-2026';

/** Of a relying system: its LDAP service account and its OpenID Connect client. */
export function demoSystemSecret(code: SystemCode): string {
  return `Bauhinia-${code}-2026`;
}
