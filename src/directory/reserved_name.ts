// Names that mail, the web and Unix give a meaning of their own: whoever bears one is taken for more than a person.

/** Functions of a domain (RFC 2142), and addresses to which authorities prove who controls it (CA/Browser Forum 3.2.2.4.4). */
const functions = [
  ...[
    'abuse',
    'noc',
    'security',
    'postmaster',
    'hostmaster',
    'webmaster',
    'www',
    'usenet',
    'news',
    'uucp',
    'ftp',
  ],
  ...[
    'info',
    'marketing',
    'sales',
    'support',
    'admin',
    'administrator',
    'ssladmin',
    'sslwebmaster',
    'sysadmin',
  ],
  ...['root', 'mailer-daemon', 'noreply', 'no-reply', 'dmarc'],
];

/** Users of Debian's base system and its usual services, and ours. */
const users = [
  ...['adm', 'apache', 'avahi', 'backup', 'bin', 'bind', 'console', 'daemon', 'dbus', 'dnsmasq', 'dovecot'],
  ...[
    'games',
    'gnats',
    'guest',
    'halt',
    'irc',
    'job',
    'kernel',
    'ldap',
    'list',
    'lp',
    'mail',
    'man',
    'messagebus',
  ],
  ...['mysql', 'nginx', 'nobody', 'nogroup', 'ntp', 'openldap', 'operator', 'polkitd', 'postfix', 'postgres'],
  ...['proxy', 'shutdown', 'slapd', 'sshd', 'staff', 'sudo', 'superuser', 'sync', 'sys', 'syslog', 'system'],
  ...['systemd', 'tcpdump', 'tss', 'users', 'utmp', 'uuidd', 'wheel', 'www-data'],
];

const ofDomains: ReadonlySet<string> = new Set(functions);
const ofNobody: ReadonlySet<string> = new Set([...functions, ...users]);

/** Whether mail to this local part, with or without a detail (RFC 5233), is for who runs the domain. */
export function isFunctionOfDomain(localPart: string): boolean {
  return ofDomains.has((localPart.split('+')[0] ?? '').toLowerCase());
}

/** Whether a login name is no person's. */
export function isReservedUid(uid: string): boolean {
  return ofNobody.has(uid) || uid.startsWith('systemd-');
}
