// Who is in which group. Direct members are sets of entry ids; what follows from nesting (memberOf) is the closure over
// groups alone, worked out when asked, so that one member more costs the same in a group of ten and of 100,000.
// Memberships are facts of their own: one of a member that is not published now comes back with the member.
import type { GroupRow } from '../directory/tables.ts';
import type { GroupMembers } from '../x500/published.ts';
import { emptySet, type IdSet, Postings } from './postings.ts';
import { Group, type StoredEntry } from './stored_entry.ts';

/** As many groups as an entry is in without slack in its list of them. */
const fewGroups = 16;

/** What groups ask of the tree. */
export interface MemberDirectory {
  person(uuid: string): StoredEntry | undefined;
  byId(id: number): StoredEntry | undefined;
}

export class Groups {
  readonly #directory: MemberDirectory;
  readonly #byUuid = new Map<string, Group>();
  readonly #byEntry = new Map<number, Group>();
  /** Which groups wait for a member that is not published. */
  readonly #waiting = new Map<string, Set<Group>>();
  /** Direct members of groups that are left out now (left_out.ts), by uuid. */
  readonly #aside = new Map<string, { byRule: boolean; members: Set<string> }>();

  constructor(directory: MemberDirectory) {
    this.#directory = directory;
  }

  ofEntry(entry: StoredEntry): Group | undefined {
    return this.#byEntry.get(entry.id);
  }

