// What operations know of the session they came in (RFC 4511 section 3.1), and the service around it. A connection is
// the one implementation of Session; operations see no socket.
import type { AuditAct, AuditTrail } from '../audit/event.ts';
import type { Authenticator } from '../authentication/authenticator.ts';
import type { PasswordChanges } from '../authentication/change_password.ts';
import type { Clock } from '../clock.ts';
import type { Visibility } from '../directory/access.ts';
import type { Identity } from '../directory/identity.ts';
import type { Limits } from '../limits/limits.ts';
import type { Log } from '../log.ts';
import type { Settings } from '../settings.ts';
import type { ReadModel } from '../x500/read_model.ts';
import type { Answer } from './answer.ts';
import type { LdapMetrics } from './metrics.ts';
import type { OwnEntries } from './own_entries.ts';
import type { PageCookies } from './page_cookies.ts';
import type { HourlyReadings, OpenWalks } from './readings.ts';
import type { Selections } from './selections.ts';
import type { UnderWay } from './under_way.ts';
import type { RequestOperation } from './wire/message.ts';
import type { ResponseWriter } from './wire/response_writer.ts';

export type LdapSettings = Pick<
  Settings,
  | 'suffix'
  | 'anonymousSearch'
  | 'ldapMaxMessage'
  | 'ldapMaxMessageAnonymous'
  | 'ldapMaxOutstanding'
  | 'ldapMaxOutstandingAccount'
  | 'ldapMaxConnections'
  | 'ldapMaxConnectionsAccount'
  | 'ldapMaxConnectionsAnonymous'
  | 'ldapWorkAnonymous'
  | 'ldapBytesAnonymous'
  | 'ldapFilterNodes'
  | 'ldapFilterNodesAnonymous'
  | 'ldapAssertionBytes'
  | 'ldapAssertionBytesAnonymous'
  | 'ldapRecordedEntries'
  | 'ldapIdleSeconds'
  | 'ldapIdleSecondsAnonymous'
  | 'ldapSizeLimit'
  | 'ldapPagedSizeLimit'
  | 'ldapTimeLimitSeconds'
  | 'passwordWarningDays'
>;

/** What the face asks of the rest of the server; server/compose.ts hands it in. */
export interface LdapPorts {
  readonly readModel: ReadModel;
  readonly authenticator: Authenticator;
  readonly passwords: PasswordChanges;
  /** What an identity may see; the same object as long as it is the same view. */
  readonly visibilityOf: (identity: Identity) => Visibility;
  readonly audit: AuditTrail;
  /** What strangers cost, by address. */
  readonly limits: Limits;
  readonly hourlyReadings: HourlyReadings;
  readonly clock: Clock;
  readonly log: Log;
}

/** What all sessions of a process share. */
export interface Service extends LdapPorts {
  readonly settings: LdapSettings;
  /** Passwords are taken without TLS from this machine alone, unless this is false. */
  readonly requireTls: boolean;
  readonly ownEntries: OwnEntries;
  readonly pageCookies: PageCookies;
  readonly selections: Selections;
  readonly metrics: LdapMetrics;
  /** Whoever writes takes what it wrote before others get their turn. */
  readonly writer: ResponseWriter;
}

export interface Session {
  readonly service: Service;
  /** Names the session in the audit trail and in cookies. */
  readonly id: string;
  readonly address: string;
  /** True when the octets cannot be read on the way: TLS, or a connection that never leaves the machine. */
  readonly confidential: boolean;
  readonly encrypted: boolean;
  readonly identity: Identity;
  /** Since when what was proved counts. */
  readonly provedAt: Date;
  readonly visibility: Visibility;
  /** The account whose password was proved and must be changed: nothing else is allowed. Null after every `become`. */
  readonly mustChange: string | null;
  readonly underWay: UnderWay;
  /** Walks over pages that have passed the mark of what is recorded. */
  readonly walks: OpenWalks;
  /** True while the peer reads too slowly for more to be written. */
  readonly clogged: boolean;
  /** Binds the session; null makes it anonymous. `provedAt`: since when what was proved counts. */
  become(identity: Identity | null, provedAt: Date): void;
  /** Makes the session anonymous, with a password proved at that instant that must be changed. */
  requireChange(account: string, provedAt: Date): void;
  /** After the answer is sent, hands the connection to TLS. False: requests stood behind it, and the session ends. */
  startTls(): boolean;
  readonly offersTls: boolean;
  /** Answers an operation that another one ended. */
  answer(messageId: number, kind: RequestOperation['kind'], result: Answer): void;
  /** Records an act of the session's identity. */
  record(messageId: number, act: AuditAct): void;
  /** Sends what was written. */
  flush(): void;
}
