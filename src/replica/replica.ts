// The replica: an image of everything published, followed change by change (DESIGN section 1). It answers from memory,
// with or without the database; `status` says whether it is being followed.
import type { Clock } from '../clock.ts';
import type { ObjectKind, OrganisationSet } from '../directory/access.ts';
import { isOperationError, OperationError } from '../errors.ts';
import type { Log } from '../log.ts';
import { normaliseDn, superiorKeys } from '../x500/dn.ts';
import type { Entry } from '../x500/entry.ts';
import type { PublishedSource } from '../x500/published.ts';
import type {
  AccountRecord,
  ReadModel,
  ReadModelStatus,
  SearchCursor,
  SearchQuery,
  SystemRecord,
} from '../x500/read_model.ts';
import type { Schema } from '../x500/schema.ts';
import { isVisibleEntry } from '../x500/visible_entry.ts';
import { unpackAccount } from './accounts.ts';
import { Cursor } from './cursor.ts';
import { Follower } from './follower.ts';
import { OrganisationsUnder } from './organisations_under.ts';
import type { StoredEntry } from './stored_entry.ts';

export interface ReplicaOptions {
  source: PublishedSource;
  schema: Schema;
  /** DN of the suffix entry. */
  suffix: string;
  clock: Clock;
  log: Log;
  /** How often the feed is asked though nothing woke us; milliseconds. */
  pollMs?: number;
}

/** Loads the snapshot, then follows the feed until closed. Errors: those of the source, invalid_dn for the suffix. */
export async function openReplica(options: ReplicaOptions): Promise<Replica> {
  const follower = new Follower({ ...options, pollMs: options.pollMs ?? 1_000 });
  await follower.start();
  return new Replica(options.schema, follower);
}

export class Replica implements ReadModel {
  readonly schema: Schema;
  readonly #follower: Follower;

  constructor(schema: Schema, follower: Follower) {
    this.schema = schema;
    this.#follower = follower;
  }

  search({ base, scope, filter, visibility, after }: SearchQuery): SearchCursor {
    const { image } = this.#follower;
    const { schema } = this;
    const key = normaliseDn(schema, base);
    const entry = image.tree.byKey(key);
    if (entry === undefined || !isVisibleEntry(visibility, entry)) {
      const above = superiorKeys(key).map((superior) => image.tree.byKey(superior));
      const matched = above.find(
        (superior) => superior !== undefined && isVisibleEntry(visibility, superior),
      );
      const cause = { matchedDn: matched?.dn ?? '' };
      throw new OperationError('not_found', `there is no entry ${base}`, { cause });
    }
    return new Cursor({
      schema,
      tree: image.tree,
      views: image.views,
      scope: image.tree.inScope(entry, scope),
      plan: image.planner.plan(filter, visibility),
      filter,
      visibility,
      after,
      generation: () => image.generation,
    });
  }

  entryByDn(dn: string): Entry | undefined {
    return this.#byDn(dn);
  }

  entryByUuid(kind: ObjectKind, uuid: string): Entry | undefined {
    return this.#follower.image.tree.byUuid(kind, uuid);
  }

  accountByUid(uid: string): AccountRecord | undefined {
    const { image } = this.#follower;
    return accountOf(image.tree.byId(image.accounts.byUid(uid)));
  }

  accountByUuid(uuid: string): AccountRecord | undefined {
    const { image } = this.#follower;
    return accountOf(image.tree.byId(image.accounts.byUuid(uuid)));
  }

  accountByDn(dn: string): AccountRecord | undefined {
    return accountOf(this.#byDn(dn));
  }

  accountOfPerson(person: string): AccountRecord | undefined {
    return accountOf(this.#follower.image.tree.byUuid('person', person));
  }

  system(uuid: string): SystemRecord | undefined {
    return this.#follower.image.systems.byUuid(uuid);
  }

  systemByCode(code: string): SystemRecord | undefined {
    return this.#follower.image.systems.byCode(code);
  }

  organisationsUnder(tops: readonly string[]): OrganisationSet {
    return new OrganisationsUnder(tops, () => this.#follower.image);
  }

  reached(change: number, timeoutMs: number): Promise<void> {
    return this.#follower.reached(change, timeoutMs);
  }

  onApplied(listener: (accounts: readonly string[]) => void): () => void {
    return this.#follower.onApplied(listener);
  }

  status(): ReadModelStatus {
    return this.#follower.status();
  }

  /** Stops following; what was asked of it fails or has been answered. The image stays readable. */
  close(): Promise<void> {
    return this.#follower.close();
  }

  #byDn(dn: string): StoredEntry | undefined {
    try {
      return this.#follower.image.tree.byKey(normaliseDn(this.schema, dn));
    } catch (error) {
      if (isOperationError(error, 'invalid_dn')) return undefined; // what is no DN names nothing
      throw error;
    }
  }
}

function accountOf(entry: StoredEntry | undefined): AccountRecord | undefined {
  if (entry === undefined) return undefined;
  const octets = entry.accountOctets();
  return octets.length === 0 ? undefined : unpackAccount(octets, entry.dn);
}
