// A PublishedSource that keeps what is published in memory: the database's double where thousands of changes are replayed.
import type { Change, RowChange } from '../../src/directory/change.ts';
import { OperationError } from '../../src/errors.ts';
import {
  type GroupMembers,
  type ObjectReference,
  type PublishedRecord,
  type PublishedSource,
  uuidOf,
} from '../../src/x500/published.ts';
import { uuidFor } from './records.ts';

interface Applied {
  change: Change;
  touched: ObjectReference[];
}

const kindsInOrder = ['organisation', 'unit', 'post', 'person', 'group', 'system', 'authority'] as const;

export class MemorySource implements PublishedSource {
  readonly #records = new Map<string, PublishedRecord>();
  readonly #members = new Map<string, { persons: Set<string>; groups: Set<string> }>();
  readonly #changes: Applied[] = [];
  readonly #listeners = new Set<() => void>();
  #next = 1;
  /** True: every call fails as it does when the database is away. */
  away = false;

  get last(): number {
    return this.#next - 1;
  }

  put(...records: PublishedRecord[]): number {
    for (const record of records) this.#records.set(keyOf(record.kind, uuidOf(record)), record);
    return this.#append(
      records.map((record) => ({ kind: record.kind, uuid: uuidOf(record) })),
      [],
    );
  }

  remove(...references: ObjectReference[]): number {
    for (const { kind, uuid } of references) this.#records.delete(keyOf(kind, uuid));
    return this.#append(references, []);
  }

  /** Records come and go in one change. */
  exchange(records: readonly PublishedRecord[], gone: readonly ObjectReference[]): number {
    for (const { kind, uuid } of gone) this.#records.delete(keyOf(kind, uuid));
    for (const record of records) this.#records.set(keyOf(record.kind, uuidOf(record)), record);
    const put = records.map((record) => ({ kind: record.kind, uuid: uuidOf(record) }));
    return this.#append([...put, ...gone], []);
  }

  addMember(group: string, member: { person: string } | { member_group: string }): number {
    const members = this.#membersOf(group);
    if ('person' in member) members.persons.add(member.person);
    else members.groups.add(member.member_group);
    return this.#append([], [membership(group, member, true)]);
  }

  removeMember(group: string, member: { person: string } | { member_group: string }): number {
    const members = this.#membersOf(group);
    if ('person' in member) members.persons.delete(member.person);
    else members.groups.delete(member.member_group);
    return this.#append([], [membership(group, member, false)]);
  }

  /** Takes numbers that no change will ever have: what a feed must not do. */
  skip(): void {
    this.#next++;
  }

  async *snapshot(): AsyncGenerator<
    { change: number } | { records: PublishedRecord[] } | { members: GroupMembers[] }
  > {
    this.#reach();
    yield { change: this.last };
    for (const kind of kindsInOrder) {
      const records = [...this.#records.values()].filter((record) => record.kind === kind);
      for (let from = 0; from < records.length; from += 5_000) {
        yield { records: records.slice(from, from + 5_000) };
      }
    }
    yield {
      members: [...this.#members].map(([group, { persons, groups }]) => ({
        group,
        persons: [...persons],
        groups: [...groups],
      })),
    };
  }

  async changes(after: number, limit: number): Promise<Change[]> {
    this.#reach();
    return this.#changes
      .filter(({ change }) => change.number > after)
      .slice(0, limit)
      .map(({ change }) => change);
  }

  async touched(changes: readonly Change[]): ReturnType<PublishedSource['touched']> {
    this.#reach();
    const numbers = new Set(changes.map((change) => change.number));
    const references = new Map<string, ObjectReference>();
    for (const { change, touched } of this.#changes) {
      if (!numbers.has(change.number)) continue;
      for (const reference of touched) references.set(keyOf(reference.kind, reference.uuid), reference);
    }
    const records: PublishedRecord[] = [];
    const gone: ObjectReference[] = [];
    for (const [key, reference] of references) {
      const record = this.#records.get(key);
      if (record === undefined) gone.push(reference);
      else records.push(record);
    }
    return { records, gone, members: [], ruleGroups: [] };
  }

  async listen(wake: () => void): Promise<{ close(): Promise<void> }> {
    this.#reach();
    this.#listeners.add(wake);
    return {
      close: async () => {
        this.#listeners.delete(wake);
      },
    };
  }

  /** How many listeners there are: none may be left behind. */
  get listeners(): number {
    return this.#listeners.size;
  }

  #membersOf(group: string): { persons: Set<string>; groups: Set<string> } {
    const known = this.#members.get(group) ?? { persons: new Set(), groups: new Set() };
    this.#members.set(group, known);
    return known;
  }

  #reach(): void {
    if (this.away) throw new OperationError('unavailable', 'the database is away');
  }

  #append(touched: ObjectReference[], rows: RowChange[]): number {
    const number = this.#next++;
    const change: Change = {
      number,
      at: new Date('2026-11-22T00:00:00Z'),
      command: 'test',
      account: null,
      post: null,
      origin: 'job',
      request: `request ${number}`,
      rows,
    };
    this.#changes.push({ change, touched });
    for (const wake of this.#listeners) wake();
    return number;
  }
}

const keyOf = (kind: string, uuid: string): string => `${kind} ${uuid}`;

function membership(
  group: string,
  member: { person: string } | { member_group: string },
  holds: boolean,
): RowChange {
  const row = {
    group,
    person: null,
    member_group: null,
    ...member,
    valid_from: '2026-01-01T00:00:00.000Z',
    valid_to: null,
  };
  const uuid = uuidFor(JSON.stringify([group, member]));
  return { table: 'group_member', uuid, before: holds ? null : row, after: holds ? row : null };
}
