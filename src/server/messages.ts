// What the primary and its workers say to each other over Node's cluster channel. Settings travel here and not in the
// environment or the command line, where other accounts of the machine could read the master key.
import type { ErrorCode } from '../errors.ts';
import type { Settings } from '../settings.ts';

export interface ListenAddresses {
  ldap: number;
  ldaps: number;
  http: number;
  https: number;
}

export type FromPrimary =
  | { kind: 'start'; settings: Settings; databaseUrl: string; masterKey: string }
  | { kind: 'stop' };

export type FromWorker =
  | { kind: 'hello' }
  | { kind: 'ready'; ports: ListenAddresses; startMs: number }
  | { kind: 'failed'; code: ErrorCode; detail: string };
