// What the OpenID Provider asks of the rest. server/compose.ts hands it in.
import type { AuditTrail } from '../audit/event.ts';
import type { Authenticator } from '../authentication/authenticator.ts';
import type { PasswordChanges } from '../authentication/change_password.ts';
import type { Clock } from '../clock.ts';
import type { OidcArtifactStore } from '../directory/ports.ts';
import type { ClientMetadata } from '../directory/tables.ts';
import type { Limits, RateRule } from '../limits/limits.ts';
import type { Log } from '../log.ts';
import type { ReadModel } from '../x500/read_model.ts';

/** A relying system as an OAuth 2.0 client. */
export interface ClientRecord {
  clientId: string; // the relying system's code
  name_en: string;
  name_zh: string;
  secret: string | null; // in the clear, unwrapped; null of public clients
  metadata: ClientMetadata;
}

/** Asked at every request: an edit of a client counts at once. */
export interface Clients {
  find(clientId: string): Promise<ClientRecord | undefined>;
}

/** Signing keys (private JWKs, RFC 7517; the first of an algorithm signs) and cookie keys (the first signs). */
export interface ProviderKeys {
  jwks: { keys: readonly Record<string, unknown>[] };
  cookieKeys: readonly string[];
}

export interface OidcSettings {
  issuer: string;
  /** Failed attempts to sign in, from one address, and for one login name from it. */
  loginPerAddress: RateRule;
  loginPerName: RateRule;
  /** Sign-ons that one address may have begun: each keeps a row until it is finished or ten minutes old. */
  signOnsPerAddress: number;
  /** Requests a minute of one address with nobody signed in, and failed ones of clients. */
  requestsPerAddress: number;
  /** Sign-ons under way in all; beyond it the oldest is dropped. */
  pendingSignOns: number;
  /** Lets a password open systems that handle CONFIDENTIAL (directory/admission.ts). */
  passwordOnlyForConfidential: boolean;
  /** Whom everybody may ask for help; null: pages name nobody. */
  helpContact: string | null;
  /** Clients that may introspect tokens of others: resource servers, such as the mail server. */
  resourceServers: readonly string[];
}

/** What sign-on reads of the replica. */
export type SignOnModel = Pick<
  ReadModel,
  | 'schema'
  | 'entryByDn'
  | 'entryByUuid'
  | 'accountByUid'
  | 'accountByUuid'
  | 'accountOfPerson'
  | 'systemByCode'
>;

export interface OidcPorts {
  settings: OidcSettings;
  keys: ProviderKeys;
  artifacts: OidcArtifactStore;
  clients: Clients;
  readModel: SignOnModel;
  authenticator: Authenticator;
  passwords: PasswordChanges;
  audit: AuditTrail;
  /** Shared with the other faces and the workers of the node. */
  limits: Limits;
  clock: Clock;
  log: Log;
}

/** Lifetimes in seconds. A person signs in at least once a working day. */
export const lifetimes = {
  interaction: 10 * 60,
  code: 60,
  accessToken: 10 * 60,
  idToken: 10 * 60,
  refreshToken: 12 * 3600, // from sign-in: rotation does not prolong it
  sessionIdle: 8 * 3600,
  sessionAbsolute: 12 * 3600, // then the password is asked again
  // A grant must outlive every refresh token under it, or refresh fails: a session's last code may come at its end.
  grant: (12 + 12 + 1) * 3600,
  pushedRequest: 60,
  replay: 10 * 60,
} as const;
