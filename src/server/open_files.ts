// How many files a process may have open (RLIMIT_NOFILE), and the connections that fit under it. A worker that cannot
// receive a descriptor loses the connection, and with it its place in Node's round (untaken.ts): it must never come to that.
import { closeSync, openSync, readFileSync } from 'node:fs';
import { devNull } from 'node:os';
import type { Log } from '../log.ts';
import type { Settings } from '../settings.ts';

/** The soft limit of this process, which Node raises to the hard one at its start; workers inherit it. */
export function openFilesLimit(): number {
  const [, soft = ''] = /^Max open files\s+(\w+)/m.exec(limitsOfLinux()) ?? [];
  return soft === '' || soft === 'unlimited' ? Number.POSITIVE_INFINITY : Number(soft);
}

function limitsOfLinux(): string {
  try {
    return readFileSync('/proc/self/limits', 'utf8');
  } catch {
    return limitsOfReport(); // not Linux
  }
}

/** The same line from Node's diagnostic report. */
function limitsOfReport(): string {
  const report = process.report.getReport() as unknown as { userLimits?: Record<string, { soft: unknown }> };
  return `Max open files ${report.userLimits?.open_files?.soft ?? 'unlimited'}`;
}

/** Whether one more file can be opened. */
export function canOpenFile(): boolean {
  try {
    closeSync(openSync(devNull, 'r'));
    return true;
  } catch {
    return false;
  }
}

/** What is no client's connection: database, logs, links of the node, notices to relying systems, what is being refused. */
const mostReserved = 256;

/** Descriptors that are left for clients; of a small limit three quarters. */
export function filesForClients(limit: number): number {
  return limit - Math.min(mostReserved, Math.ceil(limit / 4));
}

/**
 * The settings, with bounds on connections of a worker lowered, and their shares by address and account, where the limit
 * asks for it.
 */
export function fitConnections(settings: Settings, limit: number, log: Log): Settings {
  const wanted = settings.ldapMaxConnections + settings.webMaxConnections;
  const room = filesForClients(limit);
  if (wanted <= room) return settings;
  const ldap = Math.max(1, Math.floor((settings.ldapMaxConnections * room) / wanted));
  const web = Math.max(1, room - ldap);
  log.warn(
    { openFiles: limit, ldapMaxConnections: ldap, webMaxConnections: web },
    'the limit of open files is below BAUHINIA_LDAP_MAX_CONNECTIONS and BAUHINIA_WEB_MAX_CONNECTIONS together: workers hold fewer connections; raise it (LimitNOFILE of systemd, ulimit -n)',
  );
  const half = (setting: number, most: number): number =>
    Math.min(setting, Math.max(1, Math.floor(most / 2)));
  return {
    ...settings,
    ldapMaxConnections: ldap,
    ldapMaxConnectionsAnonymous: half(settings.ldapMaxConnectionsAnonymous, ldap),
    ldapMaxConnectionsAccount: half(settings.ldapMaxConnectionsAccount, ldap),
    webMaxConnections: web,
    webMaxConnectionsAddress: half(settings.webMaxConnectionsAddress, web),
  };
}
