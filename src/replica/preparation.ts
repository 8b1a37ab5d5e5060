// What a record needs to be shown, worked out before anything of the image changes: its entry, its name, its place and its
// account. Whatever may fail fails here, so that it costs the record (left_out.ts) and not the image.
import type { ObjectKind } from '../directory/access.ts';
import type { RefuseExtension } from '../directory/rules.ts';
import type { Extension } from '../directory/tables.ts';
import { normaliseDn } from '../x500/dn.ts';
import { encodeEntry, type LayoutTable } from '../x500/encode_entry.ts';
import { extensionRules } from '../x500/extension.ts';
import { projectRecord } from '../x500/projection.ts';
import { type ObjectReference, type PublishedRecord, superiorOf } from '../x500/published.ts';
import type { Schema } from '../x500/schema.ts';
import { type ProjectedEntry, withSurroundings } from '../x500/tree.ts';
import type { Accounts, PublishedAccount } from './accounts.ts';
import type { Indexable } from './indexes.ts';
import { type Lack, loadingKey, loginKey, nameKey, objectKey } from './left_out.ts';
import type { StoredEntry } from './stored_entry.ts';
import type { Tree } from './tree.ts';

/** A record that can be shown. */
export interface Prepared {
  readonly projected: ProjectedEntry;
  readonly key: string;
  readonly parent: StoredEntry | null;
  readonly account: PublishedAccount | null;
  readonly encoded: Indexable;
  /** Why it is shown without its extension attributes; null when it has them. */
  readonly reduced: string | null;
}

export interface PreparationOptions {
  readonly schema: Schema;
  readonly suffix: string;
  readonly layouts: LayoutTable;
  readonly tree: Tree;
  readonly accounts: Accounts;
  /** True of an entry that is about to be removed: nothing may be placed below it. */
  isGoing(entry: StoredEntry): boolean;
  /** What stood under a name in the image that this one replaces: it keeps the name if it is still to have it. */
  readonly stood?: (key: string) => StoredEntry | undefined;
}

/** Kinds of entries that nothing can stand below. */
const leafKinds: ReadonlySet<ObjectKind> = new Set(['person', 'group', 'system', 'authority']);

export class Preparation {
  readonly #options: PreparationOptions;
  readonly #refuseExtension: RefuseExtension;
  /** Most objects of a batch stand below the same entry. */
  #lastSuperior: { dn: string; entry: StoredEntry } | null = null;
  #loading = true;

  constructor(options: PreparationOptions) {
    this.#options = options;
    this.#refuseExtension = extensionRules(options.schema);
  }

  /** From now on names of the image before count no more. */
  loaded(): void {
    this.#loading = false;
  }

  container(projected: ProjectedEntry): Prepared {
    return this.#prepared(projected, null);
  }

  /**
   * Everything about a record that may fail, before anything is changed; null for what nothing names. Whatever keeps a
   * record from being shown is a lack of its own: an extension alone costs the extension and not the entry.
   */
  prepare(record: PublishedRecord): Prepared | Lack | null {
    const superior = superiorOf(record);
    if (superior !== null && this.#shown(superior) === undefined) {
      const reason = `${superior.kind} ${superior.uuid}, which it hangs below, is not shown`;
      return { reason, waitsFor: objectKey(superior) };
    }
    let prepared: Prepared | null;
    try {
      prepared = this.#encode(record);
    } catch (error) {
      const bare = withoutExtension(record);
      const reason = error instanceof Error ? error.message : String(error);
      if (bare === null) return { reason, waitsFor: null };
      const reduced = this.prepare(bare);
      if (reduced === null || 'reason' in reduced) return reduced;
      return { ...reduced, reduced: `extension attributes: ${reason}` };
    }
    return prepared === null ? null : (this.#conflict(record, prepared) ?? prepared);
  }

  /** Error: whatever is wrong with the record. */
  #encode(record: PublishedRecord): Prepared | null {
    const projected = projectRecord(record, {
      refuseExtension: this.#refuseExtension,
      suffix: this.#options.suffix,
      dnOf: (kind, uuid) => this.#options.tree.byUuid(kind, uuid)?.dn,
    });
    if (projected === null) return null;
    return this.#prepared(projected, 'account' in record ? record.account : null);
  }

  #prepared(projected: ProjectedEntry, account: PublishedAccount | null): Prepared {
    const { schema, layouts, accounts } = this.#options;
    const attributes = leafKinds.has(projected.kind)
      ? withSurroundings(projected.attributes, { subordinates: 0 })
      : projected.attributes;
    const key = normaliseDn(schema, projected.dn);
    const parent = this.#parent(projected);
    if (account !== null) accounts.pack(account); // throws for one that has no row
    const encoded = encodeEntry(schema, layouts, attributes);
    return { projected, key, parent, account, encoded, reduced: null };
  }

  /** The object that stands under a name or login name keeps it. */
  #conflict(record: PublishedRecord, { projected, key, parent, account }: Prepared): Lack | null {
    const { tree, accounts, stood } = this.#options;
    const { kind, uuid, dn } = projected;
    const existing = tree.byUuid(kind, uuid);
    const holder = tree.byKey(key);
    if (holder !== undefined && holder !== existing) {
      return { reason: `${dn} is the name of ${holder.kind} ${holder.uuid}`, waitsFor: nameKey(key) };
    }
    const before = this.#loading ? stood?.(key) : undefined;
    if (before !== undefined && (before.kind !== kind || before.uuid !== uuid)) {
      return { reason: `${dn} was the name of ${before.kind} ${before.uuid}`, waitsFor: loadingKey };
    }
    if (existing !== undefined && parent?.isWithin(existing)) {
      return { reason: `${record.kind} ${uuid} would hang below itself`, waitsFor: null };
    }
    const namesake = account === null ? undefined : tree.byId(accounts.byUid(account.uid));
    if (account === null || namesake === undefined || namesake === existing) return null;
    const reason = `${account.uid} is the login name of ${namesake.kind} ${namesake.uuid}`;
    return { reason, waitsFor: loginKey(account.uid) };
  }

  /** The entry of an object under which others may hang. */
  #shown({ kind, uuid }: ObjectReference): StoredEntry | undefined {
    const entry = this.#options.tree.byUuid(kind, uuid);
    return entry === undefined || this.#options.isGoing(entry) ? undefined : entry;
  }

  #parent(projected: ProjectedEntry): StoredEntry | null {
    const { schema, tree } = this.#options;
    if (projected.superior === null) return null;
    const known = this.#lastSuperior;
    if (known !== null && known.dn === projected.superior && known.entry.departed === null) {
      if (known.entry.dn === known.dn) return known.entry;
    }
    const entry = tree.byKey(normaliseDn(schema, projected.superior));
    if (entry === undefined) throw new Error(`${projected.dn} has no superior entry`);
    this.#lastSuperior = { dn: projected.superior, entry };
    return entry;
  }
}

/** The record with nothing in its extension; null when there is nothing in it, or none at all. */
function withoutExtension(record: PublishedRecord): PublishedRecord | null {
  const isBare = (extension: Extension): boolean => Object.keys(extension).length === 0;
  switch (record.kind) {
    case 'organisation': {
      const { organisation } = record;
      return isBare(organisation.extension)
        ? null
        : { ...record, organisation: { ...organisation, extension: {} } };
    }
    case 'post': {
      const { post } = record;
      return isBare(post.extension) ? null : { ...record, post: { ...post, extension: {} } };
    }
    case 'person': {
      const { person } = record;
      return isBare(person.extension) ? null : { ...record, person: { ...person, extension: {} } };
    }
    default:
      return null;
  }
}
