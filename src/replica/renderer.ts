// Attributes that follow from other entries, encoded when the entry is next read: who is in a group, which groups an entry
// is in, what is below it. So one change of membership costs the same however many entries it shows in.
//
// A group without members has no `member` at all, though X.521 demands one of groupOfNames: what 389 Directory Server and
// FreeIPA do. A made-up member would be worse: clients follow it, and a group in itself sends some of them round forever.

import { encodeEntry, type LayoutTable } from '../x500/encode_entry.ts';
import type { AttributeValues, Layout } from '../x500/entry.ts';
import type { AttributeDescription, Schema } from '../x500/schema.ts';
import { attributeStart } from '../x500/wire_walk.ts';
import { accountUid } from './accounts.ts';
import type { Groups } from './groups.ts';
import { gather } from './postings.ts';
import type { Group, StoredEntry } from './stored_entry.ts';
import type { Tree } from './tree.ts';

export interface RendererSources {
  readonly schema: Schema;
  readonly layouts: LayoutTable;
  readonly tree: Tree;
  readonly groups: Groups;
  /** Writes the entry's attributes into a slab anew: the projected ones, then `lazy`. */
  store(entry: StoredEntry, lazy: Buffer): void;
}

/** Kinds of entries that others can stand below. */
const superiors: ReadonlySet<string> = new Set(['suffix', 'container', 'organisation', 'unit', 'post']);

const noOctets = Buffer.alloc(0);
const everybody = (): boolean => true;

export class Renderer {
  readonly #sources: RendererSources;
  /** Layouts with lazily encoded descriptions, by the projected one and those. */
  readonly #extended = new Map<string, Layout>();

  constructor(sources: RendererSources) {
    this.#sources = sources;
  }

  /** True when the entry has attributes to encode besides those that projection gave. */
  isNeeded(entry: StoredEntry): boolean {
    return superiors.has(entry.kind) || entry.kind === 'group' || entry.memberships.length > 0;
  }

  render(entry: StoredEntry): void {
    entry.fresh = true;
    const group = this.#sources.groups.ofEntry(entry);
    const user = group === undefined ? [] : this.memberAttributes(group, everybody);
    const operational = [...this.#memberOf(entry), ...this.#subordinates(entry)];
    entry.rendered = this.#layout(entry.projected, [...user, ...operational]);
    if (group === undefined && !superiors.has(entry.kind)) {
      this.#sources.store(entry, this.#encode(operational));
      return;
    }
    const projected = entry.projectedWire();
    const userEnd = attributeStart(projected, entry.projected.userAttributes);
    entry.apart = Buffer.concat([
      projected.subarray(0, userEnd),
      this.#encode(user),
      projected.subarray(userEnd),
      this.#encode(operational),
    ]);
  }

  /**
   * Who is in the group now and shown by `isShown`. Members who are suspended or left are none until they are back: mail to
   * a group must not go to them.
   */
  memberAttributes(group: Group, isShown: (member: StoredEntry) => boolean): AttributeValues[] {
    const { tree, schema } = this.#sources;
    const attributes: AttributeValues[] = [];
    if (group.members.size === 0) return attributes;
    const values: Buffer[] = [];
    for (const id of group.members.view()) {
      const member = tree.byId(id);
      if (member?.standing === 'in_service' && isShown(member)) values.push(member.dnOctets);
    }
    attributes.push({ description: 'member', values });
    const gidNumber = schema.describe('gidNumber');
    if (gidNumber !== undefined && group.entry.projected.descriptions.includes(gidNumber)) {
      attributes.push({ description: 'memberUid', values: this.#memberUids(group, isShown) });
    }
    return attributes.filter((attribute) => attribute.values.length > 0);
  }

  /** RFC 2307 knows no nesting: everybody in the group, at any depth, by login name. */
  #memberUids(group: Group, isShown: (member: StoredEntry) => boolean): string[] {
    const members = gather(this.#sources.groups.membersOf(group));
    const uids: string[] = [];
    for (let id = members.nextAfter(-1); id >= 0; id = members.nextAfter(id)) {
      const member = this.#sources.tree.byId(id);
      if (member?.standing !== 'in_service' || !isShown(member)) continue;
      const octets = member.accountOctets();
      if (octets.length > 0) uids.push(accountUid(octets));
    }
    return uids;
  }

  #memberOf(entry: StoredEntry): AttributeValues[] {
    const groups = this.#sources.groups.memberOf(entry);
    if (groups.length === 0) return [];
    return [{ description: 'memberOf', values: groups.map((group) => group.entry.dnOctets) }];
  }

  #subordinates(entry: StoredEntry): AttributeValues[] {
    if (!superiors.has(entry.kind)) return [];
    const count = entry.subordinates?.children.size ?? 0;
    return [
      { description: 'hasSubordinates', values: [count > 0 ? 'TRUE' : 'FALSE'] },
      { description: 'numSubordinates', values: [String(count)] },
    ];
  }

  #encode(attributes: readonly AttributeValues[]): Buffer {
    if (attributes.length === 0) return noOctets;
    return encodeEntry(this.#sources.schema, this.#sources.layouts, attributes).wire;
  }

  #layout(projected: Layout, lazy: readonly AttributeValues[]): Layout {
    if (lazy.length === 0) return projected;
    const id = `${projected.index} ${lazy.map(({ description }) => description).join(' ')}`;
    const known = this.#extended.get(id);
    if (known !== undefined) return known;
    const added = lazy.map(({ description }) => this.#describe(description));
    const layout = this.#sources.layouts.layoutOf([
      ...projected.descriptions.slice(0, projected.userAttributes),
      ...added.filter(({ type }) => !type.operational),
      ...projected.descriptions.slice(projected.userAttributes),
      ...added.filter(({ type }) => type.operational),
    ]);
    this.#extended.set(id, layout);
    return layout;
  }

  #describe(name: string): AttributeDescription {
    const description = this.#sources.schema.describe(name);
    if (description === undefined) throw new Error(`the attribute ${name} is not in the schema`);
    return description;
  }
}