  /** A group or person entry was published: memberships that waited for it take effect. */
  published(entry: StoredEntry): void {
    const { uuid } = entry;
    if (entry.kind === 'group' && !this.#byUuid.has(uuid)) {
      const group = new Group(entry, uuid);
      this.#byUuid.set(uuid, group);
      this.#byEntry.set(entry.id, group);
      for (const member of this.#aside.get(uuid)?.members ?? []) this.addMember(group, member);
      this.#aside.delete(uuid);
    }
    const waiting = this.#waiting.get(uuid);
    if (waiting === undefined) return;
    this.#waiting.delete(uuid);
    for (const group of waiting) {
      group.absent.delete(uuid);
      this.#join(group, entry);
    }
  }

  /** Whether the members of a published group follow a rule. */
  setKind({ uuid, rule }: Pick<GroupRow, 'uuid' | 'rule'>): void {
    const group = this.#byUuid.get(uuid);
    if (group !== undefined) group.byRule = rule !== null;
  }

  /** An entry is about to leave the tree: it waits outside the groups it is in; a group takes its memberships along. */
  leaving(entry: StoredEntry): void {
    const { uuid } = entry;
    for (const group of entry.memberships) {
      this.#part(group, entry);
      this.#await(group, uuid);
    }
    const group = this.#byEntry.get(entry.id);
    if (group === undefined) return;
    for (const member of this.#direct(group)) this.#part(group, member);
    for (const absent of group.absent) this.#forget(group, absent);
    this.#byUuid.delete(uuid);
    this.#byEntry.delete(entry.id);
  }

  /** The group is left out: what its members are is kept until it is published, or forgotten. */
  setAside({ uuid, rule }: Pick<GroupRow, 'uuid' | 'rule'>): void {
    const group = this.#byUuid.get(uuid);
    const direct = group === undefined ? [] : this.#direct(group).map((member) => member.uuid);
    const members = this.#aside.get(uuid)?.members ?? new Set([...direct, ...(group?.absent ?? [])]);
    this.#aside.set(uuid, { byRule: rule !== null, members });
  }

  forget(uuid: string): void {
    this.#aside.delete(uuid);
  }

  /** A fact of the feed: `member` is a direct member of the group from now on, or is not. */
  note(groupUuid: string, member: string, isMember: boolean): void {
    const aside = this.#aside.get(groupUuid)?.members;
    if (isMember) aside?.add(member);
    else aside?.delete(member);
    const group = this.#byUuid.get(groupUuid);
    if (group === undefined) return; // not published: there is nothing to show
    if (isMember) this.addMember(group, member);
    else this.removeMember(group, member);
  }

  /** A member by uuid: a person's or a group's. False when it changes nothing. */
  addMember(group: Group, uuid: string): boolean {
    const member = this.#byUuid.get(uuid)?.entry ?? this.#directory.person(uuid);
    if (member !== undefined) return this.#join(group, member);
    this.#await(group, uuid);
    return false;
  }

  removeMember(group: Group, uuid: string): boolean {
    this.#forget(group, uuid);
    const member = this.#byUuid.get(uuid)?.entry ?? this.#directory.person(uuid);
    return member !== undefined && this.#part(group, member);
  }

  /** Exactly these are the direct members from now on. */
  setMembers(members: GroupMembers): void {
    const wanted = new Set([...members.persons, ...members.groups]);
    const aside = this.#aside.get(members.group);
    if (aside !== undefined) aside.members = new Set(wanted);
    const group = this.#byUuid.get(members.group);
    if (group === undefined) return; // not published: there is nothing to show
    for (const member of this.#direct(group)) {
      const { uuid } = member;
      if (!wanted.delete(uuid)) this.#part(group, member);
    }
    for (const absent of group.absent) if (!wanted.has(absent)) this.#forget(group, absent);
    const joining: StoredEntry[] = [];
    for (const uuid of wanted) {
      const member = this.#byUuid.get(uuid)?.entry ?? this.#directory.person(uuid);
      if (member === undefined) this.#await(group, uuid);
      else joining.push(member);
    }
    // In the order of their ids: each is added at the end of the set, and none moves the others.
    joining.sort((one, other) => one.id - other.id);
    for (const member of joining) this.#join(group, member);
  }

  /** Of the groups that follow a rule, the person is in exactly these from now on. */
  setRuleGroups(person: string, uuids: readonly string[]): void {
    const wanted = new Set(uuids.flatMap((uuid) => this.#byUuid.get(uuid) ?? []));
    const held = this.#directory.person(person)?.memberships ?? [];
    for (const group of [...held, ...(this.#waiting.get(person) ?? [])]) {
      if (group.byRule && !wanted.delete(group)) this.removeMember(group, person);
    }
    for (const group of wanted) this.addMember(group, person);
    for (const [uuid, { byRule, members }] of this.#aside) {
      if (!byRule) continue;
      if (uuids.includes(uuid)) members.add(person);
      else members.delete(person);
    }
  }

  /** Groups that the entry is in, directly or through other groups, in order of their ids. */
  memberOf(entry: StoredEntry): Group[] {
    if (entry.memberships.length === 0) return [];
    const found = new Set<Group>(entry.memberships);
    // The set grows while it is walked: groups found are asked for theirs in turn, each once, cycles or not.
    for (const group of found) for (const above of group.entry.memberships) found.add(above);
    return [...found].sort((left, right) => left.entry.id - right.entry.id);
  }

  /** Everything in the group, directly or through other groups: what is in any of these sets. */
  membersOf(group: Group): readonly IdSet[] {
    if (group.subgroups.size === 0) return [group.members];
    return [...this.#nested(group)].map((nested) => nested.members);
  }

  /** Groups whose `member` values name this entry. */
  groupsNaming(entry: StoredEntry): IdSet {
    if (entry.memberships.length === 0) return emptySet;
    return Postings.of(Int32Array.from(entry.memberships, (group) => group.entry.id));
  }

  /** The DN of the entry changed: what others show of it is encoded anew. */
  renamed(entry: StoredEntry): void {
    for (const group of entry.memberships) group.entry.fresh = false;
    const group = this.#byEntry.get(entry.id);
    if (group !== undefined) this.#outdateMembers(group);
  }

  /** Whether the entry is in service changed: groups at any depth show it, or do not any more. */
  standingChanged(entry: StoredEntry): void {
    for (const group of this.memberOf(entry)) group.entry.fresh = false;
  }

  /** How many groups there are, and for how many members that are not published they wait. */
  get counts(): { groups: number; awaited: number } {
    return { groups: this.#byUuid.size, awaited: this.#waiting.size };
  }

  /** The group and all groups in it at any depth. */
  #nested(group: Group): Set<Group> {
    const found = new Set([group]);
    for (const one of found) for (const below of one.subgroups) found.add(below);
    return found;
  }

  #direct(group: Group): StoredEntry[] {
    return [...group.members.view()].flatMap((id) => this.#directory.byId(id) ?? []);
  }

  #join(group: Group, member: StoredEntry): boolean {
    if (!group.members.add(member.id)) return false;
    // Exact while few, as most people's are; many would be copied over and over.
    if (member.memberships.length < fewGroups) member.memberships = [...member.memberships, group];
    else member.memberships.push(group);
    const nested = this.#byEntry.get(member.id);
    if (nested !== undefined) group.subgroups.add(nested);
    this.#outdate(group, member, nested);
    return true;
  }

  #part(group: Group, member: StoredEntry): boolean {
    if (!group.members.remove(member.id)) return false;
    member.memberships = member.memberships.filter((held) => held !== group);
    const nested = this.#byEntry.get(member.id);
    if (nested !== undefined) group.subgroups.delete(nested);
    this.#outdate(group, member, nested);
    return true;
  }

  /** `member` of the group and `memberOf` of who came or went are encoded anew when next read. */
  #outdate(group: Group, member: StoredEntry, nested: Group | undefined): void {
    group.entry.fresh = false;
    member.fresh = false;
    if (nested !== undefined) this.#outdateMembers(nested);
  }

  #outdateMembers(group: Group): void {
    for (const nested of this.#nested(group)) {
      for (const id of nested.members.view()) {
        const member = this.#directory.byId(id);
        if (member !== undefined) member.fresh = false;
      }
    }
  }

  #await(group: Group, uuid: string): void {
    group.absent.add(uuid);
    const waiting = this.#waiting.get(uuid);
    if (waiting === undefined) this.#waiting.set(uuid, new Set([group]));
    else waiting.add(group);
  }

  #forget(group: Group, uuid: string): void {
    group.absent.delete(uuid);
    const waiting = this.#waiting.get(uuid);
    waiting?.delete(group);
    if (waiting?.size === 0) this.#waiting.delete(uuid);
  }
}
