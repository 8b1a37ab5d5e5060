// How much one search may send and take. The one place that says who may read more at once.
import type { Identity } from '../directory/identity.ts';
import type { Role } from '../directory/vocabulary.ts';
import type { LdapSettings } from './session.ts';
import type { SearchRequest } from './wire/message.ts';

const enumerators: readonly Role[] = ['directory_administrator', 'auditor'];

/**
 * Entries that one search may send in all. Mail and messaging servers list their users without paging (Dovecot's
 * iterate_filter, ejabberd's get_users), so service accounts and administrators get the limit of paged searches always.
 */
export function entryLimit(
  request: SearchRequest,
  paged: boolean,
  identity: Identity,
  settings: LdapSettings,
): number {
  const enumerates =
    identity.kind === 'service' || identity.grants.some(({ role }) => enumerators.includes(role));
  const own = paged || enumerates ? settings.ldapPagedSizeLimit : settings.ldapSizeLimit;
  return request.sizeLimit === 0 ? own : Math.min(own, request.sizeLimit);
}

/** Milliseconds that one search may take. */
export function timeLimitMs(request: SearchRequest, settings: LdapSettings): number {
  const own = settings.ldapTimeLimitSeconds;
  return 1000 * (request.timeLimit === 0 ? own : Math.min(own, request.timeLimit));
}
