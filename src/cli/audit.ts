// `bauhinia audit …`: the hash-chained trail of acts that change nothing, and the change feed.
import { firstBroken, type StoredAuditEvent } from '../audit/store.ts';
import type { CommandLine } from './command_line.ts';
import { declare } from './declare.ts';
import { numberOption } from './options.ts';
import type { Session } from './session.ts';

const mostNumber = Number.MAX_SAFE_INTEGER;
const batch = 1_000;

interface ListOptions {
  after: number;
  limit: number;
  account?: string;
}

export function auditCommands(line: CommandLine): void {
  const group = declare(
    line.program,
    'audit',
    'The audit trail and the change feed.',
    'audit list',
    'audit verify',
  );

  declare(
    group,
    'list',
    'Lists events of the trail: logins, refusals, tokens, exports, key recoveries.',
    'audit list --account kctang',
    'audit list --after 1000 --limit 50 --json',
  )
    .option('--after <number>', 'events after this one', numberOption(0, mostNumber), 0)
    .option('--limit <n>', 'so many at most', numberOption(1, 1_000_000), 100)
    .option('--account <uid>', 'only events of this login name')
    .action(async (options: ListOptions) => {
      await line.withSession(async (session, output) => {
        const events = await readEvents(session, options);
        const rows = events.map(({ previousHash, hash, act, ...event }) => {
          const { act: kind, ...details } = act;
          const shown = output.json
            ? { hash: hash.toString('hex'), previous_hash: previousHash.toString('hex') }
            : {};
          return { ...event, act: kind, details, ...shown };
        });
        output.table(rows, ['number', 'at', 'uid', 'act', 'details', 'origin', 'address', 'request']);
      });
    });

  declare(
    group,
    'verify',
    'Recomputes every hash of the trail. Exit status 1, with the first broken number, when something was altered.',
    'audit verify',
  ).action(async () => {
    await line.withSession(async (session, output) => {
      const { createAuditStore } = await import('../database/audit_store.ts');
      const store = createAuditStore(session.database);
      const { number: events } = await store.head();
      const broken = await firstBroken(store);
      const text =
        broken === null ? `the trail is intact: ${events} events` : `the trail is broken at event ${broken}`;
      output.answer({ intact: broken === null, events, broken }, text);
      if (broken !== null) line.endWith(1);
    });
  });

  declare(
    group,
    'changes',
    'Lists the change feed: who changed what. With --json every row before and after.',
    'audit changes --after 1200',
    'audit changes --json',
  )
    .option('--after <number>', 'changes after this one', numberOption(0, mostNumber), 0)
    .option('--limit <n>', 'so many at most', numberOption(1, 1_000_000), 100)
    .action(async (options: { after: number; limit: number }) => {
      await line.withSession(async (session, output) => {
        const { createChangeFeed } = await import('../database/change_feed.ts');
        const { database, log } = session;
        const feed = createChangeFeed({ database, log, applicationName: 'bauhinia command line' });
        const changes = await feed.read(options.after, options.limit);
        const uids = await uidsOf(session, new Set(changes.map((change) => change.account)));
        const rows = changes.map(({ rows: changed, ...change }) => ({
          ...change,
          uid: uids.get(change.account) ?? null,
          rows: output.json ? changed : summary(changed.map((row) => row.table)),
        }));
        output.table(rows, ['number', 'at', 'uid', 'command', 'rows', 'origin', 'request']);
      });
    });
}

/** In batches, so that a filter over a long trail neither holds all of it nor stops short of the limit. */
async function readEvents(session: Session, options: ListOptions): Promise<StoredAuditEvent[]> {
  const { createAuditStore } = await import('../database/audit_store.ts');
  const store = createAuditStore(session.database);
  const uid = options.account?.toLowerCase();
  const found: StoredAuditEvent[] = [];
  let after = options.after;
  while (found.length < options.limit) {
    const events = await store.read(after, batch);
    found.push(...events.filter((event) => uid === undefined || event.uid?.toLowerCase() === uid));
    after = events.at(-1)?.number ?? after;
    if (events.length < batch) break;
  }
  return found.slice(0, options.limit);
}

async function uidsOf(
  session: Session,
  accounts: ReadonlySet<string | null>,
): Promise<Map<string | null, string>> {
  const uids = new Map<string | null, string>();
  for (const uuid of accounts) {
    const [account] = uuid === null ? [] : await session.tables.find('account', { uuid });
    if (account !== undefined) uids.set(uuid, account.uid);
  }
  return uids;
}

/** 'account, 2 assignment' */
function summary(tables: readonly string[]): string {
  const counts = new Map<string, number>();
  for (const table of tables) counts.set(table, (counts.get(table) ?? 0) + 1);
  return [...counts].map(([table, count]) => (count === 1 ? table : `${count} ${table}`)).join(', ');
}
