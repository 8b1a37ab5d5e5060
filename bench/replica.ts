// The replica alone, without database or network: what loading, looking up and changing cost, and what it occupies.
// `npx tsx --expose-gc bench/replica.ts [--json] [--people N]…`; each size runs in a process of its own.
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { systemClock } from '../src/clock.ts';
import { wholeDirectory } from '../src/directory/visibility.ts';
import { silentLog } from '../src/log.ts';
import { openReplica, type Replica } from '../src/replica/replica.ts';
import { checkFilter } from '../src/x500/check_filter.ts';
import { parseFilter } from '../src/x500/filter_text.ts';
import { loadSchema } from '../src/x500/load_schema.ts';
import type { GroupMembers, PublishedRecord, PublishedSource } from '../src/x500/published.ts';
import type { SearchScope } from '../src/x500/read_model.ts';
import { MemorySource } from '../test/replica/memory_source.ts';
import {
  group,
  organisation,
  organisationCount,
  person,
  post,
  unit,
  uuidFor,
} from '../test/replica/records.ts';

const suffix = 'dc=gov,dc=hk';

/** Yields the people without keeping them, so that memory is the replica's alone; changes come from `small`. */
class GeneratedSource implements PublishedSource {
  readonly small = new MemorySource();
  generating = 0;
  readonly #people: number;

  constructor(people: number) {
    this.#people = people;
  }

