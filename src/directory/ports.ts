// What the write model asks of the world. database/ implements every port; server/compose.ts hands them out.
import type { AccessPolicy } from './access.ts';
import type { Change } from './change.ts';
import type { Identity, Origin } from './identity.ts';
import type { Rules } from './rules.ts';
import type { TableName, Tables } from './tables.ts';

/**
 * The rows as one command sees them, inside its transaction. Every write is recorded in the change that the
 * transaction appends, so a command cannot change anything unseen.
 * Errors: already_exists (a unique name is taken, with the column's name), has_dependents, conflict
 * (serialisation; the runner repeats the command), unavailable (the database is away).
 */
export interface Transaction {
  /** The row, locked against other writers until the transaction ends; undefined when there is none. */
  get<T extends TableName>(table: T, uuid: string): Promise<Tables[T] | undefined>;
  /** Rows whose columns equal `where` (null matches null; a string matches exactly), in a stable order. */
  find<T extends TableName>(table: T, where: Partial<Tables[T]>): Promise<Tables[T][]>;
  /** How many rows `find` would give. */
  count<T extends TableName>(table: T, where: Partial<Tables[T]>): Promise<number>;
  /**
   * As `find`, with the rows locked against writers until the transaction ends: what was read is still true when the change
   * gets its number. Rows that others only refer to stay free for that.
   */
  hold<T extends TableName>(table: T, where: Partial<Tables[T]>): Promise<Tables[T][]>;
  insert<T extends TableName>(table: T, ...rows: Tables[T][]): Promise<void>;
  /** Changes the named columns and returns the whole row after it. Error: not_found. */
  update<T extends TableName>(table: T, uuid: string, patch: Partial<Tables[T]>): Promise<Tables[T]>;
  /** Error: not_found. */
  remove<T extends TableName>(table: T, uuid: string): Promise<void>;
  /**
   * Records the row as it is (before = after), so that replicas read again what hangs on it: for facts that time
   * alone made true or untrue. Error: not_found.
   */
  touch<T extends TableName>(table: T, uuid: string): Promise<void>;
  /** Account by login name, regardless of case. */
  accountByUid(uid: string): Promise<Tables['account'] | undefined>;
  /** All groups that `group` is (transitively) a member of, itself included: for refusing cycles. */
  groupAncestors(group: string): Promise<string[]>;
  /** The organisation and everything above it, nearest first. */
  organisationAncestors(organisation: string): Promise<string[]>;
  /**
   * Waits until no other transaction that names the same rule is under way: for what must hold across rows and no
   * constraint can say. What `find` reads afterwards holds until this transaction ends.
   */
  alone(rule: string): Promise<void>;
  /** Moves a job's cursor (table job_state) with this transaction. Not recorded, and alone it appends no change. */
  advanceCursor(job: string, to: Date): Promise<void>;
}

export interface CommandContext {
  tx: Transaction;
  identity: Identity;
  policy: AccessPolicy;
  rules: Rules;
  /** The instant of the command and of everything that it writes. */
  now: Date;
  /** The instant by the clock, later than `now` when the command has waited for a lock. */
  instant(): Date;
  newUuid(): string;
  /** Notes the post whose role allows the command, for its change; of several the first is kept. */
  actIn(post: string): void;
}

/** One verb of the write model: `execute` checks the identity's rights, the rules, then writes. */
export interface Command<Input, Output> {
  readonly name: string; // 'person.create'
  execute(context: CommandContext, input: Input): Promise<Output>;
}

/** Where a command came from; stands in the change and in the audit trail. */
export interface RequestOrigin {
  identity: Identity;
  request: string; // correlation id
}

/**
 * Runs a command in one transaction that appends its change under the next number of the counter.
 * Resolves once this process's replica has applied the change (read-your-writes).
 * A command that writes nothing appends nothing and `change` is null.
 */
export interface CommandRunner {
  run<Input, Output>(
    command: Command<Input, Output>,
    input: Input,
    origin: RequestOrigin,
  ): Promise<{ output: Output; change: number | null }>;
}

/** Reads the feed in order. */
export interface ChangeFeed {
  /** Changes with number > `after`, ascending, at most `limit`. */
  read(after: number, limit: number): Promise<Change[]>;
  last(): Promise<number>;
  /** Calls `wake` whenever new changes may exist (a hint) and whenever the connection comes or goes. */
  listen(wake: () => void): Promise<{ close(): Promise<void> }>;
}

/** A fact with a boundary of its period: its first instant, or the first after it. */
export interface DueFact {
  table: TableName;
  uuid: string;
  at: Date;
}

/** Finds facts that time alone makes true or untrue (valid_from, valid_to; first and last days of an employment). */
export interface DueFacts {
  /**
   * Facts with a boundary in (after, upTo], by ascending instant, at most `limit`. When `limit` cuts, every fact of
   * the last instant still comes, so that the caller may go on after the last `at`.
   */
  due(after: Date, upTo: Date, limit: number): Promise<DueFact[]>;
}