  async *snapshot(): AsyncGenerator<
    { change: number } | { records: PublishedRecord[] } | { members: GroupMembers[] }
  > {
    const range = (count: number): number[] => Array.from({ length: count }, (_, number) => number);
    yield { change: 0 };
    yield { records: range(organisationCount).map(organisation) };
    yield { records: range(200).map(unit) };
    yield { records: range(2_000).map((number) => post(number, [person(number).account?.uid ?? ''])) };
    for (let from = 0; from < this.#people; from += 5_000) {
      const started = performance.now();
      const records = range(5_000).map((number) => person(from + number));
      this.generating += performance.now() - started;
      yield { records };
    }
    yield { records: [0, 1, 2].map((number) => group(number)) };
    const persons = range(Math.min(this.#people - 1, 100_000)).map((number) => uuidFor(`person ${number}`));
    yield { members: [{ group: uuidFor('group 0'), persons, groups: [] }] };
    yield { members: [{ group: uuidFor('group 1'), persons: persons.slice(0, 30), groups: [] }] };
  }

  changes = this.small.changes.bind(this.small);
  touched = this.small.touched.bind(this.small);
  listen = this.small.listen.bind(this.small);
}

interface Figures {
  people: number;
  [figure: string]: number;
}

function perSecond(run: (round: number) => void, forMs = 700): number {
  for (let round = 0; round < 20; round++) run(round);
  const started = performance.now();
  let rounds = 0;
  while (performance.now() - started < forMs) {
    for (let within = 0; within < 10; within++) run(rounds++);
  }
  return Math.round((rounds / (performance.now() - started)) * 1000);
}

async function measure(people: number): Promise<Figures> {
  const schema = loadSchema();
  const source = new GeneratedSource(people);
  const emptyRss = process.memoryUsage().rss / 1e6;
  const started = performance.now();
  const cpu = process.cpuUsage();
  const replica = await openReplica({ source, schema, suffix, clock: systemClock, log: silentLog });
  const loadMs = performance.now() - started - source.generating;
  const { user, system } = process.cpuUsage(cpu);
  const peakRss = process.resourceUsage().maxRSS / 1024;
  globalThis.gc?.();
  globalThis.gc?.();
  const memory = process.memoryUsage();
  const uid = (round: number): string => `u${String((round * 7919) % people).padStart(6, '0')}`;
  const find = (text: string, scope: SearchScope = 'subtree', base = suffix, limit = 500): number =>
    drain(replica, text, scope, base, limit);

  const figures: Figures = {
    people,
    load_ms: Math.round(loadMs),
    load_cpu_ms: Math.round((user + system) / 1000 - source.generating),
    empty_rss_mb: Math.round(emptyRss),
    peak_rss_mb: Math.round(peakRss),
    rss_mb: Math.round(memory.rss / 1e6),
    heap_mb: Math.round(memory.heapUsed / 1e6),
    buffers_mb: Math.round(memory.arrayBuffers / 1e6),
    base_per_s: perSecond((round) => {
      find('(objectClass=*)', 'base', `uid=${uid(round)},ou=people,${suffix}`);
    }),
    equality_per_s: perSecond((round) => {
      find(`(uid=${uid(round)})`);
    }),
    and_per_s: perSecond((round) => {
      find(`(&(objectClass=inetOrgPerson)(uid=${uid(round)}))`);
    }),
    initial_per_s: perSecond((round) => {
      find(`(mail=nathan.chan${(round * 13) % people}*)`);
    }),
    any_per_s: perSecond((round) => {
      find(`(mail=*han${(round * 13) % people}*)`);
    }),
    address_book_per_s: perSecond((round) => {
      find(`(|(sn=*an${round % 100}*)(cn=*${uid(round)}*)(mail=*ong${(round * 13) % people}*))`);
    }),
    chinese_per_s: perSecond(() => {
      find('(cn=*冠中*)', 'subtree', suffix, 100);
    }),
    enumerated_per_s: enumerate(replica),
  };
  // A member joins a group of 100,000; then the group itself is read, whose `member` has to be encoded anew.
  const added: number[] = [];
  const read: number[] = [];
  for (let round = 0; round < 5; round++) {
    const number = people - 1 - round;
    const dn = `uid=u${String(number).padStart(6, '0')},ou=people,${suffix}`;
    const began = performance.now();
    const change = source.small.addMember(uuidFor('group 0'), { person: uuidFor(`person ${number}`) });
    await replica.reached(change, 5_000);
    if (find('(memberOf=cn=group-0,ou=groups,dc=gov,dc=hk)', 'base', dn) !== 1)
      throw new Error('not a member');
    const joined = performance.now();
    replica.entryByDn(`cn=group-0,ou=groups,${suffix}`)?.wire();
    added.push(joined - began);
    read.push(performance.now() - joined);
  }
  figures.add_member_ms = Math.round(Math.max(...added) * 10) / 10;
  figures.then_read_group_ms = Math.round(Math.max(...read) * 10) / 10;
  await replica.close();
  return figures;
}

function drain(replica: Replica, text: string, scope: SearchScope, base: string, limit: number): number {
  const filter = checkFilter(replica.schema, parseFilter(text));
  const cursor = replica.search({ base, scope, filter, visibility: wholeDirectory, after: 0 });
  let found = 0;
  while (found < limit) {
    const next = cursor.next(1_000);
    if (next === 'end') break;
    if (next === 'more') continue;
    next.wire();
    found++;
  }
  return found;
}

function enumerate(replica: Replica): number {
  const started = performance.now();
  const found = drain(replica, '(objectClass=inetOrgPerson)', 'subtree', suffix, 1e9);
  return Math.round((found / (performance.now() - started)) * 1000);
}

const options = parseArgs({
  options: {
    json: { type: 'boolean', default: false },
    people: { type: 'string', multiple: true, default: ['100000', '200000'] },
    inside: { type: 'string' },
  },
}).values;

if (options.inside !== undefined) {
  process.stdout.write(JSON.stringify(await measure(Number(options.inside))));
} else {
  const results = options.people.map((people): Figures => {
    const self = fileURLToPath(import.meta.url);
    const child = spawnSync(
      process.execPath,
      [...process.execArgv, '--expose-gc', self, '--inside', people],
      {
        encoding: 'utf8',
        stdio: ['ignore', 'pipe', 'inherit'],
      },
    );
    if (child.status !== 0) throw new Error(`the run with ${people} people ended with ${child.status}`);
    return JSON.parse(child.stdout);
  });
  if (options.json) console.log(JSON.stringify(results));
  else console.table(Object.fromEntries(results.map((figures) => [figures.people, figures])));
}