/** How far a job has come. */
export interface JobCursor {
  /** null: it never ran. */
  read(job: string): Promise<Date | null>;
}

/** Runs work in at most one process of the cluster at a time. */
export interface ClusterLock {
  /**
   * Runs `work` while holding the named lock; false when another process holds it. `lost` aborts when the lock is gone
   * before the work is done: then another process may have begun the same, and this one must stop.
   */
  exclusively(name: string, work: (lost: AbortSignal) => Promise<void>): Promise<boolean>;
}

/** Failed proofs per account, shared by all workers and kept outside the feed. */
export interface FailureCounter {
  /** Counts one failure and returns how many stand within the window. */
  add(account: string, at: Date, windowSeconds: number): Promise<number>;
  clear(account: string): Promise<void>;
}

/** Passwords of one account, as hashes: for comparing a new one with them. */
export interface PasswordHistory {
  /** The one in force, and those before it, newest first. */
  of(account: string): Promise<{ current: Tables['credential'] | undefined; former: string[] }>;
}

/** Stored state of the OpenID Provider (oidc-provider's adapter contract, RFC 6749 / OIDC Core objects). */
export interface OidcArtifactStore {
  upsert(
    model: string,
    id: string,
    payload: Record<string, unknown>,
    expiresInSeconds: number | null,
  ): Promise<void>;
  /** Writes an object that is still there; false when it was removed meanwhile. */
  update(
    model: string,
    id: string,
    payload: Record<string, unknown>,
    expiresInSeconds: number | null,
  ): Promise<boolean>;
  find(model: string, id: string): Promise<Record<string, unknown> | undefined>;
  findByUid(model: string, uid: string): Promise<Record<string, unknown> | undefined>;
  findByUserCode(model: string, userCode: string): Promise<Record<string, unknown> | undefined>;
  /** True for exactly one caller: one conditional update sets `consumed`. */
  consume(model: string, id: string, at: Date): Promise<boolean>;
  /** True for exactly one caller: the one that removed it. */
  destroy(model: string, id: string): Promise<boolean>;
  revokeByGrantId(grantId: string): Promise<void>;
  removeExpired(before: Date, limit: number): Promise<number>;
  /** Removes objects of the model beyond `most`, those that expire first. */
  removeOldest(model: string, most: number): Promise<void>;
}

/** A relying system that is yet to be told that a person's session ended. */
export interface LogoutNotice {
  id: number;
  clientId: string;
  subject: string;
  sid: string | null;
  attempts: number;
  created_at: Date;
}

/** Ends of sessions, the notices that follow, and how far the job came with the feed. Error: unavailable. */
export interface SessionEndStore {
  /** Number of the last change whose ends are carried out. */
  position(): Promise<number>;
  /**
   * In one transaction: removes sessions, grants and tokens that each subject had until then, notes the clients of the
   * sessions as to be told, and moves the position. Returns those clients.
   */
  end(
    ends: readonly { subject: string; until: Date }[],
    position: number,
    now: Date,
  ): Promise<{ clientId: string; subject: string }[]>;
  /** Clients with notices due at that instant. */
  clientsDue(at: Date): Promise<string[]>;
  /** Notices of a client that are due, the oldest first. */
  due(clientId: string, at: Date, limit: number): Promise<LogoutNotice[]>;
  /** Forgets the settled ones and puts the others off. */
  settle(settled: readonly number[], later: readonly { id: number; at: Date }[]): Promise<void>;
}

/** Encrypts private keys and shared secrets at rest under the master key (AES-256-GCM; `context` is bound as AAD). */
export interface KeyWrap {
  wrap(plain: Buffer, context: string): Buffer;
  /** Error: configuration, when the master key is not the one that wrapped it. */
  unwrap(wrapped: Buffer, context: string): Buffer;
}

/** Reads of tables outside any command, for faces' start-up and for jobs; never for secrets of people. */
export interface TableReader {
  find<T extends TableName>(table: T, where: Partial<Tables[T]>): Promise<Tables[T][]>;
  count(table: TableName): Promise<number>;
}

/** A revoked certificate as the list of its authority names it. */
export type RevokedCertificate = Pick<Tables['certificate'], 'serial' | 'revocation_reason' | 'not_after'> & {
  revoked_at: Date;
};

/** What revocation lists need of the inventory: a list of 100,000 is made without reading one certificate's octets. */
export interface RevocationInventory {
  /** Revoked by the authority of that name, in order of revocation; of those that ended before `validAt` (null: none) nothing. */
  revokedBy(authority: string, validAt: Date | null): Promise<RevokedCertificate[]>;
}

export type { Origin };
